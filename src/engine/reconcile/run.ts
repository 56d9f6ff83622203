import { type InstanceId, isInstanceId, type ProxyId, type SessionId } from '../../domain/ids.ts';
import type { Offer } from '../../domain/offer.ts';
import type { EngineContext } from '../context.ts';
import type { Transition } from '../hooks.ts';
import type { Term } from '../lead/leader.ts';
import { runLoop } from '../lead/loop.ts';
import type { Loops } from '../lead/loops.ts';
import { createObserver, type ProviderObserver } from '../lead/observer.ts';
import { createPacer } from '../lead/pacer.ts';
import { createWorkqueue, type Workqueue } from '../lead/workqueue.ts';
import { createRegistry } from '../market/registry.ts';
import { beyondCaps, type Caps, correctCaps } from '../money/caps.ts';
import { dropOldCosts } from '../money/costs.ts';
import type { MoneyWatch } from '../money/money.ts';
import { createActivityWatch } from './activity.ts';
import { lookAtBans } from './bans.ts';
import { dropEnded } from './ended.ts';
import type { HistoryKeeper } from './history.ts';
import { type InstanceDeps, lookAtInstance } from './instances.ts';
import { createLeak } from './leak.ts';
import { lookAtMarket } from './market.ts';
import { dropOldEvents } from './old-events.ts';
import { collectLeftBehind, collectOrphanProxies, createOrphanCollector } from './orphans.ts';
import { createProbes } from './probes.ts';
import { lookAtProxy } from './proxies.ts';
import { lookAtQueue } from './queue.ts';
import { lookAtReserve } from './reserve.ts';
import type { Refusals } from './room.ts';
import { createSaver } from './save.ts';
import { lookAtSession } from './sessions.ts';
import { createSpread } from './spread.ts';
import { createTemplateWatch } from './templates.ts';

const BACKOFF_MS = 500;
const ENDED_MS = 10_000;
const ORPHANS_MS = 60_000;
const HISTORY_MS = 1_000;
/** A blacklist that is away need not be asked for more often. */
const HOSTS_BACKOFF_MS = 15_000;
const MONEY_MS = 10_000;
/** How soon a jump of the clock is noticed. */
const JUMP_MS = 1_000;
/** Sessions and proxies wait for the store only; instances also for a provider or a probe. */
const CONCURRENCY = { sessions: 256, instances: 64, proxies: 64, classes: 4 };

export type Reconciler = {
  readonly ctx: EngineContext;
  readonly history: HistoryKeeper;
  readonly caps: Caps;
  readonly loops: Loops;
  /** Filled while leading, for GetStatus. */
  readonly observers: Map<string, ProviderObserver>;
  readonly money: MoneyWatch;
  /** Tells of committed changes of phase, own ones only. Returns its end. */
  readonly onTransition: (listener: (t: Transition) => void) => () => void;
};

