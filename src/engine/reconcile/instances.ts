import type { Cause } from '../../domain/cause.ts';
import { fillCommand, fillEnv } from '../../domain/command.ts';
import {
  decideInstance,
  gone,
  type InstanceDecision,
  type InstanceSeen,
  rented,
} from '../../domain/decide-instance.ts';
import { decideSession } from '../../domain/decide-session.ts';
import { BrokerError, isBrokerError } from '../../domain/errors.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Instance, InstanceIn, InstanceRef } from '../../domain/instance.ts';
import type { Offer } from '../../domain/offer.ts';
import { lossPolicy } from '../../domain/replace.ts';
import type { Session } from '../../domain/session.ts';
import type { ComputeProvider, Created } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import type { ProviderObserver } from '../lead/observer.ts';
import { createLane, destroyLane, type Pacer, PRIORITY } from '../lead/pacer.ts';
import { priorityOf } from '../lead/progress.ts';
import type { Registry } from '../market/registry.ts';
import { whyNotMade } from '../market/templates.ts';
import { rentingOff } from '../money/renting.ts';
import type { Change, LedgerResult } from '../records/ledger.ts';
import { decode, KEY, type SecretRecord } from '../records/records.ts';
import type { Probes } from './probes.ts';
import { monotonicOf, staleKeys } from './stale.ts';

/** First pause before destroy is asked again; doubled each time up to the last [ms]. */
const DESTROY_AGAIN_MS = 1_000;
const DESTROY_AGAIN_MAX_MS = 60_000;
/** One request to destroy takes no longer [ms]. */
const DESTROY_MS = 30_000;
/** The reason of a create that was not made: nothing was asked of the provider. */
export const NOT_ASKED = 'NOT_ASKED';
/** The reason of one that the provider let not through. */
const LIMITED = 'PROVIDER_LIMIT';
/** How long no create is tried where it did not say [ms]. */
const LIMITED_MS = 5_000;
/** Further tries to commit what a create showed. */
const CREATED_TRIES = 5;

export type InstanceDeps = {
  readonly ctx: EngineContext;
  readonly term: Term;
  readonly observers: ReadonlyMap<string, ProviderObserver>;
  readonly probes: Probes;
  readonly registry: Registry;
  readonly pacer: Pacer;
  /** Intended before this term, under caps that have been lowered since. */
  readonly beyond: ReadonlySet<InstanceId>;
  /** The offer that an instance was intended on, as long as this replica leads. */
  readonly offers: Map<InstanceId, Offer>;
  /** How often destruction was asked for, and when it may be again [monotonic ms]. */
  readonly destroys: Map<InstanceId, { readonly times: number; readonly nextAt: number }>;
};

/** One look at an instance: see, decide, commit, act. @returns when to look again [monotonic ms] */
export async function lookAtInstance(d: InstanceDeps, id: InstanceId, signal: AbortSignal): Promise<number | null> {
  const { ctx } = d;
  const i = ctx.mirror.instance(id);
  if (i === undefined) {
    d.probes.forget(id);
    d.destroys.delete(id);
    d.offers.delete(id);
    d.pacer.leave(id);
    return null;
  }
  const observer = d.observers.get(i.provider);
  if (observer === undefined) return null;
  // An instance is asked for only where the lease outlives the asking: a provider cannot check an epoch.
  if (i.phase === 'intended' && !d.term.outlives(observer.provider.limits.createMs)) return ctx.clock.monotonic() + 100;
  const unwanted = i.phase === 'intended' ? whyNotWanted(d, i) : null;
  if (i.phase === 'intended' && unwanted !== null) return giveUpIntent(d, i, unwanted);
  // Another may have asked for it, and the store may be older than that: a list shows what is there.
  if (i.phase === 'intended' && !d.offers.has(id) && observer.listedAt === null) return ctx.clock.monotonic() + 100;
  // It stays intended until its turn: nothing of its own runs out before it was asked for.
  const turnMs = i.phase === 'intended' ? turnOf(d, observer.provider, i) : 0;
  if (turnMs > 0) return ctx.clock.monotonic() + turnMs;
  const seen = await see(observer, i, signal);
  const probe = await d.probes.ask(i, signal);
  const policy = {
    createMs: observer.provider.limits.createMs,
    blindMs: 'rentedAt' in i && i.rentedAt !== null ? observer.blindMs(i.rentedAt) : 0,
    destroyAt: recordTime(ctx, d.destroys.get(id)?.nextAt),
    mayMove: isFollowed(ctx, i),
  };
  const decision = decideInstance(i, seen, probe, policy, ctx.clock.now());
  const current = await commitDecision(d, i, decision);
  if (current === null) return ctx.clock.monotonic();
  return act(d, observer, current, decision, signal);
}

