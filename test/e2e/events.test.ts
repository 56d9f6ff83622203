import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BerthClient, createClient } from '../../clients/typescript/src/client.ts';
import type { BerthEvent } from '../../clients/typescript/src/types-admin.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type RedisServer, startRedis } from '../support/redis-server.ts';
import { type Served, serve, startHome } from './served.ts';

const CLASSES = `
classes:
  echo:
    command: ["{{node}}", "{{berth}}/echo/server.cjs"]
    ports: [{ name: http }]
    proxy: direct
    readiness: { http: { path: /healthz }, interval: 100ms }
`;

const told = (e: BerthEvent): string =>
  [e.kind, `${e.before}>${e.after}`, e.actor, e.reason].filter((part) => part !== '').join(' ');

/** The story of one session as the log has it. */
const LIFE = [
  'session >queued local',
  'session queued>starting queue',
  'instance >intended queue',
  'instance intended>requested instances',
  'instance requested>booting instances',
  'instance booting>ready instances',
  'session starting>active sessions',
  'instance ready>bound sessions',
  'session active>releasing local client',
  'instance bound>destroying sessions released',
  'session releasing>released sessions client',
  'instance destroying>gone instances released',
];

const ENDS = ['session releasing>released sessions client', 'instance destroying>gone instances released'];

/** Acquired and released, and everything of it gone. */
async function live(client: BerthClient): Promise<string> {
  const { id } = await client.acquire({ class: 'echo' });
  await client.release({ id });
  await eventually('all of it is gone', async () => {
    const { events } = await client.events({ sessionId: id, pageSize: 1_000 });
    const all = events.map(told);
    return [...ENDS, 'proxy deleting>gone proxies'].every((end) => all.includes(end));
  });
  return id;
}

async function story(client: BerthClient, sessionId: string): Promise<readonly string[]> {
  const { events } = await client.events({ sessionId, kinds: ['session', 'instance'], pageSize: 1_000 });
  return events.map(told);
}

/** What one client is told from now on, until `stop`. */
function watching(client: BerthClient, afterId: string) {
  const stop = new AbortController();
  const seen: BerthEvent[] = [];
  const ended = (async () => {
    for await (const event of client.watchEvents({ afterId, signal: stop.signal })) seen.push(event);
  })().catch((err: unknown) => {
    if (!stop.signal.aborted) throw err;
  });
  return {
    seen,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

describe.each(['sqlite', 'redis'])('The event log on %s', (kind) => {
  let redis: RedisServer | null = null;
  let home: Awaited<ReturnType<typeof startHome>>;
  let env: Record<string, string>;
  const running: Served[] = [];
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<Served> => {
    const berth = await serve({ ...env, ...more });
    running.push(berth);
    return berth;
  };

  beforeAll(async () => {
    if (kind === 'redis') redis = await startRedis();
  });
  afterAll(() => redis?.stop());
  beforeEach(async ({ task }) => {
    home = await startHome(CLASSES);
    const prefix = `t${task.id.replaceAll(/[^a-z0-9]/g, '')}`;
    const store = redis === null ? {} : { BERTH_STORE: redis.url, BERTH_REDIS_PREFIX: prefix };
    env = {
      BERTH_DATA_DIR: home.dir,
      BERTH_CLASSES: home.classFile,
      BERTH_LEASE: '4s',
      BERTH_LEASE_RENEW: '1s',
      ...store,
    };
  });
  afterEach(async () => {
    for (const berth of running.splice(0)) await berth.stop();
    await home.end();
  });

  it('tells the whole story of a session in its order, and still does after a restart', async () => {
    const first = await start();
    await first.client.setReserve('echo', 0);
    const id = await live(first.client);
    const own = await story(first.client, id);
    // What ends, ends side by side: the session and its instance in either order.
    expect(own.slice(0, -3)).toEqual(LIFE.slice(0, -3));
    expect(own.slice(-3).sort()).toEqual(LIFE.slice(-3).sort());
    const before = await first.client.events({ pageSize: 1_000 });
    expect(before.events[0]).toMatchObject({
      kind: 'reserve',
      subject: 'echo',
      before: '',
      after: '0',
      actor: 'local',
    });
    const times = before.events.map((e) => e.time?.getTime() ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    await first.stop();

    const second = await start();
    expect((await second.client.events({ pageSize: 1_000 })).events).toEqual(before.events);
    await second.client.setReserve('echo', null);
    const later = await second.client.events({ afterId: before.lastId });
    expect(later.events.map(told)).toEqual(['reserve 0> local']);
    const since = new Date(later.events[0]?.time ?? 0);
    expect((await second.client.events({ since, kinds: ['reserve'] })).events.map(told)).toEqual(['reserve 0> local']);
  });

  it('keeps about as many events as it is told to, the newest, and no watch misses one that was told in time', async () => {
    const berth = await start({ BERTH_MAX_EVENTS: '1000' });
    const watch = watching(berth.client, '0');
    const begin = (await berth.client.setReserve('echo', 0)).setTime;
    for (let i = 0; i < 1_150; i++) await berth.client.setReserve('echo', 0);
    await eventually('all was told', () => watch.seen.length === 1_151);
    await watch.stop();
    expect(watch.seen[0]?.time).toEqual(begin);
    const first = await berth.client.events({ afterId: '0', pageSize: 1_000 });
    const rest = await berth.client.events({ afterId: first.lastId, pageSize: 1_000 });
    const kept = [...first.events, ...rest.events];
    expect(kept.length).toBeGreaterThanOrEqual(1_000);
    expect(kept.length).toBeLessThanOrEqual(1_200);
    expect(kept).toEqual(watch.seen.slice(-kept.length));
  });

  it('is watched through a restart, and nothing is left out', async () => {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const first = await start({ BERTH_LISTEN: address });
    const client = createClient({ address, retryForMs: 30_000 });
    const watch = watching(client, '0');
    await live(client);
    await first.stop();
    await start({ BERTH_LISTEN: address });
    await client.setReserve('echo', 0);
    await live(client);
    const { events } = await client.events({ afterId: '0', pageSize: 1_000 });
    await eventually('all was told', () => watch.seen.length >= events.length, 30_000);
    expect(watch.seen.slice(0, events.length)).toEqual(events);
    await watch.stop();
    client.close();
  });

  if (kind === 'redis')
    it('is watched on one replica while another does the work', async () => {
      const leader = await start();
      const other = await start({ BERTH_LEAD: 'false' });
      const { lastId } = await other.client.events({ pageSize: 1 });
      const watch = watching(other.client, lastId);
      const id = await live(leader.client);
      await leader.client.setReserve('echo', 0);
      const { events } = await leader.client.events({ afterId: lastId, pageSize: 1_000 });
      await eventually('the other replica told all', () => watch.seen.length >= events.length);
      expect(watch.seen.slice(0, events.length)).toEqual(events);
      expect(watch.seen.some((e) => e.subject === id && e.after === 'released')).toBe(true);
      expect((await other.client.events({ afterId: lastId, pageSize: 1_000 })).events).toEqual(
        (await leader.client.events({ afterId: lastId, pageSize: 1_000 })).events,
      );
      await watch.stop();
    });
});
