import { baseOf, bind, factsOf } from '../../domain/bind.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Session, SessionIn } from '../../domain/session.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { Offer } from '../../ports/compute-provider.ts';
import { claimChanges, memberKeys, suits } from '../claim.ts';
import type { EngineContext } from '../context.ts';
import { atCap, planLaunch } from '../launch.ts';
import type { Term } from '../leader.ts';
import { KEY } from '../records.ts';
import { giveBack } from './reserve.ts';
import { staleKeys } from './stale.ts';

/** Sessions of a class that one pass tells why they wait; the rest hear it as they move up. */
const TOLD = 100;
/** When capacity was refused without a sign of when there may be more [ms]. */
const AGAIN_MS = 5_000;
/** When another writer was faster [ms]. */
const STALE_MS = 5;
/** Candidates of one claim; if all were taken meanwhile, the next look takes others. */
const CANDIDATES = 4;

type Waiting = SessionIn<'queued'>;
/** `again`: another writer was faster; the next look knows more. `full`: nor can those behind it have anything now. */
type Placed = 'placed' | 'again' | { readonly waitingFor: string; readonly full: boolean };

export type QueueDeps = {
  readonly ctx: EngineContext;
  readonly term: Term;
  readonly offers: Map<InstanceId, Offer>;
  /** Classes whose sessions wait for a cap: no reserve takes what is freed before they have it. */
  readonly capped: Set<string>;
};

/**
 * Gives the waiting sessions of a class what is to be had, the oldest first: a reserve member that suits, else an
 * instance of their own. What one cannot have for its own requirements, the next may; a cap ends the pass.
 * Woken by a new session, a ready member, a freed instance: waiting costs nothing.
 */
export async function lookAtQueue(d: QueueDeps, className: string, signal: AbortSignal): Promise<number | null> {
  const { ctx } = d;
  const c = ctx.classes.current().get(className);
  const waiting = ctx.mirror.queued(className).filter((s) => s.phase === 'queued');
  let full: string | null = null;
  let isStale = false;
  for (const [position, session] of waiting.entries()) {
    if (signal.aborted || (full !== null && position >= TOLD)) break;
    const placed: Placed = full === null ? await place(d, c, session, signal) : { waitingFor: full, full: true };
    isStale ||= placed === 'again';
    if (placed === 'placed' || placed === 'again') continue;
    if (placed.full) full = placed.waitingFor;
    await tell(d, session, placed.waitingFor);
  }
  if (full === null) d.capped.delete(className);
  if (ctx.mirror.queueLength(className) === 0) return null;
  return ctx.clock.monotonic() + (isStale ? STALE_MS : AGAIN_MS);
}

async function place(
  d: QueueDeps,
  c: SessionClass | undefined,
  session: Waiting,
  signal: AbortSignal,
): Promise<Placed> {
  if (c === undefined) return { waitingFor: 'its class is no longer configured', full: true };
  const claimed = isPersonal(session) ? null : await claim(d, session);
  return claimed ?? launch(d, c, session, signal);
}

export const isPersonal = (s: Session): boolean => s.asked.command.length > 0 || s.asked.envDigest !== '';

/** Hands out a ready member; null: there is none that suits. */
async function claim({ ctx, term }: QueueDeps, session: Waiting): Promise<'placed' | 'again' | null> {
  const { pool } = ctx.mirror;
  const members = pool.hold(session.asked.class, (m) => suits(m, session), CANDIDATES, ctx.ids.pick);
  if (members.length === 0) return null;
  try {
    const now = ctx.clock.now();
    const result = await ctx.ledger.commit({
      oneOf: members.map((m) => claimChanges(session, m, bind(session, m, false, now))),
      expect: [term.fence],
      by: 'queue',
    });
    if (result.committed) return 'placed';
    await ctx.follower.refresh(KEY.session(session.id), ...memberKeys(members));
    return 'again';
  } finally {
    pool.letGo(members);
  }
}

async function launch(d: QueueDeps, c: SessionClass, session: Waiting, signal: AbortSignal): Promise<Placed> {
  const { ctx, term } = d;
  const of = { session: session.id, requirements: session.asked.requirements, personal: isPersonal(session) };
  const plan = await planLaunch(ctx, c, of, signal);
  if ('refused' in plan) return { waitingFor: plan.refused, full: false };
  const after: Session = {
    ...baseOf(session),
    phase: 'starting',
    since: ctx.clock.now(),
    attempts: session.attempts + 1,
    queueBy: session.queueBy,
    instance: factsOf(plan.instance),
  };
  d.offers.set(plan.instance.id, plan.offer);
  const result = await ctx.ledger.commit({
    changes: [
      { kind: 'session', before: session, after },
      { kind: 'instance', before: undefined, after: plan.instance },
      { kind: 'proxy', before: undefined, after: plan.proxy },
    ],
    expect: [term.fence],
    by: 'queue',
  });
  if (result.committed) return 'placed';
  d.offers.delete(plan.instance.id);
  if (result.why.kind === 'limit') {
    d.capped.add(c.name);
    await makeRoom(d, c.provider);
    return { waitingFor: atCap(result.why.max, c.provider), full: true };
  }
  await staleKeys(ctx, result.why);
  return 'again';
}

/** A client's start goes before an idle reserve: gives a member back, one at a time. */
async function makeRoom({ ctx, term }: QueueDeps, provider: string): Promise<void> {
  if ((ctx.mirror.phases('instance').get('destroying') ?? 0) > 0) return;
  for (const name of ctx.classes.current().keys()) {
    const member = ctx.mirror.unclaimed(name).find((i) => i.provider === provider);
    if (member !== undefined) return giveBack(ctx, term, [{ instance: member, why: 'surplus' }], 'queue');
  }
}

/** Writes down why a session waits, where that has changed. */
async function tell({ ctx, term }: QueueDeps, session: Waiting, waitingFor: string): Promise<void> {
  if (session.waitingFor === waitingFor) return;
  const result = await ctx.ledger.commit({
    changes: [{ kind: 'session', before: session, after: { ...session, waitingFor } }],
    expect: [term.fence],
    by: 'queue',
  });
  if (!result.committed) await staleKeys(ctx, result.why);
}