const whyNotWanted = ({ ctx, beyond }: InstanceDeps, i: Instance): string | null =>
  rentingOff(ctx.mirror)?.why ?? (beyond.has(i.id) ? `the caps of ${i.provider} have been lowered` : null);

/** It may not be had any more, before anything was asked of the provider: its session waits again. */
async function giveUpIntent(d: InstanceDeps, i: InstanceIn<'intended'>, why: string): Promise<number | null> {
  const after = gone(i, 'create-failed', why, null, d.ctx.clock.now(), 'limited');
  await commitDecision(d, i, { instance: after, lookAt: null });
  return d.ctx.clock.monotonic();
}

/** How long until the instance may be asked for [ms]. */
const turnOf = ({ pacer, ctx }: InstanceDeps, { name, limits }: ComputeProvider, i: InstanceIn<'intended'>): number =>
  pacer.turn(i.id, createLane(name), priorityOf(ctx.mirror, i), limits.createEveryMs);

/** A provider that lets no call through for a while has said so. */
function holdLane(d: InstanceDeps, lane: string, err: BrokerError): void {
  const { retryAfterMs, reason } = err.details;
  const ms = retryAfterMs ?? (reason === LIMITED ? LIMITED_MS : 0);
  if (ms > 0) d.pacer.hold(lane, ms);
}

/** Whether its proxy leads whoever is told of it to wherever it is. */
function isFollowed({ mirror }: EngineContext, i: Instance): boolean {
  const proxy = mirror.proxy(i.proxy);
  return proxy?.phase === 'serving' && proxy.endpoint.stable;
}

const recordTime = ({ clock }: EngineContext, monotonic: number | undefined): number =>
  monotonic === undefined ? 0 : clock.now() + (monotonic - clock.monotonic());

const pause = (times: number): number =>
  Math.min(DESTROY_AGAIN_MAX_MS, DESTROY_AGAIN_MS * 2 ** Math.min(10, times - 1));

/** Absence counts from the moment it should have been there. */
async function see(observer: ProviderObserver, i: Instance, signal: AbortSignal): Promise<InstanceSeen> {
  if (i.phase === 'gone') return { status: 'unknown' };
  const settles = i.phase === 'requested' || i.phase === 'destroying';
  return observer.seen(i, settles ? Math.max(i.settleAt, i.since) : i.since, signal);
}

/** The instance as it is after the commit; null: look again. */
async function commitDecision(d: InstanceDeps, i: Instance, decision: InstanceDecision): Promise<Instance | null> {
  const after = decision.instance;
  if (after === undefined) return i;
  const result = await commitChange(d, i, after);
  if (result.committed) return { ...after, revision: i.revision + 1 };
  await staleKeys(d.ctx, result.why);
  return null;
}

/** Together with what the change tells of the machine: a ban is written down with the failure that led to it. */
async function commitChange(d: InstanceDeps, i: Instance, after: Instance): Promise<LedgerResult> {
  const { put, index, events, taken } = d.registry.learn(i, after);
  const changes = changesFor(d, i, after);
  const result = await d.ctx.ledger.commit({ changes, put, index, events, expect: [d.term.fence], by: 'instances' });
  if (result.committed) taken();
  return result;
}

