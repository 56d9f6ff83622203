import type { RedisOptions } from 'ioredis';
import { SECOND } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FeedEntry } from '../../ports/store.ts';
import { connect } from './connection.ts';
import { createReader, type FeedReader } from './feed-readers.ts';
import { type Batch, locate, readAndVerify, readNext } from './feed-stream.ts';

/** After a read that brought something [ms]: a busy stream comes in batches, a quiet one at once. */
const GATHER = 3;
/** Between two comparisons with Redis's own count [ms]. */
const VERIFY_EVERY = SECOND;
/** After an error of a connection that is there [ms]. */
const AFTER_ERROR = SECOND / 4;

export type FeedOptions = {
  readonly address: RedisOptions;
  readonly timeoutMs: number;
  readonly feed: string;
  readonly origin: string;
  readonly clock: Clock;
};

/** The commits of everybody, read once for all readers, on a connection of its own that is open while there are any. */
export function createFeed(options: FeedOptions) {
  const readers = new Set<FeedReader>();
  let running: AbortController | null = null;
  /** Whether entries from now on reach the readers. */
  let located = false;

  const publish = (entry: FeedEntry): void => {
    for (const reader of readers) reader.push(entry);
  };
  const onLocated = (is: boolean): void => {
    located = is;
    if (is) publish({ kind: 'resync' });
  };

  function join(reader: FeedReader): void {
    readers.add(reader);
    if (located) reader.push({ kind: 'resync' });
    if (running !== null) return;
    running = new AbortController();
    void follow(options, publish, onLocated, running.signal);
  }

  function leave(reader: FeedReader): void {
    readers.delete(reader);
    if (readers.size > 0) return;
    running?.abort();
    running = null;
    located = false;
  }

  return {
    /** Ends the feeds of all readers. */
    close(): void {
      for (const reader of readers) {
        reader.end();
        leave(reader);
      }
    },
    async *read(signal: AbortSignal): AsyncGenerator<FeedEntry, void, void> {
      if (signal.aborted) return;
      const reader = createReader();
      join(reader);
      signal.addEventListener('abort', reader.end, { once: true });
      try {
        for (let batch = await reader.next(); batch !== null; batch = await reader.next())
          for (const entry of batch) {
            if (signal.aborted) return;
            yield entry;
          }
      } finally {
        signal.removeEventListener('abort', reader.end);
        leave(reader);
      }
    },
  };
}

/** Reads until aborted, over any number of breaks. */
async function follow(
  { address, timeoutMs, feed, origin, clock }: FeedOptions,
  publish: (entry: FeedEntry) => void,
  onLocated: (is: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const connection = connect(address, timeoutMs);
  signal.addEventListener('abort', connection.end, { once: true });
  const { redis } = connection;

  async function untilBroken(): Promise<void> {
    let position = await locate(redis, feed);
    let verifiedAt = clock.monotonic();
    if (!signal.aborted) onLocated(true);
    while (!signal.aborted) {
      const verify = clock.monotonic() - verifiedAt >= VERIFY_EVERY;
      const batch = await (verify ? readAndVerify : readNext)(redis, feed, position, origin);
      if (verify) verifiedAt = clock.monotonic();
      position = batch.missed ?? batch.position;
      publishBatch(batch);
      if (batch.entries.length > 0) await clock.sleep(GATHER, signal);
    }
  }

  function publishBatch(batch: Batch): void {
    if (signal.aborted) return;
    for (const entry of batch.entries) publish(entry);
    if (batch.missed !== null) publish({ kind: 'resync' });
  }

  while (await connection.whenReady(signal))
    try {
      await untilBroken();
    } catch {
      // Whatever it was, the way on is the same: look where the stream ends, and let the readers read again.
      if (signal.aborted) return;
      onLocated(false);
      await clock.sleep(AFTER_ERROR, signal).catch(() => {});
    }
}
