import { DatabaseSync } from 'node:sqlite';
import { BrokerError } from '../../domain/errors.ts';

/** In `PRAGMA user_version`. A change that an older berth cannot live with raises it. */
const FORMAT = 1;

/** Records have a rowid of their own: whole rows of 1 KB inside an index would leave four to a page. */
const TABLES = `
CREATE TABLE IF NOT EXISTS record (key TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS member ("set" TEXT NOT NULL, member TEXT NOT NULL, score REAL NOT NULL,
  PRIMARY KEY ("set", member)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_by_score ON member ("set", score, member);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, line TEXT NOT NULL);
PRAGMA user_version = ${FORMAT};
`;

/**
 * Opens the file for this process alone. The lock is the kernel's and ends with the process, also by kill -9; and
 * since nobody shares the file, SQLite keeps the index of its write-ahead log in memory, where a full disk cannot
 * hurt it.
 * @throws BrokerError `unavailable` (STORE_IN_USE, STORE_FORMAT, STORE_DOWN), in words for who starts the broker
 */
export function openDatabase(path: string): DatabaseSync {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    // FULL: the log is synced with every COMMIT, so that what was answered survives a power failure.
    db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864');
    checkFormat(db, path);
    db.exec(`BEGIN EXCLUSIVE; ${TABLES} COMMIT`);
    return db;
  } catch (err) {
    db?.close();
    throw asOpenError(err, path);
  }
}

function checkFormat(db: DatabaseSync, path: string): void {
  const row = db.prepare('PRAGMA user_version').get();
  const version = Number(row?.user_version);
  if (version > FORMAT)
    throw new BrokerError('unavailable', `${path} was written by a newer berth (format ${version}, known: ${FORMAT})`, {
      reason: 'STORE_FORMAT',
    });
}

function asOpenError(err: unknown, path: string): BrokerError {
  if (err instanceof BrokerError) return err;
  const busy = sqliteCode(err) === SQLITE_BUSY;
  const text = busy
    ? `${path} is in use by another broker: stop that one, or give this one a store of its own`
    : `${path} cannot be opened: ${err instanceof Error ? err.message : String(err)}`;
  return new BrokerError('unavailable', text, { reason: busy ? 'STORE_IN_USE' : 'STORE_DOWN' }, { cause: err });
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/** SQLite's primary result code, or null when `err` is none of its errors. */
function sqliteCode(err: unknown): number | null {
  const code = err instanceof Error && 'errcode' in err ? err.errcode : null;
  return typeof code === 'number' ? code & 0xff : null;
}

/** A write that failed and was taken back. */
export function asWriteError(err: unknown): BrokerError {
  const full = sqliteCode(err) === SQLITE_FULL;
  return new BrokerError(
    'unavailable',
    full ? "the store's disk is full" : 'the store cannot be written',
    { reason: full ? 'STORE_FULL' : 'STORE_DOWN', retryAfterMs: 1_000 },
    { cause: err },
  );
}

export const closedError = (): BrokerError =>
  new BrokerError('unavailable', 'the store is closed', { reason: 'STORE_DOWN' });
