import { onTestFinished } from 'vitest';
import { createDirectProxy } from '../../src/adapters/direct/proxy.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import type { Caller } from '../../src/domain/caller.ts';
import { NO_QUOTA, type Quota, type Quotas } from '../../src/domain/quota.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { DAY, HOUR, SECOND } from '../../src/domain/time.ts';
import type { BanExchanging, Classes } from '../../src/engine/context.ts';
import { createEngine, type Engine, type EngineOptions } from '../../src/engine/engine.ts';
import type { AcquireInput, SessionView } from '../../src/engine/use-cases.ts';
import type { ProviderLimits } from '../../src/ports/compute-provider.ts';
import type { Store } from '../../src/ports/store.ts';
import {
  type CostlessWorld,
  createCostlessProvider,
  createCostlessWorld,
  createReadyProber,
} from './costless-provider.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { fakeIds } from './fake-ids.ts';
import { aClass, BANS } from './fixtures.ts';
import { QUIET_HOOKS } from './quiet-hooks.ts';
import { createFakeInstanceHttp, createStableProxy, type FakeInstanceHttp, type StableProxy } from './stable-proxy.ts';

export const ALICE: Caller = { tenant: 'default', role: 'client', name: 'alice' };
export const ADMIN: Caller = { tenant: 'default', role: 'admin', name: 'root' };
export const OTHER: Caller = { tenant: 'other', role: 'client', name: 'mallory' };
export const NEVER = new AbortController().signal;

/** One longer than this is no step but a test that would never end [ms of the fake clock]. */
const PATIENCE_MS = 60 * SECOND;
const STEP_MS = 20;

/** What one replica is made from; everything has a default. */
export type ReplicaOptions = Partial<
  Pick<
    EngineOptions,
    | 'maxInstances'
    | 'maxMicrosPerHour'
    | 'marketplaces'
    | 'keepEndedMs'
    | 'keepEventsMs'
    | 'mayLead'
    | 'alone'
    | 'adminSecret'
  >
> & {
  readonly replicaId?: string;
  readonly store?: Store;
  readonly banExchange?: BanExchanging;
};

export type Replica = {
  readonly engine: Engine;
  /** What its loops reported. */
  readonly errors: { readonly loop: string; readonly err: unknown }[];
  /** Instances that it warned of because they do not end, with how often their end was asked for. */
  readonly slow: (readonly [string, number])[];
  /** Class, outcome and source of each acquire that was answered. */
  readonly acquires: (readonly [string, string, string])[];
  /** Stops it as a graceful stop does: the lease is given up. */
  stop(): Promise<void>;
};

export type BedOptions = ReplicaOptions & {
  readonly classes?: readonly SessionClass[];
  /** Of every tenant; changed by `quotas.now`. Default: nothing is limited. */
  readonly quota?: Partial<Quota>;
  readonly limits?: Partial<ProviderLimits>;
};

/** The real engine on the real sqlite store in memory, with time and ids that are told, and instances that cost
 *  nothing. Everything ends with the test. */
export type EngineBed = Awaited<ReturnType<typeof engineBed>>;

export async function engineBed(o: BedOptions = {}) {
  const clock = fakeClock();
  const store = await openSqliteStore(':memory:');
  const world = createCostlessWorld({ host: '127.0.0.1', port: 9 });
  const prober = createReadyProber();
  const stable = createStableProxy();
  const instanceHttp = createFakeInstanceHttp();
  const classes = changeableClasses(o.classes ?? [aClass()]);
  const quotas: { now: Quotas } = { now: { default: { ...NO_QUOTA, ...o.quota }, tenants: new Map() } };
  const replicas = new Set<Replica>();

  onTestFinished(async () => {
    for (const r of replicas) await r.stop();
    await store.close();
  });

  async function replica(r: ReplicaOptions = {}): Promise<Replica> {
    const parts = { clock, store, world, prober, stable, instanceHttp, classes, quotas };
    const made = startReplica({ ...parts, seed: replicas.size + 1 }, { ...o, ...r });
    replicas.add(made);
    await finish(clock, made.engine.ready);
    return made;
  }

  const first = await replica();
  const { engine } = first;
  if (o.mayLead !== false) await until(clock, 'the first replica leads', () => engine.isLeading());

  return {
    clock,
    store,
    world,
    prober,
    stable,
    instanceHttp,
    classes,
    quotas,
    engine,
    replica,
    first,
    /** Steps the clock until `look` holds. */
    until: <T>(what: string, look: () => T | Promise<T>, withinMs?: number) => until(clock, what, look, withinMs),
    /** Steps the clock until `call` has settled. */
    finish: <T>(call: Promise<T>, withinMs?: number): Promise<T> => finish(clock, call, withinMs),
    /** AcquireSession, with the clock running. */
    acquire: (over: Partial<AcquireInput> = {}, caller: Caller = ALICE, signal = NEVER): Promise<SessionView> =>
      finish(clock, engine.sessions.acquire(caller, input(over), signal), HOUR),
    get: (id: string, caller: Caller = ALICE): Promise<SessionView> =>
      finish(clock, engine.sessions.get(caller, { by: 'id', id })),
    /** The session as stored: looking at it this way does not confirm it. */
    peek: async (id: string) => (await store.read([`session/${id}`]))[0]?.value as Record<string, unknown> | undefined,
    ready: (className = 'echo') => engine.mirror.pool.size(className),
    phases: (kind: 'session' | 'instance' | 'proxy') =>
      Object.fromEntries([...engine.mirror.phases(kind)].filter(([, n]) => n > 0)),
  };
}

