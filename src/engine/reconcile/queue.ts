import { baseOf, bind, factsOf } from '../../domain/bind.ts';
import type { Session, SessionIn } from '../../domain/session.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import { planLaunch } from '../market/launch.ts';
import type { Nothing } from '../market/nothing.ts';
import { claimChanges, isPersonal, memberKeys, suits } from '../records/claim.ts';
import { KEY } from '../records/records.ts';
import { replaceLost } from './replace.ts';
import { askedKey, commitLaunch, heldBack, type LastRefusal, notRenting, type QueueDeps } from './room.ts';
import { staleKeys } from './stale.ts';

/** Sessions of a class that one pass tells why they wait; the rest hear it as they move up, or when they end. */
const TOLD = 100;
/** When capacity was refused without a sign of when there may be more [ms]. */
const AGAIN_MS = 5_000;
/** When another writer was faster [ms]. */
const STALE_MS = 5;
/** Candidates of one claim; if all were taken meanwhile, the next look takes others. */
const CANDIDATES = 4;

type Waiting = SessionIn<'queued'>;
/** `again`: another writer was faster; the next look knows more. `full`: nor can those behind it have anything now. */
type Placed = 'placed' | 'again' | (Nothing & { readonly full: boolean });

/**
 * Gives the waiting sessions of a class what is to be had, in their order: a reserve member that suits, else an
 * instance of their own. What one cannot have for its own requirements, the next may; a cap ends the pass. Sessions
 * whose lost instance is to be replaced come after them.
 * Woken by a new session, a ready member, a freed instance: waiting costs nothing.
 */
export async function lookAtQueue(d: QueueDeps, className: string, signal: AbortSignal): Promise<number | null> {
  const { ctx } = d;
  const c = ctx.classes.current().get(className);
  const { full, isStale, hasArrived } = await serve(d, c, className, signal);
  if (hasArrived) return ctx.clock.monotonic() + STALE_MS;
  const replaced = c === undefined ? [] : await replaceLost(d, c, full, signal);
  if (full === null && !replaced.includes('full')) d.capped.delete(className);
  if (ctx.mirror.queueLength(className) === 0 && replaced.every((r) => r === 'placed')) return null;
  return ctx.clock.monotonic() + (isStale || replaced.includes('again') ? STALE_MS : AGAIN_MS);
}

type Served = {
  /** Why nobody can have anything more now. */
  readonly full: Nothing | null;
  readonly isStale: boolean;
  /** A member became ready meanwhile: all of it again, from the first in line. */
  readonly hasArrived: boolean;
};

async function serve(
  d: QueueDeps,
  c: SessionClass | undefined,
  className: string,
  signal: AbortSignal,
): Promise<Served> {
  let full: Nothing | null = null;
  let isStale = false;
  let told = 0;
  const { pool } = d.ctx.mirror;
  const arrivals = pool.arrivals(className);
  /** Who asks for the same as another that was refused in this pass is refused for the same. */
  const refusals = new Map<string, Nothing>();
  for (const [position, session] of d.ctx.mirror.queued(className).entries()) {
    if (signal.aborted || (full !== null && position >= TOLD)) break;
    // It is for the first in line, whom this pass has refused already.
    if (pool.arrivals(className) !== arrivals) return { full, isStale, hasArrived: true };
    const asked = askedKey(session);
    const placed: Placed = await place(d, c, session, full ?? refusals.get(asked), signal);
    isStale ||= placed === 'again';
    if (typeof placed === 'string') continue;
    refusals.set(asked, placed);
    if (placed.full) full = placed;
    if (told < TOLD && (await tell(d, session, placed))) told += 1;
  }
  remember(d, className, { full, by: refusals });
  return { full, isStale, hasArrived: false };
}

/** For those who end before they were told. */
function remember(d: QueueDeps, className: string, last: LastRefusal): void {
  if (last.by.size > 0) d.refusals.set(className, last);
  else d.refusals.delete(className);
}

/** @param refusal nothing can be made for it, as another was told in this pass; but a member may do */
async function place(
  d: QueueDeps,
  c: SessionClass | undefined,
  session: Waiting,
  refusal: Nothing | undefined,
  signal: AbortSignal,
): Promise<Placed> {
  if (c === undefined) return { why: 'its class is no longer configured', refused: {}, full: true };
  const claimed = isPersonal(session) ? null : await claim(d, session);
  if (claimed !== null) return claimed;
  return refusal === undefined ? launch(d, c, session, signal) : { ...refusal, full: false };
}

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
  const entered = d.history.enter(c.name);
  if (typeof entered === 'string') return { ...heldBack(entered), full: false };
  try {
    return await launchNow(d, c, session, signal);
  } finally {
    entered();
  }
}

async function launchNow(d: QueueDeps, c: SessionClass, session: Waiting, signal: AbortSignal): Promise<Placed> {
  const { ctx } = d;
  const off = notRenting(d);
  if (off !== null) return off;
  const of = { session: session.id, requirements: session.asked.requirements, personal: isPersonal(session) };
  const plan = await planLaunch(ctx, c, of, signal, d.later(c.name));
  if ('why' in plan) return { ...plan, full: false };
  const after: Session = {
    ...baseOf(session),
    phase: 'starting',
    since: ctx.clock.now(),
    attempts: session.attempts + 1,
    queueBy: session.queueBy,
    instance: factsOf(plan.instance),
  };
  return commitLaunch(d, c, plan, [
    { kind: 'session', before: session, after },
    { kind: 'instance', before: undefined, after: plan.instance },
    { kind: 'proxy', before: undefined, after: plan.proxy },
  ]);
}

/** Writes down why a session waits. @returns whether that has changed */
async function tell({ ctx, term }: QueueDeps, session: Waiting, { why, refused }: Nothing): Promise<boolean> {
  if (session.waitingFor === why && JSON.stringify(session.refused ?? {}) === JSON.stringify(refused)) return false;
  const result = await ctx.ledger.commit({
    changes: [{ kind: 'session', before: session, after: { ...session, waitingFor: why, refused } }],
    expect: [term.fence],
    by: 'queue',
  });
  if (!result.committed) await staleKeys(ctx, result.why);
  return true;
}
