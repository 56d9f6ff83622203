import type { Commit, CommitResult, FeedEntry, Range, Store, Stored } from '../../ports/store.ts';
import { type Applied, createApply, type Encoded, encode } from './commit.ts';
import { createFeed } from './feed.ts';
import { createLog } from './log.ts';
import { asWriteError, closedError, openDatabase } from './schema.ts';

type Waiting = Encoded & {
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (err: unknown) => void;
};

export type SqliteOptions = {
  /** Pages of 4 KiB that the file may have; a larger one is refused as a full disk would be. */
  readonly maxPages?: number;
  /** Lines that the event log keeps. Default: 100,000. */
  readonly maxEvents?: number;
};

/**
 * A store in one file of this machine, for one broker process. Every answer to a commit waits for the disk; commits
 * asked for within one turn of the event loop share one transaction, and so one wait.
 * @param path of the file, or `:memory:` for a store that ends with the process
 * @throws BrokerError `unavailable` when the file is in use by another process, too new, or cannot be opened
 */
export async function openSqliteStore(path: string, options: SqliteOptions = {}): Promise<Store> {
  const db = openDatabase(path);
  if (options.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`);
  const apply = createApply(db);
  const feed = createFeed();
  const queries = prepareQueries(db);
  const log = createLog(db, options.maxEvents ?? 100_000);
  let group: Waiting[] = [];
  let closed = false;

  /** One transaction. Runs in one go, so that no read sees a part of it. */
  function write(all: readonly Waiting[]): readonly Applied[] {
    db.exec('BEGIN IMMEDIATE');
    const applied = all.map((one) => {
      const outcome = apply(one);
      const { commit } = one;
      if (outcome.result.committed) {
        const chosen = commit.oneOf?.[outcome.result.chosen]?.events;
        if (commit.events !== undefined) log.add(commit.events);
        if (chosen !== undefined) log.add(chosen);
      }
      return outcome;
    });
    db.exec('COMMIT');
    return applied;
  }

  function flush(): void {
    if (group.length === 0) return;
    const all = group;
    const logBegin = log.begin();
    group = [];
    try {
      const applied = write(all);
      for (const [i, outcome] of applied.entries()) answer(all[i], outcome);
    } catch (err) {
      rollBack();
      log.beginAgain(logBegin);
      const refusal = asWriteError(err);
      for (const one of all) one.reject(refusal);
    }
  }

  function answer(one: Waiting | undefined, { result, keys }: Applied): void {
    if (result.committed) feed.publish({ kind: 'commit', keys, own: true });
    one?.resolve(result);
  }

  function rollBack(): void {
    try {
      // SQLite has ended the transaction by itself after some errors, such as a full disk.
      if (db.isTransaction) db.exec('ROLLBACK');
    } catch {
      // The next BEGIN is refused then, and tells its caller.
    }
  }

  function changed(change: () => void): void {
    try {
      change();
    } catch (err) {
      throw asWriteError(err);
    }
  }

  const open = <T>(answer: () => T): Promise<T> =>
    closed ? Promise.reject(closedError()) : new Promise((resolve) => resolve(answer()));

  return {
    read: (keys) => open(() => keys.map((key) => toStored(queries.record.get(key)))),
    range: (set, range) => open(() => queries.range(set, range)),
    counters: (names) => open(() => names.map((name) => Number(queries.counter.get(name)?.value ?? 0))),
    commit(commit: Commit) {
      if (closed) return Promise.reject(closedError());
      return new Promise<CommitResult>((resolve, reject) => {
        const encoded = encode(commit);
        // Not in this phase of the event loop: the other requests that have arrived come along.
        if (group.length === 0) setImmediate(flush);
        group.push({ ...encoded, resolve, reject });
      });
    },
    async events(range) {
      // Who reads a long log page by page leaves room for others in between.
      await new Promise((resolve) => setImmediate(resolve));
      return open(() => log.range(range));
    },
    trimEvents: (id) => open(() => changed(() => log.trim(id))),
    feed(signal): AsyncIterable<FeedEntry> {
      if (closed) throw closedError();
      return feed.read(signal);
    },
    async close() {
      if (closed) return;
      closed = true;
      flush();
      feed.close();
      db.close();
    },
  };
}

const toStored = (row: Record<string, unknown> | undefined): Stored | null =>
  row === undefined ? null : { revision: Number(row.revision), value: JSON.parse(String(row.value)) };

function prepareQueries(db: ReturnType<typeof openDatabase>) {
  // A byte that no text has: the end of all that begins with the prefix.
  const within = (lower: string) =>
    db.prepare(`SELECT member FROM member WHERE "set" = ?1 AND member ${lower} AND member < ?2 || CAST(x'FF' AS TEXT)
      ORDER BY member LIMIT ?3`);
  const longer = within('> ?2');
  const fromPrefix = within('>= ?2');
  const after = within('> ?4');
  const due = db.prepare(`SELECT member FROM member WHERE "set" = ?1 AND score <= ?2 ORDER BY score, member LIMIT ?3`);

  function rows(set: string, range: Range) {
    if (range.by === 'score') return due.all(set, range.max, range.limit);
    const { prefix, limit } = range;
    if (range.after === undefined) return longer.all(set, prefix, limit);
    const before = Buffer.compare(Buffer.from(range.after), Buffer.from(prefix)) < 0;
    return before ? fromPrefix.all(set, prefix, limit) : after.all(set, prefix, limit, range.after);
  }

  return {
    record: db.prepare('SELECT revision, value FROM record WHERE key = ?'),
    counter: db.prepare('SELECT value FROM counter WHERE name = ?'),
    range: (set: string, range: Range): readonly string[] =>
      range.limit <= 0 ? [] : rows(set, range).map((row) => String(row.member)),
  };
}
