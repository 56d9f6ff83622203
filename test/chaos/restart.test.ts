import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { BerthClient, Session } from '../../clients/typescript/src/client.ts';
import { type ChaosHome, type HomeOptions, openHome } from '../support/chaos-home.ts';
import { eventually } from '../support/eventually.ts';
import { answers } from '../support/measured.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const STORES = [
  { name: 'sqlite', url: () => undefined },
  { name: 'Redis', url: () => redis.url },
] as const;

/** From the deadline to the released session: a look, two commits. */
const LATE_MS = 2_000;

async function home({ onTestFinished }: TestContext, url: string | undefined, o: HomeOptions = {}): Promise<ChaosHome> {
  const opened = await openHome({ ...o, ...(url === undefined ? {} : { redis: url }) });
  onTestFinished(() => opened.end());
  return opened;
}

const released = (client: BerthClient, { id }: Session, withinMs: number): Promise<Session> =>
  eventually(
    `${id} is released`,
    async () => {
      const [found] = (await client.list({ phases: ['released'] })).sessions.filter((s) => s.id === id);
      return found ?? null;
    },
    withinMs,
  );

/** How long after `deadline` it ended [ms]. */
const lateness = (s: Session, deadline: Date | null): number =>
  (s.endTime?.getTime() ?? Number.NaN) - (deadline?.getTime() ?? Number.NaN);

describe.concurrent('A broker that was killed and started again', () => {
  for (const store of STORES) {
    it(`on ${store.name} ends a session when its lifetime is over, not later and not earlier`, async (t) => {
      const h = await home(t, store.url());
      const first = await h.start();
      const session = await first.client.acquire({ class: 'web', lifetimeMs: 20_000 });
      await first.kill();
      expect(await answers(session)).toBe(true);
      const second = await h.start();
      expect((await second.client.get({ id: session.id })).deadlines).toEqual(session.deadlines);
      const end = await released(second.client, session, 30_000);
      expect(end.endReason).toBe('expired');
      const late = lateness(end, session.deadlines.expireTime);
      console.log(`lifetime of 20 s over a restart on ${store.name}: ended ${late} ms after its deadline`);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(LATE_MS);
      await h.settled(second);
    });

    it(`on ${store.name} ends at once what came due while no broker was there`, async (t) => {
      const h = await home(t, store.url());
      const first = await h.start();
      const session = await first.client.acquire({ class: 'web', lifetimeMs: 1_500 });
      await first.kill();
      await eventually('its lifetime is over', () => Date.now() > (session.deadlines.expireTime?.getTime() ?? 0) + 500);
      expect(await answers(session)).toBe(true);
      const second = await h.start();
      expect((await released(second.client, session, 10_000)).endReason).toBe('expired');
      await h.settled(second);
    });

    it(`on ${store.name} ends an idle session when its idle time is over, counted from its last use`, async (t) => {
      const h = await home(t, store.url());
      const first = await h.start();
      await first.client.acquire({ class: 'web', idleTimeoutMs: 8_000, requestId: 'idle' });
      const used = await first.client.keepAlive({ requestId: 'idle' });
      await first.kill();
      const second = await h.start();
      const end = await released(second.client, used, 20_000);
      expect(end.endReason).toBe('idle');
      const late = lateness(end, used.deadlines.idleTime);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(LATE_MS);
      await h.settled(second);
    });

    it(`on ${store.name} ends a session that nobody confirms, when that time is over`, async (t) => {
      const h = await home(t, store.url(), { confirmTimeout: '6s' });
      const first = await h.start();
      // Turns active while no call waits for it; `list` does not confirm.
      await first.client.acquire({ class: 'web', waitMs: 0, requestId: 'forgotten' });
      const active = await eventually(
        'it is active',
        async () => (await first.client.list({ phases: ['active'] })).sessions[0],
      );
      await first.kill();
      const second = await h.start();
      const end = await released(second.client, active, 20_000);
      expect(end.endReason).toBe('unconfirmed');
      const late = lateness(end, active.deadlines.confirmTime);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(LATE_MS);
      await h.settled(second);
    });

    it(`on ${store.name} takes its reserve over as it is, and starts nothing twice`, async (t) => {
      const h = await home(t, store.url());
      const first = await h.start();
      await first.client.setReserve('web', 3);
      const session = await first.client.acquire({ class: 'web' });
      const before = await h.settled(first);
      await first.kill();
      const second = await h.start();
      const after = await h.settled(second);
      expect(after.processes).toEqual(before.processes);
      expect(after.records.instances.map((i) => [i.id, i.phase])).toEqual(
        before.records.instances.map((i) => [i.id, i.phase]),
      );
      const warm = await second.client.acquire({ class: 'web' });
      expect(warm.fromReserve).toBe(true);
      expect(before.records.instances.map((i) => i.id)).toContain(warm.instance?.id);
      expect(await answers(warm)).toBe(true);
      expect(await answers(session)).toBe(true);
      await h.settled(second);
    });

    it(`on ${store.name} goes on with a session's log`, async (t) => {
      const h = await home(t, store.url());
      const first = await h.start();
      const session = await first.client.acquire({ class: 'web' });
      await first.kill();
      const second = await h.start();
      const stop = new AbortController();
      let text = '';
      const reading = (async () => {
        for await (const data of second.client.logs({ id: session.id }, { follow: true, signal: stop.signal }))
          text += Buffer.from(data).toString();
      })();
      await eventually('what was written before the kill is there', () => text.includes('listens on 127.0.0.1'));
      await second.client.release({ id: session.id });
      // With the instance ends its log.
      await reading;
      stop.abort();
      await h.settled(second);
    });
  }
});
