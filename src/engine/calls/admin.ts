import type { Caller } from '../../domain/caller.ts';
import { expectedStart, NO_HISTORY } from '../../domain/reserve.ts';
import type { EngineContext } from '../context.ts';
import type { Loops } from '../lead/loops.ts';
import type { ProviderObserver } from '../lead/observer.ts';
import type { Caps } from '../money/caps.ts';
import { costs } from '../money/costs.ts';
import { type MoneyWatch, providerViews } from '../money/money.ts';
import { rentingView } from '../money/renting.ts';
import { reserveTarget } from '../reconcile/reserve.ts';
import { reserveLine } from '../records/event-line.ts';
import { encode, KEY, SET } from '../records/records.ts';
import type { AdminUseCases, QueueView, ReserveView } from '../use-cases.ts';
import { mustBeAdmin } from './admin-only.ts';
import { listEvents, watchEvents } from './events.ts';
import { classNamed } from './find-class.ts';
import { createHosts } from './hosts.ts';
import { listInstances } from './list-instances.ts';
import { createQuotaReads } from './quotas.ts';
import { ended } from './release.ts';
import { setRenting } from './set-renting.ts';
import type { Tokens } from './tokens.ts';
import { retryable, tooManyWriters, updateSession } from './update.ts';
import { viewOf } from './view.ts';

export type AdminDeps = {
  readonly ctx: EngineContext;
  readonly tokens: Tokens;
  readonly loops: Loops;
  readonly observers: ReadonlyMap<string, ProviderObserver>;
  readonly about: {
    readonly version: string;
    readonly replicaId: string;
    readonly installationId: string;
    readonly store: string;
    readonly startedAt: number;
  };
  readonly money: MoneyWatch;
  readonly caps: Caps;
};

/** More than for a session: many admins at once all write one record. */
const TRIES = 200;

/** What admins may do. */
export function createAdmin(d: AdminDeps): AdminUseCases & { readonly allReserves: () => readonly ReserveView[] } {
  const { ctx, tokens } = d;
  const { mirror } = ctx;

  function reserveView(className: string): ReserveView {
    const members = mirror.unclaimed(className);
    const ready = mirror.pool.size(className);
    const history = mirror.history(className) ?? NO_HISTORY;
    const set = mirror.reserve(className);
    const isSet = set !== undefined && set.target !== null;
    return {
      class: className,
      target: reserveTarget(ctx, className),
      configuredTarget: ctx.classes.current().get(className)?.reserve.target ?? 0,
      ready,
      starting: Math.max(0, members.length - ready),
      failures: history.failures,
      backingOff: history.retryAt !== null,
      lastFailure: history.lastFailure,
      retryAt: history.retryAt,
      setBy: isSet ? set.by : '',
      setAt: isSet ? set.at : null,
    };
  }

  const reserves = (): readonly ReserveView[] => [...ctx.classes.current().keys()].sort().map(reserveView);

  async function setTarget(caller: Caller, className: string, target: number | null): Promise<void> {
    const key = KEY.reserve(className);
    for (let tries = 0; tries < TRIES; tries++) {
      const was = mirror.revision('reserve', className);
      const record = { target, by: caller.name, at: ctx.clock.now() };
      const result = await ctx.store.commit({
        put: [{ key, was, value: encode(record) }],
        index: [{ set: SET.settings, member: key, score: 0 }],
        events: [reserveLine(className, mirror.reserve(className)?.target ?? null, target, caller.name, record.at)],
      });
      if (result.committed) return mirror.apply('reserve', className, was + 1, record);
      await ctx.follower.refresh(key);
    }
    throw tooManyWriters(`the reserve of class "${className}"`);
  }

  const queues = (): readonly QueueView[] =>
    [...ctx.classes.current().keys()].sort().flatMap((name) => {
      const waiting = mirror.queued(name);
      const first = waiting[0];
      if (first?.phase !== 'queued') return [];
      return [{ class: name, waiting: waiting.length, oldestAt: first.createdAt, waitingFor: first.waitingFor }];
    });

  return {
    ...createQuotaReads(ctx),
    ...createHosts(ctx),
    allReserves: reserves,
    async classes() {
      return [...ctx.classes.current().values()]
        .map((c) => ({ class: c, expectedStartMs: expectedStart(mirror.history(c.name) ?? NO_HISTORY) }))
        .sort((a, b) => (a.class.name < b.class.name ? -1 : 1));
    },
    async setReserve(caller, className, target) {
      mustBeAdmin(caller);
      await retryable(setTarget(caller, classNamed(ctx, className).name, target));
      return reserveView(className);
    },
    async reserves(caller, className) {
      mustBeAdmin(caller);
      return className === null ? reserves() : [reserveView(classNamed(ctx, className).name)];
    },
    async terminate(caller, id, detail) {
      mustBeAdmin(caller);
      const end = updateSession(ctx, caller, { by: 'id', id }, (s) => ended(s, 'admin', detail, ctx.clock.now()));
      return viewOf(ctx, await retryable(end));
    },
    async status(caller) {
      mustBeAdmin(caller);
      const lease = mirror.lease();
      return {
        ...d.about,
        leaderId: lease === undefined || lease.released ? '' : lease.holder,
        sessions: Object.fromEntries(mirror.phases('session')),
        instances: Object.fromEntries(mirror.phases('instance')),
        proxies: Object.fromEntries(mirror.phases('proxy')),
        reserves: reserves(),
        loops: d.loops.views(),
        providers: await providerViews(ctx, d.observers, d.caps, d.money),
        queues: queues(),
        renting: rentingView(mirror),
      };
    },
    setRenting: (caller, on, why) => setRenting(ctx, caller, on, why),
    costs: (caller, tenant, days) => costs(ctx, caller, tenant, days),
    async instances(caller, query) {
      return listInstances(ctx, caller, query);
    },
    events: (caller, query) => listEvents(ctx, caller, query),
    watchEvents: (caller, filter, afterId, signal) => watchEvents(ctx, caller, filter, afterId, signal),
    async createToken(caller, tenant, role, note) {
      mustBeAdmin(caller);
      return tokens.create(tenant, role, note);
    },
    async listTokens(caller) {
      mustBeAdmin(caller);
      return tokens.list();
    },
    async revokeToken(caller, id) {
      mustBeAdmin(caller);
      return retryable(tokens.revoke(id));
    },
  };
}
