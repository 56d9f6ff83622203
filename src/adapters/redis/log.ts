import type { Redis } from 'ioredis';
import type { LogLine, LogRange } from '../../ports/store.ts';

const MOST_AT_ONCE = 1_000;

/** Lines of the event log: a stream with one entry for each. */
export async function readLog(redis: Redis, key: string, { by, id, limit }: LogRange): Promise<readonly LogLine[]> {
  const count = Math.min(limit, MOST_AT_ONCE);
  if (count <= 0) return [];
  if (by === 'after') return (await redis.xrange(key, id === '' ? '-' : `(${id}`, '+', 'COUNT', count)).map(toLine);
  const lines = await redis.xrevrange(key, id === '' ? '+' : `(${id}`, '-', 'COUNT', count);
  return lines.map(toLine).reverse();
}

/** Redis numbers by its time and never goes back, so an emptied stream would number on; but one line stays, as the
 *  port says. */
export async function trimLog(redis: Redis, key: string, id: string): Promise<void> {
  const [newest] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  if (newest === undefined) return;
  await redis.xtrim(key, 'MINID', isBefore(id, newest[0]) ? id : newest[0]);
}

const toLine = ([id, fields]: [id: string, fields: string[]]): LogLine => ({ id, line: fields[1] ?? '' });

/** Ids are two numbers with a dash between: milliseconds, and one that counts within them. */
function isBefore(a: string, b: string): boolean {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs < bMs || (aMs === bMs && aSeq < bSeq);
}
