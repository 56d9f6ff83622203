import type { EpochMs } from '../../domain/time.ts';
import { SECOND } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Commit, CommitResult, Range, Store } from '../../ports/store.ts';
import { parseAddress } from './address.ts';
import { type CommitCall, decodeAnswer, encodeCommit, parseRecord, scoreText } from './commit-call.ts';
import { COMMIT_SCRIPT } from './commit-script.ts';
import { awaitConnected, connect } from './connection.ts';
import { asCommitError, asReadError, awayError, closedError, isUnknownScript } from './errors.ts';
import { createFeed } from './feed.ts';
import { createKeys } from './keys.ts';
import { readLog, trimLog } from './log.ts';
import { inspectServer } from './server-info.ts';

export type RedisStoreOptions = {
  /** As `address.ts` tells. */
  readonly url: string;
  /** Paces the feed's reads: real time, also under test. */
  readonly clock: Clock;
  /** Hash tag of all keys; another one for each installation that shares a Redis. */
  readonly prefix?: string;
  /** A Redis silent for so long while it owes an answer counts as hung [ms]. Twice this bounds every call. */
  readonly timeoutMs?: number;
  /** How long opening waits for Redis [ms]. */
  readonly connectWithinMs?: number;
  /** Commits that the feed keeps for readers that are behind. */
  readonly feedLength?: number;
  /** Lines that the event log keeps. Default: 100,000. */
  readonly maxEvents?: number;
};

export type RedisStore = Store & {
  /** What an admin should know about this Redis, in words for people. */
  readonly notes: readonly string[];
  /** The time on Redis's clock. @throws BrokerError `unavailable` */
  readonly serverTime: () => Promise<EpochMs>;
};

/** A store in Redis, for any number of broker processes.
 *  @throws BrokerError `invalid` for an address that cannot be read, `unavailable` when Redis cannot be reached
 *  or is older than 7 */
export async function openRedisStore(options: RedisStoreOptions): Promise<RedisStore> {
  const { clock, prefix = 'berth', timeoutMs = 2 * SECOND, feedLength = 10_000 } = options;
  const { connectWithinMs = 5 * SECOND, maxEvents = 100_000 } = options;
  const address = parseAddress(options.url);
  const names = createKeys(prefix);
  const connection = connect(address, timeoutMs);
  const { redis } = connection;
  let sha = '';
  let notes: readonly string[] = [];
  let origin = '';
  try {
    await awaitConnected(connection, connectWithinMs, clock);
    notes = inspectServer(await redis.info());
    sha = String(await redis.script('LOAD', COMMIT_SCRIPT));
    origin = `${await redis.incr(names.origin)}-${(await redis.time()).join('.')}`;
  } catch (err) {
    connection.end();
    throw asReadError(err);
  }
  const feed = createFeed({ address, timeoutMs, feed: names.feed, origin, clock });
  const fixed = { origin, feedLength: String(feedLength), logLength: String(maxEvents) };
  let closed = false;

  function assertOpen(): void {
    if (closed) throw closedError();
    if (!connection.isReady()) throw awayError(connection.lastError() ?? undefined);
  }

  async function ask<T>(question: () => Promise<T>): Promise<T> {
    assertOpen();
    return await question().catch((err: unknown) => {
      throw asReadError(err);
    });
  }

  function evaluate({ keys, args }: CommitCall): Promise<unknown> {
    connection.gather();
    return redis.evalsha(sha, keys.length, ...keys, ...args);
  }

  /** Once more when Redis does not know the script: it has not run then. */
  async function evaluateKnown(call: CommitCall): Promise<unknown> {
    try {
      return await evaluate(call);
    } catch (err) {
      if (!isUnknownScript(err)) throw err;
      await redis.script('LOAD', COMMIT_SCRIPT).catch((cause: unknown) => {
        throw awayError(cause);
      });
      return await evaluate(call);
    }
  }

  return {
    notes,
    async read(keys) {
      assertOpen();
      if (keys.length === 0) return [];
      const texts = await ask(() => redis.mget(keys.map(names.record)));
      return texts.map((text) => (text === null ? null : parseRecord(text)));
    },
    range: (set, range) => ask(() => rangeOf(set, range)),
    async counters(wanted) {
      assertOpen();
      if (wanted.length === 0) return [];
      return (await ask(() => redis.mget(wanted.map(names.counter)))).map((text) => Number(text ?? 0));
    },
    async commit(commit: Commit): Promise<CommitResult> {
      assertOpen();
      const call = encodeCommit(commit, names, fixed);
      try {
        return decodeAnswer(await evaluateKnown(call), commit, call, names);
      } catch (err) {
        throw asCommitError(err);
      }
    },
    events: (range) => ask(() => readLog(redis, names.log, range)),
    trimEvents: (id) => ask(() => trimLog(redis, names.log, id)),
    feed(signal) {
      if (closed) throw closedError();
      return feed.read(signal);
    },
    serverTime: () =>
      ask(async () => {
        const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
        return seconds * SECOND + micros / 1_000;
      }),
    async close() {
      if (closed) return;
      closed = true;
      feed.close();
      // Redis answers in order: when it has answered this, it has answered all that was asked before.
      if (connection.isReady()) await redis.quit().catch(() => {});
      connection.end();
    },
  };

  function rangeOf(set: string, range: Range): Promise<string[]> {
    if (range.limit <= 0) return Promise.resolve([]);
    if (range.by === 'score')
      return redis.zrange(names.byScore(set), '-inf', scoreText(set, range.max), 'BYSCORE', 'LIMIT', 0, range.limit);
    const [from, to] = lexBounds(range.prefix, range.after);
    return redis.zrange(names.byMember(set), from, to, 'BYLEX', 'LIMIT', 0, range.limit);
  }
}

/** A byte that no text has: the end of all that begins with a prefix. */
const PAST_ALL_TEXT = Buffer.from([0xff]);

function lexBounds(prefix: string, after: string | undefined): readonly [Buffer, Buffer] {
  const to = Buffer.concat([Buffer.from(`(${prefix}`), PAST_ALL_TEXT]);
  if (after === undefined) return [Buffer.from(`(${prefix}`), to];
  const before = Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0;
  return [Buffer.from(before ? `[${prefix}` : `(${after}`), to];
}
