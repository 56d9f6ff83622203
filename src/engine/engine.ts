import type { BanPolicy } from '../domain/host-registry.ts';
import { quotaOf } from '../domain/quota.ts';
import type { Clock } from '../ports/clock.ts';
import type { ComputeProvider } from '../ports/compute-provider.ts';
import type { Ids } from '../ports/ids.ts';
import type { InstanceHttp } from '../ports/instance-http.ts';
import type { Marketplace } from '../ports/marketplace.ts';
import type { Prober } from '../ports/prober.ts';
import type { SessionProxy } from '../ports/session-proxy.ts';
import type { Store } from '../ports/store.ts';
import { createAdmin } from './calls/admin.ts';
import { bannedNow } from './calls/hosts.ts';
import { ended } from './calls/release.ts';
import { createSessions } from './calls/sessions.ts';
import { createTokens } from './calls/tokens.ts';
import type { BanExchanging, Classes, CurrentQuotas, EngineContext } from './context.ts';
import type { EngineHooks, Transition } from './hooks.ts';
import { runLeader } from './lead/leader.ts';
import { createLoops } from './lead/loops.ts';
import type { ProviderObserver } from './lead/observer.ts';
import { createMarket } from './market/market.ts';
import { createTemplates } from './market/templates.ts';
import type { Caps } from './money/caps.ts';
import { createMoneyWatch, type ProviderMoney } from './money/money.ts';
import { createHistoryKeeper } from './reconcile/history.ts';
import { reconcile } from './reconcile/run.ts';
import { createAccess } from './records/access.ts';
import { createFollower } from './records/follow.ts';
import { createLedger } from './records/ledger.ts';
import { createMirror, type Mirror } from './records/mirror.ts';
import { putBack } from './records/put-back.ts';
import { createQueueNews } from './records/queue-news.ts';
import type { AdminUseCases, Authenticator, ReserveView, SessionUseCases } from './use-cases.ts';

export type EngineOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly classes: Classes;
  readonly quotas: CurrentQuotas;
  readonly providers: readonly ComputeProvider[];
  readonly marketplaces: readonly Marketplace[];
  readonly bans: BanPolicy;
  /** The blacklist of the provisioner that berth replaces; null or absent: there is none. */
  readonly banExchange?: BanExchanging | null;
  readonly proxies: readonly SessionProxy[];
  readonly prober: Prober;
  readonly instanceHttp: InstanceHttp;
  readonly hooks: EngineHooks;
  /** Cap on instances of each provider. */
  readonly maxInstances: number;
  /** Cap on the price per hour of all instances of each provider. */
  readonly maxMicrosPerHour: number;
  /** How long a released session is kept [ms]. */
  readonly keepEndedMs: number;
  /** How long the event log reaches back [ms]. */
  readonly keepEventsMs: number;
  /** How often is looked whether sessions are used [ms]. */
  readonly activityMs: number;
  readonly leaseMs: number;
  readonly renewMs: number;
  /** Whether this replica may lead; another must, then. */
  readonly mayLead: boolean;
  /** Whether no other broker can be at this store, so that any lease in it is a dead one's. Default: false. */
  readonly alone?: boolean;
  readonly adminSecret: string | null;
  readonly about: {
    readonly version: string;
    readonly replicaId: string;
    readonly installationId: string;
    readonly store: string;
    readonly startedAt: number;
  };
};

/** The broker without its edges. */
export type Engine = {
  readonly sessions: SessionUseCases;
  readonly admin: AdminUseCases;
  readonly auth: Authenticator;
  readonly mirror: Mirror;
  /** For the gauges. */
  reserves(): readonly ReserveView[];
  /** For the gauges: what is paid at each provider now. */
  money(): readonly ProviderMoney[];
  /** For the gauges: how many machines and hosts are banned at each provider now. */
  banned(): ReturnType<typeof bannedNow>;
  /** Whether the store was read once and this replica can serve. */
  isReady(): boolean;
  isLeading(): boolean;
  /** Resolves when the store was read once. @throws BrokerError when it is another installation's: then nothing is led */
  readonly ready: Promise<void>;
  /** Ends every living session and gives the reserve back; resolves when that is done or `signal` aborts. */
  clear(signal: AbortSignal): Promise<void>;
  /** Follows the store and leads when it can, until `signal` aborts; then gives the lease up and resolves. */
  run(signal: AbortSignal): Promise<void>;
};

