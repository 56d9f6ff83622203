import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Expect, FeedEntry } from '../../ports/store.ts';
import { decodeChanged } from './commit-call.ts';

/** How far the stream was read: the last entry's id, and how many entries were ever added up to it. */
export type Position = { readonly cursor: string; readonly added: number };

export type Batch = {
  readonly entries: readonly FeedEntry[];
  readonly position: Position;
  /** Whether Redis's own count shows that entries were missed; null: not asked, or there is more to read first. */
  readonly missed: Position | null;
};

const EMPTY: Position = { cursor: '0-0', added: 0 };

/** Entries read at once. */
const BATCH = 1_000;
/** Redis answers an empty read after this, so that a connection that died silently is noticed [ms]. */
const BLOCK = 1_000;

const Info = z.array(z.unknown());
type RawEntries = readonly (readonly [id: string, fields: readonly string[]])[];

/** The end of the stream, from where on nothing will be missed. */
export async function locate(redis: Redis, feed: string): Promise<Position> {
  try {
    return positionOf(await redis.xinfo('STREAM', feed));
  } catch (err) {
    if (isNoKey(err)) return EMPTY;
    throw err;
  }
}

/** Waits for entries behind `from`; none after a second. */
export async function readNext(redis: Redis, feed: string, from: Position, origin: string): Promise<Batch> {
  const reply: unknown = await redis.xread('COUNT', BATCH, 'BLOCK', BLOCK, 'STREAMS', feed, from.cursor);
  return { ...batchOf(reply, from, origin), missed: null };
}

/** Reads without waiting, and compares with Redis's own count: entries that were trimmed before they were read, a
 *  flush, and a failover that lost some all show there. */
export async function readAndVerify(redis: Redis, feed: string, from: Position, origin: string): Promise<Batch> {
  const replies = await redis.multi().xread('COUNT', BATCH, 'STREAMS', feed, from.cursor).xinfo('STREAM', feed).exec();
  const [readError, reply] = replies?.[0] ?? [];
  const [infoError, info] = replies?.[1] ?? [];
  if (readError) throw readError;
  if (infoError && !isNoKey(infoError)) throw infoError;
  const batch = batchOf(reply, from, origin);
  const there = infoError ? EMPTY : positionOf(info);
  const complete = batch.entries.length < BATCH;
  return { ...batch, missed: complete && there.added !== batch.position.added ? there : null };
}

const isNoKey = (err: unknown): boolean => err instanceof Error && err.message.includes('no such key');

/** From the flat list of names and values that XINFO STREAM answers. */
function positionOf(raw: unknown): Position {
  const info = Info.parse(raw);
  const field = (name: string): unknown => info[info.indexOf(name) + 1];
  return { cursor: String(field('last-generated-id')), added: Number(field('entries-added')) };
}

function batchOf(
  reply: unknown,
  from: Position,
  origin: string,
): { entries: readonly FeedEntry[]; position: Position } {
  const raw = entriesOf(reply);
  return {
    entries: raw.map(([, fields]) => toEntry(fields, origin)),
    position: { cursor: raw.at(-1)?.[0] ?? from.cursor, added: from.added + raw.length },
  };
}

/** Of the one stream that was asked for: [[name, entries]], or null when there is nothing new. */
function entriesOf(reply: unknown): RawEntries {
  if (!Array.isArray(reply)) return [];
  const stream: unknown = reply[0];
  if (!Array.isArray(stream)) return [];
  const entries: unknown = stream[1];
  if (!areEntries(entries)) throw new TypeError('the feed has an unknown form');
  return entries;
}

/** By hand: every commit passes here, and a parser that copies took as long as Redis's own client. */
const areEntries = (entries: unknown): entries is RawEntries =>
  Array.isArray(entries) && entries.every((e) => Array.isArray(e) && typeof e[0] === 'string' && Array.isArray(e[1]));

/** The fields stand where the commit script puts them: o, k, c, each before its value. */
function toEntry(fields: readonly string[], origin: string): FeedEntry {
  const keys: Expect[] = [];
  decodeChanged(fields[3] ?? '', keys);
  decodeChanged(fields[5] ?? '', keys);
  return { kind: 'commit', keys, own: fields[1] === origin };
}