let requests = 0;
/** What AcquireSession was asked; every one with a request_id of its own unless said. */
export const input = (over: Partial<AcquireInput> = {}): AcquireInput => ({
  requestId: `r-${++requests}`,
  name: '',
  onConflict: 'fail',
  class: 'echo',
  requirements: {},
  owner: '',
  labels: {},
  env: {},
  command: [],
  lifetimeMs: null,
  idleTimeoutMs: null,
  queueTimeoutMs: null,
  waitMs: 10 * 60 * SECOND,
  ...over,
});

type Parts = {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly world: CostlessWorld;
  readonly prober: ReturnType<typeof createReadyProber>;
  readonly stable: StableProxy;
  readonly instanceHttp: FakeInstanceHttp;
  readonly classes: Classes;
  readonly quotas: { readonly now: Quotas };
  readonly seed: number;
};

function startReplica(p: Parts, o: BedOptions): Replica {
  const errors: Replica['errors'] = [];
  const slow: Replica['slow'] = [];
  const acquires: Replica['acquires'] = [];
  const replicaId = o.replicaId ?? `replica-${p.seed}`;
  const engine = createEngine({
    store: o.store ?? p.store,
    clock: p.clock,
    ids: fakeIds(p.seed),
    classes: p.classes,
    quotas: () => p.quotas.now,
    providers: [createCostlessProvider({ world: p.world, ...(o.limits === undefined ? {} : { limits: o.limits }) })],
    marketplaces: o.marketplaces ?? [],
    bans: BANS,
    banExchange: o.banExchange ?? null,
    maxMicrosPerHour: o.maxMicrosPerHour ?? 1_000_000_000,
    proxies: [createDirectProxy(), p.stable],
    prober: p.prober,
    instanceHttp: p.instanceHttp,
    hooks: {
      ...QUIET_HOOKS,
      onAcquire: (className, outcome, source) => acquires.push([className, outcome, source]),
      onLoopError: (loop, err) => errors.push({ loop, err }),
      onSlowDestroy: (i, _forMs, requests) => slow.push([i.id, requests]),
    },
    maxInstances: o.maxInstances ?? 100,
    keepEndedMs: o.keepEndedMs ?? 24 * HOUR,
    keepEventsMs: o.keepEventsMs ?? 30 * DAY,
    activityMs: 15 * SECOND,
    leaseMs: 15 * SECOND,
    renewMs: 3 * SECOND,
    mayLead: o.mayLead ?? true,
    alone: o.alone ?? false,
    adminSecret: o.adminSecret ?? null,
    about: { version: '0', replicaId, installationId: 'bed', store: 'sqlite', startedAt: p.clock.now() },
  });
  const stopping = new AbortController();
  const running = engine.run(stopping.signal);
  return {
    engine,
    errors,
    slow,
    acquires,
    async stop() {
      stopping.abort();
      await finish(p.clock, running);
    },
  };
}

export type ChangeableClasses = ReturnType<typeof changeableClasses>;

/** Classes that a test can reload. */
export function changeableClasses(first: readonly SessionClass[]) {
  let current: ReadonlyMap<string, SessionClass> = new Map(first.map((c) => [c.name, c]));
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    current: () => current,
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changed,
    set(list: readonly SessionClass[]): void {
      current = new Map(list.map((c) => [c.name, c]));
      changed();
    },
  } satisfies Classes & { set(list: readonly SessionClass[]): void };
}

/** What `until` waits for is anything but these. */
type Truly<T> = Exclude<T, null | undefined | false>;

async function until<T>(
  clock: FakeClock,
  what: string,
  look: () => T | Promise<T>,
  withinMs = PATIENCE_MS,
): Promise<Truly<T>> {
  const deadline = clock.monotonic() + withinMs;
  for (;;) {
    await clock.settle();
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen as Truly<T>;
    if (clock.monotonic() >= deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await clock.advance(Math.min(STEP_MS, deadline - clock.monotonic()));
  }
}

async function finish<T>(clock: FakeClock, call: Promise<T>, withinMs = PATIENCE_MS): Promise<T> {
  const state = { settled: false };
  const mark = () => {
    state.settled = true;
  };
  call.then(mark, mark);
  await until(clock, 'the call is answered', () => state.settled, withinMs);
  return call;
}
