import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BerthClient, createClient, isBerthError } from '../../clients/typescript/src/client.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Broker, runBroker } from '../../src/main.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { Store } from '../../src/ports/store.ts';
import { createCostlessProvider, createCostlessWorld, createReadyProber } from '../support/costless-provider.ts';
import { eventually } from '../support/eventually.ts';
import { quotaViolations } from '../support/invariants.ts';
import { startRedis } from '../support/redis-server.ts';
import { readRecords } from '../support/store-records.ts';
import { startHome } from './served.ts';

const CALLS = 200;
const classFile = (quotas: string) => `
classes:
  web:
    provider: costless
    command: [run]
    ports: [{ name: http }]
    reserve: { target: 20, max_at_once: 20 }
quotas: ${quotas}
`;

type Bed = {
  readonly brokers: readonly Broker[];
  readonly clients: readonly BerthClient[];
  readonly store: Store;
  write(quotas: string): Promise<void>;
};

/** Whole brokers over real sockets, with instances that cost nothing. */
async function brokers(kind: 'sqlite' | 'redis', quotas: string): Promise<Bed> {
  const home = await startHome(classFile(quotas));
  onTestFinished(() => home.end());
  const parts = new AsyncDisposableStack();
  onTestFinished(() => parts.disposeAsync());
  const redis = kind === 'redis' ? await startRedis() : null;
  if (redis !== null) parts.defer(() => redis.stop());
  const world = createCostlessWorld({ host: '127.0.0.1', port: 9 });
  const stores: Store[] = [];
  const start = async (): Promise<Broker> => {
    const config = loadConfig({
      BERTH_STORE: redis?.url ?? `sqlite:${join(home.dir, 'berth.db')}`,
      BERTH_DATA_DIR: join(home.dir, 'data'),
      BERTH_INSTALLATION_ID: 'quotas',
      BERTH_CLASSES: home.classFile,
      BERTH_LISTEN: '127.0.0.1:0',
      BERTH_HTTP_LISTEN: '127.0.0.1:0',
      BERTH_MAX_INSTANCES: '1000',
    });
    const broker = await runBroker(config, {
      store(inner) {
        stores.push(inner);
        return inner;
      },
      providers: () => [createCostlessProvider({ world })],
      prober: createReadyProber(),
      log: createLogger({ level: 'silent' }),
    });
    parts.defer(() => broker.stop());
    return broker;
  };
  const all = kind === 'redis' ? [await start(), await start()] : [await start()];
  const clients = all.map((b) => createClient({ address: b.address, retryForMs: 0 }));
  for (const client of clients) parts.defer(() => client.close());
  return {
    brokers: all,
    clients,
    store: known(stores[0]),
    async write(next) {
      await writeFile(home.classFile, classFile(next));
      for (const broker of all) await broker.reload();
    },
  };
}

const known = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('no broker was started');
  return value;
};

/** So many acquires at once, spread over the brokers. */
async function storm(clients: readonly BerthClient[], calls = CALLS) {
  const asked = Array.from({ length: calls }, (_, n) => clients[n % clients.length]?.acquire({ class: 'web' }));
  const all = await Promise.allSettled(asked);
  const made = all.flatMap((r) => (r.status === 'fulfilled' && r.value !== undefined ? [r.value] : []));
  const refused = all.flatMap((r) => (r.status === 'rejected' && isBerthError(r.reason) ? [r.reason] : []));
  expect(made.length + refused.length).toBe(calls);
  return { made, refused };
}

const sessionsOf = async (client: BerthClient | undefined) =>
  (await client?.quotas('default'))?.[0]?.uses.find((u) => u.name === 'sessions');

describe.each(['sqlite', 'redis'] as const)('many acquires of one tenant at once on %s', (kind) => {
  it('make exactly as many sessions as its quota says, and the counters stay exact', async () => {
    const bed = await brokers(kind, '{ default: { sessions: 10 } }');
    const [client] = bed.clients;
    const { made, refused } = await storm(bed.clients);
    expect(new Set(made.map((s) => s.id)).size).toBe(10);
    expect(made.every((s) => s.phase === 'active')).toBe(true);
    for (const err of refused) {
      expect(err).toMatchObject({
        code: 'resource-exhausted',
        reason: 'QUOTA_EXCEEDED',
        metadata: { tenant: 'default', quota: 'sessions', limit: '10', used: '10' },
        quota: [{ subject: 'tenant:default', description: 'sessions: 10 of 10 in use' }],
        retryAfterMs: null,
      });
    }
    expect(await sessionsOf(client)).toEqual({ name: 'sessions', used: 10, limit: 10 });
    expect(quotaViolations(await readRecords(bed.store))).toEqual([]);

    await bed.write('{ default: { sessions: none }, tenants: { default: { sessions: 12 } } }');
    expect((await storm(bed.clients, 20)).made).toHaveLength(2);
    await bed.write('{ default: { sessions: 1 } }');
    expect(await sessionsOf(client)).toEqual({ name: 'sessions', used: 12, limit: 1 });
    expect((await storm(bed.clients, 4)).made).toHaveLength(0);

    // Released through both at once, each twice: given back once.
    const ids: string[] = [];
    for await (const s of client?.listAll() ?? []) ids.push(s.id);
    await Promise.all([...ids, ...ids].map((id, n) => bed.clients[n % bed.clients.length]?.release({ id })));
    expect(await sessionsOf(client)).toEqual({ name: 'sessions', used: 0, limit: 1 });
    expect((await storm(bed.clients, 4)).made).toHaveLength(1);
    expect(quotaViolations(await readRecords(bed.store))).toEqual([]);

    const metrics = await (await fetch(`http://${bed.brokers[0]?.httpAddress}/metrics`)).text();
    expect(metrics).toMatch(/berth_acquires_total\{class="web",outcome="over-quota",source="none"\} [1-9]/);
  });

  it('are slowed to the rate of its quota, and told when to come again', async () => {
    const bed = await brokers(kind, '{ default: { acquires_per_minute: 60, burst: 5 } }');
    const { made, refused } = await storm(bed.clients, 50);
    // On a slow machine a second may pass in between, and let another in.
    expect(made.length).toBeGreaterThanOrEqual(5);
    expect(made.length).toBeLessThan(15);
    const [err] = refused;
    expect(err).toMatchObject({
      code: 'resource-exhausted',
      reason: 'QUOTA_EXCEEDED',
      metadata: { quota: 'acquires-per-minute', limit: '5', used: '5' },
    });
    expect(err?.retryAfterMs).toBeGreaterThan(0);
    const again = await eventually('there is room again', () =>
      bed.clients[0]?.acquire({ class: 'web' }).catch(() => null),
    );
    expect(again.phase).toBe('active');
    expect(quotaViolations(await readRecords(bed.store))).toEqual([]);
  });
});
