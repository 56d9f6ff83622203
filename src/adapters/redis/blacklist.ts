import { BrokerError, isBrokerError } from '../../domain/errors.ts';
import type { BanExchange, ForeignBan } from '../../ports/ban-exchange.ts';
import type { Clock } from '../../ports/clock.ts';
import { parseAddress } from './address.ts';
import { connect } from './connection.ts';

/** Keys are `ban_HOST`, strings with the reason, and end by their TTL. */
const PREFIX = 'ban_';
const STEP = 100;
/** A scan that has not come round after so many steps is given up. */
const MOST_STEPS = 10_000;
const READY_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;
const HOST = /^[\w.-]{1,64}$/;
const REASON_AT_MOST = 100;

export type Blacklist = BanExchange & { close(): void };

/** The blacklist of the nginx provisioner that berth replaces, in its Redis. Opened at once, connected in its own time:
 *  where that Redis is away only its calls fail. */
export function openBlacklist(o: { readonly url: string; readonly clock: Clock }): Blacklist {
  const connection = connect(parseAddress(o.url), ANSWER_WITHIN_MS);
  const { redis } = connection;

  async function asked<T>(what: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    try {
      if (!(await connection.whenReady(AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]))))
        throw connection.lastError() ?? new Error('no connection');
      return await call();
    } catch (err) {
      signal.throwIfAborted();
      if (isBrokerError(err)) throw err;
      const why = err instanceof Error ? err.message : String(err);
      throw new BrokerError('unavailable', `the blacklist cannot be ${what}: ${why}`, { reason: 'BLACKLIST_DOWN' });
    }
  }

  async function scan(signal: AbortSignal): Promise<readonly ForeignBan[]> {
    const found = new Map<string, ForeignBan>();
    let cursor = '0';
    for (let steps = 0; ; steps++) {
      signal.throwIfAborted();
      if (steps >= MOST_STEPS) throw new Error(`it has more keys than ${MOST_STEPS} steps show`);
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${PREFIX}*`, 'COUNT', STEP);
      for (const ban of await readBans(keys)) found.set(ban.host, ban);
      cursor = next;
      if (cursor === '0') return [...found.values()];
    }
  }

  async function readBans(keys: readonly string[]): Promise<readonly ForeignBan[]> {
    if (keys.length === 0) return [];
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.get(key).pttl(key);
    const answers = await pipeline.exec();
    if (answers === null) throw new Error('the connection broke');
    const now = o.clock.now();
    return keys.flatMap((key, n) => {
      const host = key.slice(PREFIX.length);
      const [reason, ttl] = [valueOf(answers[2 * n]), valueOf(answers[2 * n + 1])];
      // Something else under such a name is no ban, nor is one that has ended meanwhile.
      if (!HOST.test(host) || typeof reason !== 'string' || typeof ttl !== 'number' || ttl === GONE) return [];
      return [{ host, reason: reason.slice(0, REASON_AT_MOST), until: ttl < 0 ? null : now + ttl }];
    });
  }

  const never = new AbortController().signal;
  return {
    read: (signal) => asked('read', signal, () => scan(signal)),
    async write(host, reason, ttlMs) {
      const ttl = Math.max(1, Math.round(ttlMs));
      await asked('written', never, () => redis.set(PREFIX + host, reason, 'PX', ttl));
    },
    async remove(host) {
      await asked('written', never, () => redis.del(PREFIX + host));
    },
    close: connection.end,
  };
}

/** What PTTL says of a key that is not there. */
const GONE = -2;

/** null: not a string. @throws when the connection broke: that is no answer at all */
function valueOf([err, value]: readonly [Error | null, unknown] = [new Error('no answer'), null]): unknown {
  if (err === null) return value;
  if (err.message.startsWith('WRONGTYPE')) return null;
  throw err;
}
