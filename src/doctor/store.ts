import { existsSync, statSync } from 'node:fs';
import { parseAddress } from '../adapters/redis/address.ts';
import { awaitConnected, connect } from '../adapters/redis/connection.ts';
import { inspectServer } from '../adapters/redis/server-info.ts';
import { openDatabase } from '../adapters/sqlite/schema.ts';
import type { Config } from '../config/load.ts';
import { isBrokerError } from '../domain/errors.ts';
import { SECOND } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

export async function checkStore({ store }: Config, clock: Clock, signal: AbortSignal): Promise<readonly Finding[]> {
  if (store.kind === 'sqlite') return [checkSqlite(store.file)];
  return checkRedis(store.url, clock, signal);
}

function checkSqlite(file: string): Finding {
  const check = 'store';
  if (!existsSync(file)) return ok(check, `sqlite, ${file} (made at the first start)`);
  const seen = `sqlite, ${file}, ${Math.ceil(statSync(file).size / 1_024)} KiB`;
  try {
    openDatabase(file).close();
    return ok(check, `${seen}, can be opened`);
  } catch (err) {
    if (isBrokerError(err) && err.details.reason === 'STORE_IN_USE') return ok(check, `${seen}, in use by a broker`);
    return fail(check, messageOf(err), 'restore the file from a backup, or set BERTH_STORE to another one');
  }
}

const CONNECT_MS = 3 * SECOND;
/** Deadlines are compared with this clock; people compare them with theirs [ms]. */
const CLOCKS_APART = 2 * SECOND;

async function checkRedis(url: string, clock: Clock, signal: AbortSignal): Promise<readonly Finding[]> {
  const check = 'store';
  const connection = connect(parseAddress(url), CONNECT_MS);
  const stop = () => connection.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await awaitConnected(connection, CONNECT_MS, clock);
    const { redis } = connection;
    const info = await redis.info();
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of unknown version';
    const notes = inspectServer(info).map((note) => {
      const [seen = note, todo = ''] = note.split('; ');
      return warn(check, seen, todo);
    });
    return [ok(check, `Redis ${version} answers`), ...notes, await checkClock(redis, clock)];
  } catch (err) {
    return [fail(check, messageOf(err), 'start Redis, or correct BERTH_STORE')];
  } finally {
    signal.removeEventListener('abort', stop);
    connection.end();
  }
}

async function checkClock(redis: { time(): Promise<readonly unknown[]> }, clock: Clock): Promise<Finding> {
  const check = 'clock';
  const asked = clock.now();
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  const apart = seconds * SECOND + micros / 1_000 - (asked + clock.now()) / 2;
  const seen = `the store's is ${Math.abs(apart / SECOND).toFixed(1)} s ${apart < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(apart) <= CLOCKS_APART) return ok(check, seen);
  return warn(
    check,
    seen,
    "keep both machines' time right (chrony, systemd-timesyncd): deadlines are told in the store's",
  );
}
