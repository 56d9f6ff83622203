import { describe, expect, it, type TestContext } from 'vitest';
import { createClient } from '../../clients/typescript/src/client.ts';
import { type ChaosHome, type HomeOptions, openHome } from '../support/chaos-home.ts';
import { eventually } from '../support/eventually.ts';
import { instanceProcesses } from '../support/instance-processes.ts';
import { answers } from '../support/measured.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

/** Each has a server of its own: FLUSHALL spares nobody. */
async function home(
  { onTestFinished }: TestContext,
  o: HomeOptions = {},
): Promise<{ h: ChaosHome; redis: RedisServer }> {
  const redis = await startRedis();
  const h = await openHome({ ...o, redis: redis.url });
  onTestFinished(async () => {
    await h.end();
    await redis.stop();
  });
  return { h, redis };
}
const pids = (h: ChaosHome) =>
  instanceProcesses(h.installation)
    .filter((p) => p.leads)
    .map((p) => p.pid);

describe.concurrent('When Redis is emptied under a running broker', () => {
  for (const proxy of ['direct', 'nginx-local'] as const)
    it(`sessions behind ${proxy} and the reserve go on as they are, and releasing them leaves nothing`, async (t) => {
      const { h, redis } = await home(t, { proxy });
      const broker = await h.start();
      const { client } = broker;
      await client.setReserve('web', 2);
      await h.settled(broker);
      const session = await client.acquire({ class: 'web', name: 'mine', requestId: 'first' });
      const { records } = await h.settled(broker);
      const before = pids(h);
      expect(before.length).toBeGreaterThanOrEqual(3);

      await redis.command('FLUSHALL');
      const from = performance.now();
      // The first call may be what finds out; none is told that the session is not there.
      expect((await client.get({ id: session.id })).phase).toBe('active');
      expect((await client.get({ name: 'mine' })).id).toBe(session.id);
      const retried = await client.acquire({ class: 'web', name: 'mine', requestId: 'first' });
      // Whoever watches misses nothing: it goes on counting.
      expect(retried.revision).toBeGreaterThan(session.revision);
      expect(retried.endpoint).toEqual(session.endpoint);
      expect(retried.id).toBe(session.id);
      expect(await answers(session)).toBe(true);
      await h.settled(broker);
      console.log(`emptied behind ${proxy}: settled again after ${Math.round(performance.now() - from)} ms`);
      const after = await broker.records();
      expect(after.instances.map((i) => [i.id, i.phase]).sort()).toEqual(
        records.instances.map((i) => [i.id, i.phase]).sort(),
      );
      expect(pids(h)).toEqual(before);
      expect(after.counted).toBe(3);
      expect((await client.reserves('web'))[0]).toMatchObject({ target: 2, ready: 2 });

      // And all works as before: a claim, a cold start, the releases.
      expect((await client.acquire({ class: 'web' })).fromReserve).toBe(true);
      await h.settled(broker);
      await client.setReserve('web', 0);
      for await (const s of client.listAll()) await client.release({ id: s.id });
      await h.settled(broker);
      expect(pids(h)).toEqual([]);
    });

  it('an instance that is being created then is neither lost nor made twice', async (t) => {
    const { h, redis } = await home(t);
    const broker = await h.start();
    const session = broker.client.acquire({ class: 'web', requestId: 'cold' });
    await eventually('it is under way', async () => {
      const { instances } = await broker.records();
      return instances.some((i) => i.phase === 'requested' || i.phase === 'booting');
    });
    await redis.command('FLUSHALL');
    const active = await session;
    expect(await answers(active)).toBe(true);
    await h.settled(broker);
    expect((await broker.records()).instances).toHaveLength(1);
    expect((await broker.client.acquire({ class: 'web', requestId: 'cold' })).id).toBe(active.id);
    await broker.client.release({ id: active.id });
    await h.settled(broker);
    expect(pids(h)).toEqual([]);
  });

  it('tokens, the switch of renting and the reserve of admins are kept: nobody becomes an admin by it', async (t) => {
    const { h, redis } = await home(t);
    const broker = await h.start();
    await broker.client.setRenting(false, 'a drill');
    await broker.client.setReserve('web', 2);
    const { secret } = await broker.client.createToken({ tenant: 'default', role: 'admin', note: 'first' });
    using admin = createClient({ address: broker.address, token: secret, retryForMs: 0 });
    await redis.command('FLUSHALL');
    for (let n = 0; n < 20; n++)
      await expect(broker.client.status()).rejects.toMatchObject({ code: 'unauthenticated' });
    const tokens = `{${h.installation}}:r:token/*`;
    await eventually('the token is back', async () => !(await redis.command('KEYS', tokens)).startsWith('*0'));
    await expect(broker.client.status()).rejects.toMatchObject({ code: 'unauthenticated' });
    await eventually('its owner is an admin', async () => (await admin.tokens()).length === 1);
    expect((await admin.status()).renting).toMatchObject({ on: false, why: 'a drill' });
    expect((await admin.reserves('web'))[0]?.target).toBe(2);
  });

  it('two brokers on it put it back once, and one of them leads', async (t) => {
    const { h, redis } = await home(t);
    const [first, second] = [await h.start(), await h.start()];
    await first.client.setReserve('web', 1);
    await h.settled(first);
    const session = await second.client.acquire({ class: 'web' });
    await h.settled(first);
    const before = pids(h);
    await redis.command('FLUSHALL');
    const found = await Promise.all([first, second].map((b) => b.client.get({ id: session.id })));
    expect(found.map((s) => s.phase)).toEqual(['active', 'active']);
    await h.settled(second);
    expect(pids(h)).toEqual(before);
    for (const b of [first, second]) expect((await b.client.get({ id: session.id })).phase).toBe('active');
    await first.client.release({ id: session.id });
    await h.settled(second);
    await h.settled(first);
    expect(pids(h)).toHaveLength(1);
  });

  it('and once more while it is being put back, nothing is missed', async (t) => {
    const { h, redis } = await home(t);
    const broker = await h.start();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => broker.client.acquire({ class: 'web' })));
    await h.settled(broker);
    const before = pids(h);
    for (const keys of [10, 18, 26]) {
      await redis.command('FLUSHALL');
      await eventually('a part is back', async () => Number((await redis.command('DBSIZE')).slice(1)) >= keys);
      await redis.command('FLUSHALL');
      const claim = `{${h.installation}}:r:installation/id`;
      await eventually('the store is claimed again', async () =>
        (await redis.command('EXISTS', claim)).startsWith(':1'),
      );
      await h.settled(broker);
      expect(pids(h)).toEqual(before);
    }
    for (const s of sessions) expect((await broker.client.get({ id: s.id })).phase).toBe('active');
  });

  it('a broker that starts on the empty store ends what nobody remembers', async (t) => {
    const { h, redis } = await home(t);
    const broker = await h.start();
    await broker.client.acquire({ class: 'web' });
    await h.settled(broker);
    await broker.kill();
    await redis.command('FLUSHALL');
    const fresh = await h.start();
    await eventually('it is ended', () => pids(h).length === 0);
    await h.settled(fresh);
    expect((await fresh.client.list()).sessions).toEqual([]);
  });
});