/** A record that is gone is dropped, and what was in it: the session it was for hears why in the same commit. */
function changesFor({ ctx }: InstanceDeps, before: Instance, after: Instance): readonly Change[] {
  const own: Change = { kind: 'instance', before, after };
  const session = after.phase !== 'gone' || after.for === null ? undefined : ctx.mirror.session(after.for);
  if (session === undefined || !isWaitedFor(session, after.id)) return [own];
  const seen = { instance: after, proxy: ctx.mirror.proxy(after.proxy) };
  const onLoss = lossPolicy(session, ctx.classes.current().get(session.asked.class));
  // Only what the loss means is decided here: deadlines are the session's own look's business.
  const policy = { keepEndedMs: ctx.keepEndedMs, heldUntil: Number.POSITIVE_INFINITY, usedKnownUntil: 0, onLoss };
  const decided = decideSession(session, seen, policy, ctx.clock.now()).session;
  return decided === undefined ? [own] : [own, { kind: 'session', before: session, after: decided }];
}

/** Whether the session has only heard of the instance, and waits for it. */
const isWaitedFor = (s: Session, id: InstanceId): boolean =>
  (s.phase === 'starting' || (s.phase === 'active' && s.replacing !== undefined)) && s.instance.id === id;

async function act(
  d: InstanceDeps,
  observer: ProviderObserver,
  i: Instance,
  decision: InstanceDecision,
  signal: AbortSignal,
): Promise<number | null> {
  const { clock } = d.ctx;
  if (decision.ask === 'create' && i.phase === 'requested') return create(d, observer.provider, i, signal);
  if (decision.ask === 'destroy' && i.phase === 'destroying' && i.ref !== null) {
    const { name, limits } = observer.provider;
    const waitMs = d.pacer.turn(i.id, destroyLane(name), PRIORITY.start, limits.destroyEveryMs);
    if (waitMs > 0) return clock.monotonic() + waitMs;
    await destroy(d, observer, i.id, i.ref, signal);
    return d.destroys.get(i.id)?.nextAt ?? null;
  }
  const next = monotonicOf(clock, decision.lookAt);
  const probeAt = d.probes.nextAt(i);
  return probeAt === null ? next : Math.min(probeAt, next ?? probeAt);
}

/** Asked again, with growing pauses, until absence is proven: there is no giving up. */
async function destroy(
  d: InstanceDeps,
  observer: ProviderObserver,
  id: InstanceId,
  ref: InstanceRef,
  signal: AbortSignal,
): Promise<void> {
  const times = (d.destroys.get(id)?.times ?? 0) + 1;
  d.destroys.set(id, { times, nextAt: d.ctx.clock.monotonic() + pause(times) });
  try {
    await observer.provider.destroy(ref, AbortSignal.any([signal, AbortSignal.timeout(DESTROY_MS)]));
  } catch (err) {
    if (!isBrokerError(err) || err.details.retryAfterMs === undefined) throw err;
    // It was not asked, so the pause does not grow: it comes again as soon as calls are let through.
    holdLane(d, destroyLane(observer.provider.name), err);
    d.ctx.hooks.onLoopError('instances', err, { instanceId: id });
    d.destroys.set(id, { times: times - 1, nextAt: d.ctx.clock.monotonic() + err.details.retryAfterMs });
  }
  observer.wake();
}

