import { Redis, type RedisOptions } from 'ioredis';
import { BrokerError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';

/** Pauses between attempts to reconnect [ms]; attempts never end. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** One connection to Redis that comes back by itself, for ever, and never sends anything twice. */
export type Connection = {
  readonly redis: Redis;
  /** Connected and through the handshake: only then is anything sent. */
  isReady(): boolean;
  /** Resolves when ready, also at once; to false when `signal` aborts first. */
  whenReady(signal: AbortSignal): Promise<boolean>;
  /** What is sent in this phase of the event loop goes out in one write: the system call costs more than all else that
   *  is done for a command. */
  gather(): void;
  /** The last thing that went wrong with the connection. */
  lastError(): Error | null;
  /** Ends it for good; what is waiting for an answer fails. */
  end(): void;
};

/** @param timeoutMs without any answer for so long, Redis counts as hung and the connection is given up [ms] */
export function connect(address: RedisOptions, timeoutMs: number): Connection {
  const options: RedisOptions & { replyMapping: 'legacy' } = {
    ...address,
    lazyConnect: true,
    protocol: 2,
    replyMapping: 'legacy',
    // A call while away fails at once, and one that was sent is never sent again: a commit must not happen twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(FIRST_PAUSE * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE),
    sentinelRetryStrategy: (attempt) => Math.min(FIRST_PAUSE * attempt, LONGEST_PAUSE),
    // After a failover the old master refuses writes: look again who the master is.
    reconnectOnError: (err) => err.message.startsWith('READONLY'),
    // For the whole socket, the handshake included; a timer per command would cost more than the command.
    socketTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    sentinelCommandTimeout: timeoutMs,
    maxLoadingRetryTime: 500,
    connectionName: 'berth',
  };
  const redis = new Redis(options);
  let lastError: Error | null = null;
  redis.on('error', (err: Error) => {
    lastError = err;
  });
  redis.connect().catch((err: unknown) => {
    if (err instanceof Error) lastError ??= err;
  });
  const isReady = (): boolean => redis.status === 'ready';
  let gathering: Redis['stream'] | null = null;

  return {
    redis,
    isReady,
    lastError: () => lastError,
    gather() {
      const { stream } = redis;
      if (gathering === stream) return;
      gathering = stream;
      stream.cork();
      setImmediate(() => {
        if (gathering === stream) gathering = null;
        stream.uncork();
      });
    },
    whenReady(signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (isReady()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const done = (): void => {
          redis.off('ready', done);
          signal.removeEventListener('abort', done);
          resolve(!signal.aborted);
        };
        redis.on('ready', done);
        signal.addEventListener('abort', done);
      });
    },
    end: () => redis.disconnect(),
  };
}

/** Waiting does not help against these. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM)\b/;

/** Waits for a new connection. @throws BrokerError `unavailable` when it is not ready within `withinMs`, or Redis
 *  refuses the login */
export async function awaitConnected(connection: Connection, withinMs: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  const stop = new AbortController();
  const onError = (err: Error): void => {
    if (REFUSED.test(err.message)) over.abort();
  };
  connection.redis.on('error', onError);
  clock.sleep(withinMs, stop.signal).then(
    () => over.abort(),
    () => {},
  );
  const ready = await connection.whenReady(over.signal);
  stop.abort();
  connection.redis.off('error', onError);
  if (ready) return;
  const cause = connection.lastError();
  throw new BrokerError(
    'unavailable',
    `Redis cannot be reached${cause === null ? '' : `: ${cause.message}`}`,
    { reason: 'STORE_DOWN' },
    cause === null ? undefined : { cause },
  );
}
