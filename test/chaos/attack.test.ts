import { describe, expect, it, onTestFinished } from 'vitest';
import { type BerthClient, createClient, isBerthError, type Session } from '../../clients/typescript/src/client.ts';
import type { BrokerProcess } from '../support/broker-process.ts';
import { type ChaosHome, openHome } from '../support/chaos-home.ts';
import { eventually } from '../support/eventually.ts';
import { answers } from '../support/measured.ts';
import { freePort, startRedis } from '../support/redis-server.ts';

const WAITERS = 200;
const WATCHERS = 200;
const CALLERS = 1_000;
const CAP = 50;
const RESERVE = 20;

async function home(env: Readonly<Record<string, string>>, redis?: string): Promise<ChaosHome> {
  const opened = await openHome({ env, ...(redis === undefined ? {} : { redis }) });
  onTestFinished(() => opened.end());
  return opened;
}

function client(address: string, options: { retryForMs?: number } = {}): BerthClient {
  const made = createClient({ address, ...options });
  onTestFinished(() => made.close());
  return made;
}

describe('A broker that is stopped while hundreds wait', () => {
  it('answers each of 200 acquires and 200 watches UNAVAILABLE with a time to retry within 2 s, and their retries meet the same sessions', async () => {
    const port = await freePort();
    const h = await home({ BERTH_MAX_INSTANCES: '2', BERTH_LISTEN: `127.0.0.1:${port}` });
    const first = await h.start();
    const held = [await first.client.acquire({ class: 'web' }), await first.client.acquire({ class: 'web' })];
    const waiters = Array.from({ length: WAITERS }, (_, n) => `waiter-${n}`);
    const plain = client(first.address, { retryForMs: 0 });
    const patient = client(first.address);
    const refusals = waiters.map((requestId) => refusal(plain.acquire({ class: 'web', requestId })));
    const seen = new Set<number>();
    const watches = Array.from({ length: WATCHERS }, (_, n) =>
      refusal(
        (async () => {
          // A single stream, since the client's own watch goes on after a break.
          for await (const _s of plain.watch({ id: held[n % 2]?.id ?? '' }, { retryForMs: 0 })) seen.add(n);
        })(),
      ),
    );
    await eventually(
      'all wait',
      async () => (await first.client.status()).sessions.queued === WAITERS && seen.size === WATCHERS,
      30_000,
    );
    const ids = new Map((await all(first.client)).map((s) => [s.requestId, s.id]));

    const from = performance.now();
    first.signal('SIGTERM');
    const ended = await Promise.all([...refusals, ...watches]);
    const tookMs = performance.now() - from;
    await first.ended;
    const stoppedMs = performance.now() - from;
    console.log(
      `stop under ${ended.length} open calls: all ended after ${Math.round(tookMs)} ms, the broker after ${Math.round(stoppedMs)} ms`,
    );
    for (const err of ended)
      expect(err).toMatchObject({ code: 'unavailable', reason: 'BROKER_STOPPING', retryAfterMs: expect.any(Number) });
    expect(tookMs).toBeLessThan(2_000);
    for (const s of held) expect(await answers(s)).toBe(true);

    const second = await h.start();
    const retried = await Promise.all(
      waiters.map((requestId) => patient.acquire({ class: 'web', requestId, waitMs: 0 })),
    );
    for (const s of retried) expect(s.id).toBe(ids.get(s.requestId));
    for (const s of await all(second.client)) await second.client.release({ id: s.id });
    await h.settled(second, 60_000);
  });
});

/** How many brokers share the store, and how many connections the callers have to each. */
const CROWDS = [
  { name: 'over one connection', brokers: 1, connections: 1 },
  { name: 'over 50 connections', brokers: 1, connections: 50 },
  { name: 'over 25 connections to each of two brokers on one Redis', brokers: 2, connections: 25 },
] as const;

type Crowd = (typeof CROWDS)[number];

describe('1,000 acquires at once, for a reserve of 20 and a cap of 50 instances,', () => {
  for (const crowd of CROWDS)
    it(`${crowd.name} end in a session of its own or an honest error`, async () => {
      const { h, brokers } = await startCrowded(crowd);
      const [broker] = brokers;
      await broker.client.setReserve('web', RESERVE);
      for (const b of brokers) await h.settled(b, 60_000);
      const { sessions, errors } = await rush(crowd, brokers);
      for (const s of sessions) expect(s.phase).toBe('active');
      for (const err of errors) expect(err).toMatchObject({ code: 'resource-exhausted', reason: 'QUEUE_TIMEOUT' });
      // Nobody had a session that another has, and nothing stayed unused while others were refused.
      expect(new Set(sessions.map((s) => s.instance?.id)).size).toBe(CAP);
      expect(sessions.length).toBe(CAP);
      expect(errors.length).toBe(CALLERS - CAP);
      expect((await h.picture(broker)).records.counted).toBe(CAP);
      for (const s of sessions) expect(await answers(s)).toBe(true);
      await broker.client.setReserve('web', 0);
      for (const s of await all(broker.client)) await broker.client.release({ id: s.id });
      await h.settled(broker, 60_000);
    });
});

type Brokers = readonly [BrokerProcess, ...BrokerProcess[]];

async function startCrowded(crowd: Crowd): Promise<{ h: ChaosHome; brokers: Brokers }> {
  const redis = crowd.brokers > 1 ? await startRedis() : null;
  if (redis !== null) onTestFinished(() => redis.stop());
  const h = await home({ BERTH_MAX_INSTANCES: String(CAP) }, redis?.url);
  const first = await h.start();
  const more: BrokerProcess[] = [];
  for (let n = 1; n < crowd.brokers; n++) more.push(await h.start());
  return { h, brokers: [first, ...more] };
}

async function rush(crowd: Crowd, brokers: Brokers): Promise<{ sessions: Session[]; errors: unknown[] }> {
  const clients = brokers.flatMap((b) =>
    Array.from({ length: crowd.connections }, () => client(b.address, { retryForMs: 0 })),
  );
  const from = performance.now();
  const callers = Array.from({ length: CALLERS }, (_, n) => outcome(clients[n % clients.length] ?? brokers[0].client));
  const outcomes = await Promise.all(callers);
  const took = Math.round(performance.now() - from);
  const sessions = outcomes.filter((o) => 'session' in o).map((o) => o.session);
  const errors = outcomes.filter((o) => 'err' in o).map((o) => o.err);
  const warm = sessions.filter((s) => s.fromReserve).length;
  console.log(
    `${CALLERS} acquires ${crowd.name}: ${sessions.length} sessions (${warm} from the reserve), ${errors.length} refused, after ${took} ms`,
  );
  return { sessions, errors };
}

/** Waits a little for capacity, so that those who get none hear so. */
async function outcome(of: BerthClient): Promise<{ session: Session } | { err: unknown }> {
  try {
    return { session: await of.acquire({ class: 'web', queueTimeoutMs: 15_000 }) };
  } catch (err) {
    if (!isBerthError(err)) throw err;
    return { err };
  }
}

const refusal = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => ({ answered: value }),
    (err: unknown) => err,
  );

async function all(of: BerthClient): Promise<Session[]> {
  const found: Session[] = [];
  for await (const s of of.listAll({ pageSize: 1_000 })) found.push(s);
  return found;
}
