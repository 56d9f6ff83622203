import { decideSession, type SessionDecision } from '../../domain/decide-session.ts';
import type { SessionId } from '../../domain/ids.ts';
import { lossPolicy } from '../../domain/replace.ts';
import type { InstanceFacts, Session } from '../../domain/session.ts';
import type { Expect } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import type { Change } from '../records/ledger.ts';
import { KEY } from '../records/records.ts';
import type { ActivityWatch } from './activity.ts';
import { askedKey, type Refusals } from './room.ts';
import type { Saver } from './save.ts';
import { monotonicOf, staleKeys } from './stale.ts';

/** After a jump of the clock nothing ends by a deadline for this long [ms]. */
const HOLD_MS = 60_000;

export type SessionDeps = {
  readonly ctx: EngineContext;
  readonly term: Term;
  readonly activity: Pick<ActivityWatch, 'knownUntil'>;
  readonly saver: Saver;
  readonly refusals: Refusals;
};

/** One look at a session: load, decide, commit. @returns when to look again [monotonic ms] */
export async function lookAtSession(d: SessionDeps, id: SessionId): Promise<number | null> {
  const { ctx, term } = d;
  const { mirror, clock } = ctx;
  const session = mirror.session(id);
  if (session === undefined) {
    d.saver.forget(id);
    return null;
  }
  // Woken when the hook has answered or its time is over.
  if (session.phase === 'releasing' && d.saver.isSaving(session)) return null;
  const facts = session.phase === 'queued' ? null : session.instance;
  const instance = facts === null ? undefined : mirror.instance(facts.id);
  const proxy = facts === null ? undefined : mirror.proxy(facts.proxy);
  const now = clock.now();
  const policy = {
    keepEndedMs: ctx.keepEndedMs,
    heldUntil: heldUntil(ctx, now),
    usedKnownUntil: session.phase === 'active' ? d.activity.knownUntil(session) : 0,
    onLoss: lossPolicy(session, ctx.classes.current().get(session.asked.class)),
  };
  const decision = decideSession(asRefused(session, d.refusals), { instance, proxy }, policy, now);
  const changes: Change[] = [];
  if (decision.session) changes.push({ kind: 'session', before: session, after: decision.session });
  if (decision.instance) changes.push({ kind: 'instance', before: instance, after: decision.instance });
  if (decision.proxy) changes.push({ kind: 'proxy', before: proxy, after: decision.proxy });
  if (changes.length === 0) return monotonicOf(clock, decision.lookAt);
  const result = await ctx.ledger.commit({
    changes,
    drop: decision.session?.phase === 'released' ? secretOf(session) : [],
    expect: [term.fence, ...decidedUpon(ctx, facts, decision)],
    by: 'sessions',
  });
  if (!result.committed) return staleKeys(ctx, result.why);
  return monotonicOf(clock, decision.lookAt);
}

/** A waiting session with why it was refused last: it is written only to those that are far in front. */
function asRefused(s: Session, refusals: Refusals): Session {
  if (s.phase !== 'queued') return s;
  const last = refusals.get(s.asked.class);
  const nothing = last?.full ?? last?.by.get(askedKey(s));
  return nothing === undefined ? s : { ...s, waitingFor: nothing.why, refused: nothing.refused };
}

/** What the decision rests on and leaves as it is. Another replica may have bound the instance a moment ago: a session
 *  that ended without knowing of it would leave it to nobody. */
function decidedUpon(ctx: EngineContext, facts: InstanceFacts | null, decision: SessionDecision): readonly Expect[] {
  if (facts === null) return [];
  const { id, proxy } = facts;
  const expect: Expect[] = [];
  if (!decision.instance) expect.push({ key: KEY.instance(id), revision: ctx.mirror.revision('instance', id) });
  if (!decision.proxy) expect.push({ key: KEY.proxy(proxy), revision: ctx.mirror.revision('proxy', proxy) });
  return expect;
}

const heldUntil = (ctx: EngineContext, now: number): number => {
  const steadyFor = ctx.clock.monotonic() - ctx.clock.steadySince();
  return steadyFor >= HOLD_MS ? 0 : now + HOLD_MS - steadyFor;
};

/** The environment of the session's own is of no use once it has ended. */
const secretOf = (s: Session) => (s.asked.envDigest === '' ? [] : [{ key: KEY.secret(s.id), was: 1 }]);