/** Everything that the leader does, until its term ends. */
export async function reconcile(r: Reconciler, term: Term): Promise<void> {
  const { ctx, loops } = r;
  const { clock, mirror } = ctx;
  const { signal } = term;
  const offers = new Map<InstanceId, Offer>();
  const capped = new Set<string>();
  const refusals: Refusals = new Map();
  const probes = createProbes(ctx);
  const destroys: InstanceDeps['destroys'] = new Map();

  function queue<K extends string>(name: keyof typeof NAMES, concurrency: number, look: Look<K>): Workqueue<K> {
    return createWorkqueue<K>({
      clock,
      concurrency,
      backoffMs: BACKOFF_MS,
      look,
      onPass: () => loops.passed(name),
      onError: (err, key) => loops.failed(name, err, { [NAMES[name]]: key }),
    });
  }

  const wakeSession = (id: SessionId): void => sessions.wake(id);
  const activity = createActivityWatch(ctx, term, wakeSession);
  const saver = createSaver(ctx, wakeSession, signal);
  const sessionDeps = { ctx, term, activity, saver, refusals };
  const sessions = queue<SessionId>('sessions', CONCURRENCY.sessions, (id) => lookAtSession(sessionDeps, id));
  const proxies = queue<ProxyId>('proxies', CONCURRENCY.proxies, (id, s) => lookAtProxy({ ctx, term, probes }, id, s));
  const registry = createRegistry(ctx, r.history);
  const pacer = createPacer(clock, (key) => {
    // A stranger waits for its turn by itself.
    if (isInstanceId(key) && mirror.instance(key) !== undefined) instances.wake(key);
  });
  const beyond = new Set<InstanceId>();
  const instanceDeps = { ctx, term, observers: r.observers, probes, registry, pacer, offers, destroys, beyond };
  const instances = queue<InstanceId>('instances', CONCURRENCY.instances, (id, s) =>
    lookAtInstance(instanceDeps, id, s),
  );
  const later = (name: string) => (err?: unknown) => {
    if (err === undefined) waiting.wake(name);
    else if (!signal.aborted) loops.failed('queue', err, { class: name });
  };
  const queueDeps = { ctx, term, offers, capped, refusals, later, history: r.history };
  const waiting = queue<string>('queue', CONCURRENCY.classes, (name, s) => lookAtQueue(queueDeps, name, s));
  const reserveDeps = { ctx, term, offers, history: r.history, capped };
  const reserve = queue<string>('reserve', CONCURRENCY.classes, (name, s) => lookAtReserve(reserveDeps, name, s));
  const market = queue<string>('market', CONCURRENCY.classes, (id, s) => lookAtMarket({ ctx, term }, id, s));

  const wakeObserver = (provider: string) => r.observers.get(provider)?.wake();
  const spread = createSpread(ctx, { sessions, instances, proxies, queue: waiting, reserve, market, wakeObserver });
  const watchers = [...ctx.providers.values()].map((provider) => {
    const orphans = createOrphanCollector(ctx, term, pacer, () => r.observers.get(provider.name));
    const observer = createObserver({
      provider,
      clock,
      isBusy: () => isBusy(ctx, provider.name),
      onList: (owned) => {
        spread.listed(observer, owned);
        r.money.listed(provider.name, owned);
        void orphans.collect(owned, signal).catch((err: unknown) => loops.failed('orphans', err, {}));
      },
    });
    r.observers.set(provider.name, observer);
    return observer;
  });

  const loop = (
    name: Parameters<Loops['passed']>[0],
    pass: (s: AbortSignal) => Promise<number>,
    backoffMs = BACKOFF_MS,
  ) =>
    runLoop(
      async (s) => {
        const pause = await pass(s);
        loops.passed(name);
        return pause;
      },
      { clock, backoffMs, onError: (err) => loops.failed(name, err, {}) },
      signal,
    );

  /** Looks wait by a clock that never jumps: when the clock of record has, all are due at another time. */
  let steadySince = clock.steadySince();
  function afterJump(): number {
    const since = clock.steadySince();
    if (since !== steadySince) spread.all();
    steadySince = since;
    return JUMP_MS;
  }

  // What the store had may be ahead of the mirror: a new leader begins from all of it.
  await ctx.follower.resync();
  await correctCaps(ctx, ctx.providers.keys(), term);
  for (const id of beyondCaps(mirror.all('instance'), r.caps)) beyond.add(id);
  r.money.begin(destroys);
  const unlisten = mirror.listen(spread.changed);
  const unlearn = r.onTransition((t) => {
    const learnt = r.history.learn(t);
    if (learnt !== null) reserve.wake(learnt);
  });
  const unwatch = ctx.classes.onChange(spread.classes);
  spread.all();
  const rates = createLeak(ctx, term);
  const templates = createTemplateWatch(ctx, term);
  try {
    await Promise.all([
      sessions.run(signal),
      loop('sessions', async () => afterJump()),
      instances.run(signal),
      proxies.run(signal),
      waiting.run(signal),
      reserve.run(signal),
      market.run(signal),
      ...watchers.map((o) => loop('observer', (s) => o.pass(s))),
      loop('activity', (s) => activity.pass(s)),
      loop('ended', async () => {
        await dropOldEvents(ctx);
        await dropOldCosts(ctx, term);
        return dropEnded(ctx, term, ENDED_MS);
      }),
      loop('quotas', rates.pass),
      loop('money', async (s) => {
        await r.money.pass(s);
        return MONEY_MS;
      }),
      loop('orphans', async (s) => {
        await collectLeftBehind(ctx, term);
        await collectOrphanProxies(ctx, s);
        return ORPHANS_MS;
      }),
      loop('history', async () => {
        await r.history.flush(term);
        return HISTORY_MS;
      }),
      loop('templates', (s) => templates.pass(s)),
      loop('hosts', (s) => lookAtBans({ ctx, term }, s), HOSTS_BACKOFF_MS),
    ]);
  } finally {
    unlisten();
    unlearn();
    unwatch();
    rates.end();
    await activity.ended();
    r.observers.clear();
    r.money.end();
  }
}

type Look<K> = (key: K, signal: AbortSignal) => Promise<number | null>;

/** The field that a key of the loop is logged as. */
const NAMES = {
  sessions: 'sessionId',
  instances: 'instanceId',
  proxies: 'proxyId',
  queue: 'class',
  reserve: 'class',
  market: 'market',
} as const;

/** Phases in which fresh lists are wanted. One that is only intended is in none. */
const MOVING: ReadonlySet<string> = new Set(['requested', 'booting', 'destroying']);

function isBusy({ mirror }: EngineContext, provider: string): boolean {
  const phases = mirror.phases('instance');
  // The counts are at hand, the records of one provider are not.
  if (![...MOVING].some((p) => (phases.get(p) ?? 0) > 0)) return false;
  for (const i of mirror.all('instance')) if (i.provider === provider && MOVING.has(i.phase)) return true;
  return false;
}
