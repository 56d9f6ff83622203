import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type BerthClient, isBerthError, type Session } from '../../clients/typescript/src/client.ts';
import { openHome } from '../support/chaos-home.ts';
import { eventually } from '../support/eventually.ts';
import { instanceProcesses } from '../support/instance-processes.ts';
import { answers, failed } from '../support/measured.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

const AWAY_MS = 30_000;
const DEFAULT_LEASE = { BERTH_LEASE: '14s', BERTH_LEASE_RENEW: '3s' };

type Outage = {
  readonly name: string;
  begin(redis: RedisServer): Promise<void>;
  end(redis: RedisServer): Promise<void>;
  /** No call takes longer [ms]: the first ones, which find out, and those after. */
  readonly firstMs: number;
  readonly laterMs: number;
};

const OUTAGES: readonly Outage[] = [
  { name: 'is down', begin: (r) => r.kill(), end: (r) => r.restart(), firstMs: 1_000, laterMs: 1_000 },
  {
    name: 'hangs',
    begin: async (r) => r.pause(),
    end: async (r) => r.resume(),
    // As the store port promises; from then on it is known to be away.
    firstMs: 4_500,
    laterMs: 1_000,
  },
];

/** One of each kind of call that needs the store. */
const CALLS: Readonly<Record<string, (client: BerthClient, s: Session) => Promise<unknown>>> = {
  acquire: (client) => client.acquire({ class: 'web' }),
  get: (client, s) => client.get({ id: s.id }),
  keepAlive: (client, s) => client.keepAlive({ id: s.id }),
  list: (client) => client.list(),
  release: (client) => client.release({ requestId: 'not-seen' }),
  setReserve: (client) => client.setReserve('web', 1),
};

describe.concurrent('When Redis', () => {
  for (const outage of OUTAGES)
    it(`${outage.name} for 30 s, calls are refused, sessions answer, and all is well afterwards`, async ({
      onTestFinished,
    }) => {
      const redis = await startRedis();
      const home = await openHome({ redis: redis.url, env: DEFAULT_LEASE });
      onTestFinished(async () => {
        await home.end();
        await redis.stop();
      });
      const broker = await home.start();
      const { client } = broker;
      await client.setReserve('web', 1);
      await home.settled(broker);
      const session = await client.acquire({ class: 'web' });
      const mortal = await client.acquire({ class: 'web', lifetimeMs: 10_000 });
      await home.settled(broker);
      const before = await home.picture(broker);

      await outage.begin(redis);
      const worst = await refusedWhile(client, session, AWAY_MS);
      console.log(
        `Redis ${outage.name}: ${worst.calls} calls refused, slowest ${Math.round(worst.firstMs)} ms at first, ${Math.round(worst.laterMs)} ms later`,
      );
      expect(worst.firstMs).toBeLessThan(outage.firstMs);
      expect(worst.laterMs).toBeLessThan(outage.laterMs);
      expect(worst.calls).toBeGreaterThan(20);
      // Nothing was rented and nothing ended, though a lifetime was over.
      expect(instanceProcesses(home.installation)).toEqual(before.processes);

      await outage.end(redis);
      const from = performance.now();
      const warm = await eventually('an acquire is served again', () =>
        client.acquire({ class: 'web' }).catch(() => null),
      );
      console.log(`Redis ${outage.name}: served again after ${Math.round(performance.now() - from)} ms`);
      expect(await answers(warm)).toBe(true);
      expect(await answers(await client.get({ id: session.id }))).toBe(true);
      const ended = await eventually('the lifetime that was over meanwhile has ended', async () => {
        const s = await client.get({ id: mortal.id });
        return s.phase === 'released' ? s : null;
      });
      expect(ended.endReason).toBe('expired');
      await home.settled(broker);
      // One finds the reserve, the other one does not.
      const two = await Promise.all([1, 2].map(() => client.acquire({ class: 'web', lifetimeMs: 1_000 })));
      expect(two.map((s) => s.fromReserve).sort()).toEqual([false, true]);
      for (const { id } of two)
        await eventually('expiry works', async () => (await client.get({ id })).phase === 'released');
      await home.settled(broker);
      expect(broker.isAlive()).toBe(true);
    });
});

type Worst = { calls: number; firstMs: number; laterMs: number };

/** Calls everything, again and again, while the store is away: each is UNAVAILABLE with a time to retry. */
async function refusedWhile(client: BerthClient, session: Session, ms: number): Promise<Worst> {
  const worst: Worst = { calls: 0, firstMs: 0, laterMs: 0 };
  const until = performance.now() + ms;
  for (let round = 0; performance.now() < until; round++) {
    const all = Object.entries(CALLS).map(async ([name, call]) => {
      const { err, tookMs } = await failed(() => call(client, session));
      if (!isBerthError(err, 'unavailable') || err.retryAfterMs === null) throw new Error(`${name}: ${String(err)}`);
      worst.calls += 1;
      if (round === 0) worst.firstMs = Math.max(worst.firstMs, tookMs);
      else worst.laterMs = Math.max(worst.laterMs, tookMs);
    });
    await Promise.all(all);
    expect(await answers(session)).toBe(true);
    // A refusal takes a millisecond: without this the test would be a load test.
    await pause(100);
  }
  return worst;
}