/** Asked at most once per instance. What comes back settles it, but for an unknown outcome, which looking settles. */
async function create(
  d: InstanceDeps,
  provider: ComputeProvider,
  i: InstanceIn<'requested'>,
  signal: AbortSignal,
): Promise<number | null> {
  const { clock } = d.ctx;
  let after: Instance;
  try {
    const created = await order(d, provider, i, signal);
    const addresses = created.seen.status === 'running' ? created.seen.addresses : null;
    after = rented(i, created.ref, addresses, clock.now());
  } catch (err) {
    if (isBrokerError(err)) holdLane(d, createLane(provider.name), err);
    if (!isBrokerError(err, 'no-capacity', 'refused-by-provider')) {
      d.ctx.hooks.onLoopError('instances', err, { instanceId: i.id });
      return monotonicOf(clock, i.settleAt);
    }
    after = gone(i, 'create-failed', err.message, null, clock.now(), causeOfRefusal(err));
  }
  return commitCreated(d, i, after);
}

/** Why surely nothing was rented. */
function causeOfRefusal({ code, details }: BrokerError): Cause {
  if (code === 'refused-by-provider') return 'ours';
  return details.reason === LIMITED || details.reason === NOT_ASKED ? 'limited' : 'offer-gone';
}

/** What the create showed is known only here and now, so another writer of the session does not keep it from being
 *  committed; one of the instance does, and looking settles the rest. */
async function commitCreated(d: InstanceDeps, i: InstanceIn<'requested'>, after: Instance): Promise<number | null> {
  for (let tries = 0; ; tries++) {
    const result = await commitChange(d, i, after);
    if (result.committed) return d.ctx.clock.monotonic();
    const next = await staleKeys(d.ctx, result.why);
    if (tries >= CREATED_TRIES || d.ctx.mirror.revision('instance', i.id) !== i.revision || next === null) return next;
  }
}

async function order(
  d: InstanceDeps,
  provider: ComputeProvider,
  i: InstanceIn<'requested'>,
  signal: AbortSignal,
): Promise<Created> {
  const { ctx } = d;
  const c = ctx.classes.current().get(i.class);
  const session = i.for === null ? undefined : ctx.mirror.session(i.for);
  const own = session?.asked.command ?? [];
  const secret = session !== undefined && session.asked.envDigest !== '' ? await secretEnv(ctx, session.id) : {};
  const offer = d.offers.get(i.id) ?? offerOf(i);
  const why = i.personal && session === undefined ? 'the session it was for has ended' : whyNotAsked(d, provider, i);
  if (why !== null) throw new BrokerError('no-capacity', why, { reason: NOT_ASKED });
  return provider.create(
    {
      tag: i.id,
      offer,
      mark: { class: i.class, recipe: i.recipe, reserve: i.for === null && !i.personal },
      image: c?.image ?? null,
      command: fillCommand(own.length > 0 ? own : (c?.command ?? []), i.granted, i.id, i.for),
      env: { ...fillEnv(c?.env ?? {}, () => ctx.instanceTokenOf(i.id)), ...secret },
      ports: i.ports,
    },
    AbortSignal.any([signal, AbortSignal.timeout(provider.limits.createMs)]),
  );
}

/** Asked again at the last moment: a process that is paused goes on as if no time had passed. */
function whyNotAsked({ ctx, term }: InstanceDeps, { limits }: ComputeProvider, i: Instance): string | null {
  if (!term.outlives(limits.createMs)) return 'the lease was about to end; nothing was asked of the provider';
  return rentingOff(ctx.mirror)?.why ?? whyNotMade(ctx, i);
}

/** Of an instance that another leader intended. */
const offerOf = (i: Instance): Offer => ({
  id: i.offer ?? '',
  granted: i.granted,
  microsPerHour: i.microsPerHour,
  ...(i.storageMicrosPerHour === undefined ? {} : { storageMicrosPerHour: i.storageMicrosPerHour }),
  // Else nothing would be bid, and all of the price paid.
  ...(i.interruptible === undefined ? {} : { interruptible: i.interruptible }),
  machine: '',
  host: '',
  region: '',
});

async function secretEnv(ctx: EngineContext, session: `s-${string}`): Promise<Readonly<Record<string, string>>> {
  const [stored] = await ctx.store.read([KEY.secret(session)]);
  return stored ? decode<SecretRecord>(stored).env : {};
}
