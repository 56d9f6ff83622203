import { afterEach, describe, expect, it } from 'vitest';
import { openRedisStore, type RedisStoreOptions } from '../../../src/adapters/redis/store.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { FeedEntry, Store } from '../../../src/ports/store.ts';
import {
  commandOn,
  freePort,
  type RedisServer,
  type RedisServerOptions,
  startRedis,
  startSentinel,
} from '../../support/redis-server.ts';

const clock = createSystemClock();
const cleanup: (() => unknown)[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

async function started(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanup.push(server.stop);
  return server;
}

async function opened(url: string, options: Partial<RedisStoreOptions> = {}) {
  const store = await openRedisStore({ url, clock, timeoutMs: 500, ...options });
  cleanup.push(() => store.close());
  return store;
}

const put = (key: string, was = 0) => ({ put: [{ key, value: { key }, was }] });

/** Tries until `attempt` resolves. */
async function eventually<T>(attempt: () => Promise<T>, withinMs = 10_000): Promise<T> {
  const deadline = clock.monotonic() + withinMs;
  for (;;)
    try {
      return await attempt();
    } catch (err) {
      if (clock.monotonic() > deadline) throw err;
      await clock.sleep(20, never);
    }
}

/** What the promise was refused with, and how long that took [ms]. */
async function refusal(promise: Promise<unknown>): Promise<{ code: unknown; reason: unknown; tookMs: number }> {
  const from = clock.monotonic();
  const err: unknown = await promise.then(
    () => new Error('was not refused'),
    (cause: unknown) => cause,
  );
  const { code, details } = err as { code?: unknown; details?: { reason?: unknown } };
  return { code, reason: details?.reason, tookMs: clock.monotonic() - from };
}

function feedOf(store: Store) {
  const stop = new AbortController();
  cleanup.push(() => stop.abort());
  const feed = store.feed(stop.signal)[Symbol.asyncIterator]();
  /** The first entry that fits, within 10 s; those before it are passed over. */
  const until = async (fits: (entry: FeedEntry) => boolean): Promise<FeedEntry> => {
    const overdue = new AbortController();
    const alarm = clock.sleep(10_000, overdue.signal).then(
      () => stop.abort(),
      () => {},
    );
    for (;;) {
      const next = await feed.next();
      if (next.done) throw new Error('the feed ended, or brought nothing that fits within 10 s');
      if (!fits(next.value)) continue;
      overdue.abort();
      await alarm;
      return next.value;
    }
  };
  return { until, next: () => until(() => true) };
}

const isResync = (entry: FeedEntry) => entry.kind === 'resync';
const tells = (key: string) => (entry: FeedEntry) => entry.kind === 'commit' && entry.keys.some((k) => k.key === key);

describe('The Redis store on bad days', () => {
  it('refuses every call at once while Redis is down, and is well again by itself', async () => {
    const server = await started();
    const store = await opened(server.url);
    const { until, next } = feedOf(store);
    expect(await next()).toEqual({ kind: 'resync' });
    await store.commit(put('before'));
    await server.kill();
    await eventually(async () => expect(await refusal(store.read(['before']))).toMatchObject({ code: 'unavailable' }));
    const calls = [
      store.read(['before']),
      store.counters(['c']),
      store.range('s', { by: 'score', max: 1, limit: 1 }),
      store.commit(put('never')),
      store.serverTime(),
    ];
    for (const call of await Promise.all(calls.map(refusal))) {
      expect(call).toMatchObject({ code: 'unavailable', reason: 'STORE_DOWN' });
      expect(call.tookMs).toBeLessThan(100);
    }
    await server.restart();
    await eventually(() => store.commit(put('after')));
    expect((await store.read(['before', 'never', 'after'])).map((r) => r?.revision ?? 0)).toEqual([1, 0, 1]);
    await until(isResync);
    await store.commit(put('later'));
    expect(await until(tells('later'))).toMatchObject({ own: true });
  });

  it('keeps what it answered when Redis is killed, with appendonly', async () => {
    const server = await started({ args: ['--appendfsync', 'always'] });
    const store = await opened(server.url);
    for (let i = 0; i < 50; i++) await store.commit({ ...put(`k/${i}`), count: [{ counter: 'n', add: 1 }] });
    await server.restart();
    await eventually(() => store.counters(['n']));
    expect(await store.counters(['n'])).toEqual([50]);
    expect((await store.read(['k/0', 'k/49', 'k/50'])).map((r) => r?.revision ?? 0)).toEqual([1, 1, 0]);
  });

  it('gives up on a Redis that hangs: what was sent is of unknown outcome, the rest is refused at once', async () => {
    const server = await started();
    const store = await opened(server.url);
    await store.commit(put('before'));
    server.pause();
    const sent = await Promise.all([refusal(store.commit(put('sent'))), refusal(store.read(['before']))]);
    expect(sent.map((r) => r.code)).toEqual(['outcome-unknown', 'unavailable']);
    for (const { tookMs } of sent) expect(tookMs).toBeLessThan(1_500);
    for (let i = 0; i < 3; i++) {
      const after = await refusal(store.commit(put('after')));
      expect(after).toMatchObject({ code: 'unavailable' });
      expect(after.tookMs).toBeLessThan(100);
    }
    server.resume();
    await eventually(() => store.commit(put('after')));
    expect((await store.read(['before', 'after'])).map((r) => r?.revision)).toEqual([1, 1]);
  });

  it('never sends a commit twice, also when the connection broke in the middle', async () => {
    const server = await started();
    const store = await opened(server.url);
    server.pause();
    const lost = await Promise.all(
      Array.from({ length: 20 }, () => refusal(store.commit({ count: [{ counter: 'n', add: 1 }] }))),
    );
    expect(new Set(lost.map((r) => r.code))).toEqual(new Set(['outcome-unknown']));
    server.resume();
    await eventually(() => store.commit({ count: [{ counter: 'n', add: 100 }] }));
    const [n = 0] = await store.counters(['n']);
    expect(n).toBeGreaterThanOrEqual(100);
    expect(n).toBeLessThanOrEqual(120);
  });

  it('brings its script back when Redis forgot it', async () => {
    const server = await started();
    const store = await opened(server.url);
    await store.commit(put('a'));
    await server.command('SCRIPT', 'FLUSH');
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => store.commit(put(`b/${i}`))));
    expect(results.every((r) => r.committed)).toBe(true);
  });

  it('refuses a commit that Redis has no memory for, writes no part of it, and goes on later', async () => {
    const server = await started();
    const store = await opened(server.url);
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    const refused = await refusal(store.commit({ ...put('a'), count: [{ counter: 'n', add: 1 }] }));
    expect(refused).toMatchObject({ code: 'unavailable', reason: 'STORE_FULL' });
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect([await store.read(['a']), await store.counters(['n'])]).toEqual([[null], [0]]);
    expect((await store.commit(put('a'))).committed).toBe(true);
  });

  it('tells readers of the feed to read again when Redis was emptied under them', async () => {
    const server = await started();
    const store = await opened(server.url);
    const { until, next } = feedOf(store);
    await next();
    for (let i = 0; i < 3; i++) await store.commit(put(`k/${i}`));
    await until(tells('k/2'));
    await server.command('FLUSHALL');
    await until(isResync);
    await store.commit(put('k/0'));
    await until(tells('k/0'));
  });

  it('tells readers of the feed to read again when entries were trimmed before they were read', async () => {
    const server = await started();
    const store = await opened(server.url, { feedLength: 10 });
    const other = await opened(server.url, { feedLength: 10 });
    const { until, next } = feedOf(store);
    await next();
    // One turn of the event loop: the reader gets no chance to read in between.
    await Promise.all(Array.from({ length: 3_000 }, (_, i) => other.commit(put(`k/${i}`))));
    await until(isResync);
    await store.commit(put('last'));
    await until(tells('last'));
  });

  it('says nothing of missed entries while none were', async () => {
    const server = await started();
    // Counts are compared every second on this clock.
    const fast = { ...clock, monotonic: () => clock.monotonic() * 1_000 };
    const store = await opened(server.url, { clock: fast });
    const { until, next } = feedOf(store);
    await next();
    const seen: string[] = [];
    for (let round = 0; round < 20; round++) {
      await store.commit(put(`k/${round}`));
      await until((entry) => {
        seen.push(entry.kind);
        return tells(`k/${round}`)(entry);
      });
    }
    expect(new Set(seen)).toEqual(new Set(['commit']));
  });

  it('follows the sentinels to a new master', async () => {
    const master = await started();
    const replica = await started({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    const sentinel = await startSentinel(master);
    cleanup.push(sentinel.stop);
    const store = await opened(`redis-sentinel://127.0.0.1:${sentinel.port}/berth`);
    const { until, next } = feedOf(store);
    await next();
    await store.commit(put('before'));
    await until(tells('before'));
    await eventually(async () => {
      expect(await replica.command('GET', '{berth}:r:before')).toContain('before');
      expect(await commandOn(sentinel.port, ['SENTINEL', 'REPLICAS', 'berth'])).toContain(String(replica.port));
    }, 15_000);
    await master.kill();
    await eventually(() => store.commit(put('after')), 20_000);
    expect((await store.read(['before', 'after'])).map((r) => r?.revision)).toEqual([1, 1]);
    expect(await replica.command('GET', '{berth}:r:after')).toContain('after');
    await until(isResync);
    await store.commit(put('later'));
    await until(tells('later'));
  }, 60_000);
});

describe('Opening the Redis store', () => {
  it('is refused with the reason when there is no Redis', async () => {
    const port = await freePort();
    const refused = opened(`redis://127.0.0.1:${port}`, { connectWithinMs: 300 });
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
    await expect(refused).rejects.toThrow(/ECONNREFUSED/);
  });

  it('wants the password that the server wants', async () => {
    const server = await started({ password: 'pass word', args: ['--requirepass', 'pass word'] });
    const store = await opened(`redis://:pass%20word@127.0.0.1:${server.port}`);
    expect((await store.commit(put('a'))).committed).toBe(true);
    await expect(opened(`redis://:wrong@127.0.0.1:${server.port}`)).rejects.toThrow(/WRONGPASS|NOAUTH/);
  });

  it('keeps to the database and the prefix it was given', async () => {
    const server = await started();
    const store = await opened(`${server.url}/5`, { prefix: 'other' });
    const neighbour = await opened(`${server.url}/5`);
    await store.commit(put('a'));
    expect(await neighbour.read(['a'])).toEqual([null]);
    expect(await server.command('INFO', 'keyspace')).toMatch(/db5:/);
    expect(await server.command('INFO', 'keyspace')).not.toMatch(/db0:/);
  });

  it('notes a Redis that does not keep its data, and one that may drop it', async () => {
    const careful = await started();
    expect((await opened(careful.url)).notes).toEqual([]);
    const careless = await started({ appendonly: false, args: ['--maxmemory-policy', 'allkeys-lru'] });
    const { notes } = await opened(careless.url);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/appendonly is off/);
    expect(notes[1]).toMatch(/allkeys-lru/);
  });

  it("tells the server's time", async () => {
    const server = await started();
    const store = await opened(server.url);
    expect(Math.abs((await store.serverTime()) - clock.now())).toBeLessThan(1_000);
  });
});
