import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisStore } from '../../src/adapters/redis/store.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { MachineRecord } from '../../src/domain/host-registry.ts';
import { NO_QUOTA } from '../../src/domain/quota.ts';
import { NO_HISTORY, type StartHistory, withRecent } from '../../src/domain/reserve.ts';
import type { EngineHooks } from '../../src/engine/hooks.ts';
import { createRegistry } from '../../src/engine/market/registry.ts';
import { createFollower } from '../../src/engine/records/follow.ts';
import { createLedger } from '../../src/engine/records/ledger.ts';
import { createMirror, type Mirror } from '../../src/engine/records/mirror.ts';
import { KEY } from '../../src/engine/records/records.ts';
import type { Expect, Store } from '../../src/ports/store.ts';
import { anInstance, BANS, instanceId } from '../support/fixtures.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

const clock = createSystemClock();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let stores = 0;
const STORES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['sqlite', () => openSqliteStore(':memory:')],
  ['Redis', () => openRedisStore({ url: redis.url, clock, prefix: `r${++stores}` })],
];

const nothing = (): undefined => undefined;
const booting = anInstance('booting', { for: null });
const failed = anInstance('destroying', { for: null, why: 'create-failed', detail: 'no space left', cause: 'pull' });
const FENCE: Expect = { key: KEY.epoch, revision: 1 };

/** A leader of epoch 1 with one booting instance. */
async function leader(open: () => Promise<Store>) {
  const store = await open();
  onTestFinished(() => store.close());
  const mirror = createMirror();
  const banned: string[] = [];
  const hooks: EngineHooks = {
    onTransition: nothing,
    onAcquire: nothing,
    onLoopPass: nothing,
    onLoopError: nothing,
    onLeader: nothing,
    onBeforeEnd: nothing,
    onOrphan: nothing,
    onSlowDestroy: nothing,
    onBan: (provider, kind, id, { reason }) => banned.push(`${provider} ${kind} ${id} ${reason}`),
  };
  const caps = { instances: () => 9, microsPerHour: () => 1_000_000_000 };
  const ledger = createLedger({ store, mirror, clock, hooks, caps, anchor: () => [], quotaOf: () => NO_QUOTA });
  const histories = new Map<string, StartHistory>();
  const of = (name: string): StartHistory => histories.get(name) ?? NO_HISTORY;
  const registry = createRegistry(
    { mirror, clock, bans: BANS, hooks },
    { of, started: (name, start) => histories.set(name, withRecent(of(name), start)) },
  );
  await store.commit({ put: [{ key: KEY.epoch, was: 0, value: { v: 1 } }] });
  await store.commit({ put: [{ key: KEY.instance(booting.id), was: 0, value: { v: 1, ...booting } }] });
  return { store, mirror, banned, registry, ledger, fail: () => fail(ledger, registry) };
}

/** As the loop of instances commits it. */
async function fail(ledger: ReturnType<typeof createLedger>, registry: ReturnType<typeof createRegistry>) {
  const { put, index, events, taken } = registry.learn(booting, failed);
  const changes = [{ kind: 'instance' as const, before: booting, after: failed }];
  const result = await ledger.commit({ changes, put, index, events, expect: [FENCE], by: 'instances' });
  if (result.committed) taken();
  return result;
}

const followerOf = (store: Store, mirror: Mirror) =>
  createFollower({
    store,
    mirror,
    clock,
    installationId: 'bed',
    newLife: () => ({ life: 'life-1', revision: 1 }),
    putBack: async () => undefined,
    onError: nothing,
  });

const MACHINE = KEY.machine('costless', 'm1');
const machineIn = async (store: Store) => (await store.read([MACHINE]))[0]?.value as MachineRecord | undefined;
const phaseIn = async (store: Store) =>
  ((await store.read([KEY.instance(booting.id)]))[0]?.value as { phase?: string } | undefined)?.phase;

describe.each(STORES)('A ban on %s', (_, open) => {
  it('is written with the failure that led to it, and is found by whoever starts anew', async () => {
    const { store, fail, banned } = await leader(open);
    expect(await fail()).toMatchObject({ committed: true });
    expect(await phaseIn(store)).toBe('destroying');
    expect(await machineIn(store)).toMatchObject({ ban: { reason: 'pull-failed' }, host: 'h1' });
    expect(banned).toEqual(['costless machine m1 pull-failed']);
    expect((await store.events({ by: 'after', id: '', limit: 10 })).map((l) => JSON.parse(l.line).kind)).toEqual([
      'instance',
      'host',
    ]);
    const later = createMirror();
    await followerOf(store, later).resync();
    expect(later.machine('costless', 'm1')).toMatchObject({ ban: { reason: 'pull-failed' } });
    expect(later.host('costless', 'h1')).toMatchObject({ ban: null, banned: [{ machine: 'm1' }] });
  });

  it('is counted once for its host, however many instances fail on the machine', async () => {
    const { store, fail, mirror, registry } = await leader(open);
    await fail();
    const before = mirror.host('costless', 'h1');
    const again = registry.learn({ ...booting, id: instanceId(2) }, { ...failed, id: instanceId(2) });
    expect(again.put.map((p) => p.key)).toEqual([MACHINE]);
    expect(again.events).toEqual([]);
    expect((await store.read([KEY.host('costless', 'h1')]))[0]?.value).toMatchObject({ banned: before?.banned });
  });

  it('is not written, nor is anything told, where another leads by now', async () => {
    const { store, fail, mirror, banned } = await leader(open);
    await store.commit({ put: [{ key: KEY.epoch, was: 1, value: { v: 1 } }] });
    expect(await fail()).toMatchObject({ committed: false, why: { kind: 'revision', key: KEY.epoch } });
    expect([await phaseIn(store), await machineIn(store)]).toEqual(['booting', undefined]);
    expect([mirror.machine('costless', 'm1'), banned]).toEqual([undefined, []]);
  });

  it('does not write over what an admin said a moment before: both are kept at the second look', async () => {
    const { store, fail, mirror, banned } = await leader(open);
    const ban = { at: clock.now(), until: clock.now() + 1e9, reason: 'admin', evidence: 'noisy', by: 'root' };
    const said = { provider: 'costless', machine: 'm1', host: 'h1', ban, starts: [], losses: [] };
    await store.commit({
      put: [{ key: MACHINE, was: 0, value: { v: 1, ...said } }],
      index: [{ set: 'settings', member: MACHINE, score: 0 }],
    });
    expect(await fail()).toMatchObject({ committed: false, why: { kind: 'revision', key: MACHINE } });
    expect(await phaseIn(store)).toBe('booting');
    await followerOf(store, mirror).refresh(MACHINE);
    expect(await fail()).toMatchObject({ committed: true });
    expect(await phaseIn(store)).toBe('destroying');
    expect(await machineIn(store)).toMatchObject({ ban: { reason: 'admin', evidence: 'noisy' } });
    expect(banned).toEqual([]);
  });
});