export function createEngine(o: EngineOptions): Engine {
  const mirror = createMirror();
  const transitions = new Set<(t: Transition) => void>();
  const hooks: EngineHooks = {
    ...o.hooks,
    onTransition(t) {
      o.hooks.onTransition(t);
      for (const listener of transitions) listener(t);
    },
  };
  const caps: Caps = { instances: () => o.maxInstances, microsPerHour: () => o.maxMicrosPerHour };
  const loops = createLoops(o.clock, hooks);
  const follower = createFollower({
    store: o.store,
    mirror,
    clock: o.clock,
    installationId: o.about.installationId,
    newLife: () => ({ life: o.ids.token(), revision: 1 + o.ids.pick(LIVES) }),
    putBack: async (ground) => {
      await putBack(ctx, ground);
      await access.putBack();
    },
    onError: (err) => hooks.onLoopError('feed', err, {}),
  });
  const access = createAccess(o.store, o.ids);
  const market = createMarket({ mirror, clock: o.clock, maxMicrosPerHour: o.maxMicrosPerHour });
  transitions.add(market.learn);
  const ctx: EngineContext = {
    ...o,
    market,
    templates: createTemplates(),
    banExchange: o.banExchange ?? null,
    providers: new Map(o.providers.map((p) => [p.name, p])),
    marketplaces: new Map(o.marketplaces.map((m) => [m.name, m])),
    proxies: new Map(o.proxies.map((p) => [p.kind, p])),
    mirror,
    ledger: createLedger({
      store: o.store,
      mirror,
      clock: o.clock,
      hooks,
      caps,
      quotaOf: (tenant) => quotaOf(o.quotas(), tenant),
      anchor: follower.anchor,
    }),
    follower,
    hooks,
    accessTokenOf: access.tokenOf,
    instanceTokenOf: access.instanceTokenOf,
    queueNews: createQueueNews(mirror, o.clock),
    clearing: { now: false },
  };
  const observers = new Map<string, ProviderObserver>();
  const money = createMoneyWatch(ctx);
  const tokens = createTokens(ctx, o.adminSecret);
  const admin = createAdmin({
    ctx,
    tokens,
    loops,
    observers,
    money,
    about: o.about,
    caps,
  });
  const ready = follower.ready.then(follower.claim).then(access.open);
  let isReady = false;
  let epoch: number | null = null;

  const lead = async (term: Parameters<typeof reconcile>[1]): Promise<void> => {
    epoch = term.epoch;
    hooks.onLeader(epoch);
    const onTransition = (listener: (t: Transition) => void) => {
      transitions.add(listener);
      return () => transitions.delete(listener);
    };
    try {
      await reconcile({ ctx, history: createHistoryKeeper(ctx), caps, loops, observers, money, onTransition }, term);
    } finally {
      epoch = null;
      hooks.onLeader(null);
    }
  };

  /** Nothing is to be led before the store was read once; a broker that is stopped before that has nothing to give up. */
  async function leadWhenReady(signal: AbortSignal, onError: (err: unknown) => void): Promise<void> {
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([ready.catch(() => undefined), stopped]);
    if (isReady && !signal.aborted)
      await runLeader({ ...o, mirror, replicaId: o.about.replicaId, lead, onError }, signal);
  }

  return {
    sessions: createSessions(ctx),
    admin,
    auth: tokens.authenticator,
    mirror,
    reserves: admin.allReserves,
    money: money.all,
    banned: () => bannedNow(ctx),
    isReady: () => isReady,
    isLeading: () => epoch !== null,
    ready,
    async clear(signal) {
      await clearAll(ctx, o.about.replicaId, signal);
    },
    async run(signal) {
      const following = follower.run(signal);
      ready.then(
        () => {
          isReady = true;
        },
        // Told by `ready` to whoever started it.
        () => undefined,
      );
      const onError = (err: unknown) => hooks.onLoopError('leader', err, {});
      const leading = o.mayLead ? leadWhenReady(signal, onError) : Promise.resolve();
      await Promise.all([following, leading]);
    },
  };
}

const CLEAR_LOOK_MS = 50;
/** Of so many revisions a store that is claimed begins with one. */
const LIVES = 2 ** 31;

/** Where another replica leads, the instances are its business: it goes on keeping its reserve. */
async function clearAll(ctx: EngineContext, replicaId: string, signal: AbortSignal): Promise<void> {
  const { mirror, clock } = ctx;
  ctx.clearing.now = true;
  ctx.classes.changed();
  try {
    while (!signal.aborted) {
      await endAll(ctx);
      const lease = mirror.lease();
      const isOthers = lease !== undefined && !lease.released && lease.holder !== replicaId;
      const kept = mirror.size('instance') + mirror.size('proxy');
      if (mirror.size('session') === 0 && (isOthers || kept === 0)) return;
      await clock.sleep(CLEAR_LOOK_MS, signal).catch(() => undefined);
    }
  } finally {
    ctx.clearing.now = false;
    ctx.classes.changed();
  }
}

async function endAll({ mirror, ledger, clock }: EngineContext): Promise<void> {
  for (const s of mirror.all('session')) {
    const after = ended(s, 'broker-stop', 'the broker was told to end all sessions', clock.now());
    if (after !== s) await ledger.commit({ changes: [{ kind: 'session', before: s, after }], by: 'broker' });
  }
}
