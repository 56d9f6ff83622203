import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { BrokerProcess } from '../support/broker-process.ts';
import { type ChaosHome, openHome } from '../support/chaos-home.ts';
import { eventually } from '../support/eventually.ts';
import { answers } from '../support/measured.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** As shipped. */
const DEFAULT_LEASE = { BERTH_LEASE: '14s', BERTH_LEASE_RENEW: '3s' };
const LEASE_MS = 14_000;

async function twoBrokers({
  onTestFinished,
}: TestContext): Promise<{ home: ChaosHome; leader: BrokerProcess; other: BrokerProcess }> {
  const home = await openHome({ redis: redis.url, env: DEFAULT_LEASE });
  onTestFinished(() => home.end());
  const leader = await home.start();
  await eventually('the first leads', () => leads(leader));
  return { home, leader, other: await home.start() };
}

/** Only the leader's loops have passes. */
const leads = async (b: BrokerProcess): Promise<boolean> => {
  const status = await b.client.status();
  return status.leaderId === status.replicaId && status.loops.some((l) => l.lastPassTime !== null);
};

describe.concurrent('Two brokers on one Redis', () => {
  it('serve the same sessions: acquired on one, seen, watched, kept alive, extended and released on the other', async (t) => {
    const { home, leader, other } = await twoBrokers(t);
    await other.client.setReserve('web', 1);
    await home.settled(leader);
    const cold = await leader.client.acquire({ class: 'web', name: 'mine' });
    const warm = await other.client.acquire({ class: 'web' });
    expect(await answers(cold)).toBe(true);
    expect(await answers(warm)).toBe(true);

    expect(await other.client.get({ name: 'mine' })).toMatchObject({ id: cold.id, endpoint: cold.endpoint });
    const listed = (await leader.client.list()).sessions.map((s) => s.id);
    expect(listed.sort()).toEqual([cold.id, warm.id].sort());
    const seen: string[] = [];
    const watching = (async () => {
      for await (const s of other.client.watch({ id: cold.id })) seen.push(s.phase);
    })();
    await eventually('the watch has begun', () => seen.length > 0);
    const kept = await other.client.keepAlive({ id: cold.id });
    expect(kept.revision).toBeGreaterThanOrEqual(cold.revision);
    const until = new Date(Date.now() + 2 * 3_600_000);
    expect((await other.client.extend({ id: cold.id }, until)).deadlines.expireTime).toEqual(until);
    expect((await leader.client.get({ id: cold.id })).deadlines.expireTime).toEqual(until);
    await other.client.release({ id: cold.id });
    await watching;
    expect(seen.at(0)).toBe('active');
    expect(seen.at(-1)).toBe('released');
    await leader.client.release({ id: warm.id });
    await home.settled(other);
  });

  it('reconcile only once', async (t) => {
    const { home, leader, other } = await twoBrokers(t);
    await other.client.setReserve('web', 3);
    await home.settled(other);
    const [one, two] = [await leader.client.status(), await other.client.status()];
    expect(two.leaderId).toBe(one.replicaId);
    expect(two.replicaId).not.toBe(one.replicaId);
    expect(one.loops.filter((l) => l.lastPassTime !== null).length).toBeGreaterThan(5);
    expect(two.loops.filter((l) => l.lastPassTime !== null)).toEqual([]);
    expect((await other.records()).epoch).toBe(1);
  });

  it('let a watch go on at the other one, from the revision it had', async (t) => {
    const { home, leader, other } = await twoBrokers(t);
    const session = await leader.client.acquire({ class: 'web' });
    const first: number[] = [];
    for await (const s of leader.client.watch({ id: session.id })) {
      first.push(s.revision);
      break;
    }
    const [had = 0] = first;
    const later: { revision: number; phase: string }[] = [];
    const watching = (async () => {
      for await (const s of other.client.watch({ id: session.id }, { afterRevision: had })) later.push(s);
    })();
    await leader.client.extend({ id: session.id }, new Date(Date.now() + 7_200_000));
    await eventually('the change has arrived', () => later.length > 0);
    await leader.client.release({ id: session.id });
    await watching;
    expect(later.every((s) => s.revision > had)).toBe(true);
    expect(later.at(-1)?.phase).toBe('released');
    await home.settled(other);
  });

  it('take over within the lease when the leader is killed', async (t) => {
    const { home, leader, other } = await twoBrokers(t);
    const session = await leader.client.acquire({ class: 'web' });
    // The worst moment: just after a renewal.
    const { lease } = await other.records();
    await eventually('the lease is renewed', async () => (await other.records()).lease > lease);
    const from = performance.now();
    await leader.kill();
    await eventually('the other leads', () => leads(other), 2 * LEASE_MS);
    const tookMs = performance.now() - from;
    console.log(`leader killed: taken over after ${Math.round(tookMs)} ms`);
    // The lease counts from the last renewal that was seen; what is beyond it is the way to the store and back.
    expect(tookMs).toBeLessThan(LEASE_MS + 500);
    expect((await other.records()).epoch).toBe(2);
    expect(await answers(session)).toBe(true);
    const second = await other.client.acquire({ class: 'web' });
    expect(await answers(second)).toBe(true);
    await home.settled(other);
  });

  it('take over at once when the leader is stopped', async (t) => {
    const { home, leader, other } = await twoBrokers(t);
    const session = await leader.client.acquire({ class: 'web' });
    const from = performance.now();
    leader.signal('SIGTERM');
    await eventually('the other leads', () => leads(other));
    const tookMs = performance.now() - from;
    console.log(`leader stopped: taken over after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(2_000);
    await leader.ended;
    expect(await answers(session)).toBe(true);
    await home.settled(other);
  });
});
