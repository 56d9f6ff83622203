import { asMember, baseOf, bind } from './bind.ts';
import { costSoFar } from './cost.ts';
import { deleting } from './decide-proxy.ts';
import { destroyInstance, giveUpInstance } from './give-up.ts';
import { activeLookAt, idleAt, nextEnd, withdrawWarning } from './idle.ts';
import { type DestroyReason, type Instance, isOver } from './instance.ts';
import { causeOf, noOffer } from './no-offer.ts';
import type { Proxy } from './proxy.ts';
import { failureOf, finishReplacement, loseInstance, outOfReplacements } from './replace.ts';
import type { EndReason, Session, SessionIn, Use } from './session.ts';
import type { ReplacePolicy } from './session-class.ts';
import { type EpochMs, earliest, SECOND } from './time.ts';

/** What belongs to the session now, as the store has it. */
export type SessionSeen = { readonly instance: Instance | undefined; readonly proxy: Proxy | undefined };

export type SessionPolicy = {
  /** How long a released session is kept [ms]. */
  readonly keepEndedMs: number;
  /** Nothing ends by a deadline before this: the clock has just jumped. */
  readonly heldUntil: EpochMs;
  /** Up to when its use is known: it ends as idle only if nothing was seen after its last use up to the deadline. */
  readonly usedKnownUntil: EpochMs;
  /** What its class says of a lost instance; null: the session ends. */
  readonly onLoss: ReplacePolicy | null;
};

/** The commit to make, if any, and when to look again if nothing happens. */
export type SessionDecision = {
  readonly session?: Session;
  readonly instance?: Instance;
  readonly proxy?: Proxy;
  readonly lookAt: EpochMs | null;
};

/** However short a session is ready to wait, it is given what is to be had before it ends for having waited: with a
 *  queue timeout of 0 its deadline and its turn come at once [ms]. */
const SHORTEST_QUEUE_MS = SECOND;

/** What to do about a session. */
export function decideSession(s: Session, seen: SessionSeen, policy: SessionPolicy, now: EpochMs): SessionDecision {
  switch (s.phase) {
    case 'queued': {
      const queueBy = Math.max(s.queueBy, s.since + SHORTEST_QUEUE_MS);
      return due(queueBy, policy, now)
        ? { session: endSession(s, 'queue-timeout', s.waitingFor, now), lookAt: now }
        : { lookAt: held(queueBy, policy) };
    }
    case 'starting':
      return decideStarting(s, seen, policy, now);
    case 'activating':
      return due(s.activateBy, policy, now)
        ? { session: endSession(s, 'activation-failed', 'the instance did not confirm in time', now), lookAt: now }
        : { lookAt: held(s.activateBy, policy) };
    case 'active':
      return decideActive(s, seen, policy, now);
    case 'releasing':
      return release(s, seen, policy, now);
    case 'released':
      return { lookAt: null };
    default:
      return s satisfies never;
  }
}

const due = (at: EpochMs | null, policy: SessionPolicy, now: EpochMs): boolean =>
  at !== null && now >= at && now >= policy.heldUntil;

const held = (at: EpochMs | null, policy: SessionPolicy): EpochMs | null =>
  at === null ? null : Math.max(at, policy.heldUntil);

function decideStarting(
  s: SessionIn<'starting'>,
  seen: SessionSeen,
  policy: SessionPolicy,
  now: EpochMs,
): SessionDecision {
  const member = asMember(seen.instance, seen.proxy);
  if (member !== null) return { ...bind(s, member, false, now), lookAt: now };
  if (!isOver(seen.instance)) return waitForTurn(s, seen.instance, policy, now);
  const why = failureOf(seen.instance);
  const waitingFor = `another instance: ${why}`;
  const { offersGone: _, ...base } = baseOf(s);
  const again = noOffer(s, seen.instance);
  if (again !== null) {
    // At once, and in the time that it still had to wait: it has not had a start yet.
    const { offersGone } = again;
    const own = { ...base, attempts: s.attempts - 1, ...(offersGone === 0 ? {} : { offersGone }) };
    return { session: { ...own, phase: 'queued', since: now, queueBy: s.queueBy, waitingFor }, lookAt: now };
  }
  // Of our own making: the next one would fail as well.
  if (causeOf(seen.instance) === 'ours') return { session: endSession(s, 'start-failed', why, now), lookAt: now };
  if (s.attempts >= s.terms.startAttempts) {
    const detail = s.attempts === 1 ? why : `${why} (the last of ${s.attempts} attempts)`;
    return { session: endSession(s, 'start-failed', detail, now), lookAt: now };
  }
  const queueBy = now + s.terms.queueTimeoutMs;
  return { session: { ...base, phase: 'queued', since: now, queueBy, waitingFor }, lookAt: now };
}

/** As long as its instance has not been asked for, the session still waits for capacity, and no longer than it said. */
function waitForTurn(
  s: SessionIn<'starting'>,
  i: Instance | undefined,
  policy: SessionPolicy,
  now: EpochMs,
): SessionDecision {
  if (i?.phase !== 'intended') return { lookAt: null };
  const queueBy = Math.max(s.queueBy, s.since + SHORTEST_QUEUE_MS);
  return due(queueBy, policy, now)
    ? {
        session: endSession(s, 'queue-timeout', `its turn to be rented at ${i.provider} did not come`, now),
        lookAt: now,
      }
    : { lookAt: held(queueBy, policy) };
}

type Active = SessionIn<'active'>;
type EndContext = {
  readonly s: Active;
  readonly seen: SessionSeen;
  readonly policy: SessionPolicy;
  readonly now: EpochMs;
};

/** Why an active session ends; the first that holds. */
const ENDS: readonly {
  readonly why: EndReason;
  readonly when: (c: EndContext) => boolean;
  readonly detail: (c: EndContext) => string;
}[] = [
  {
    why: 'instance-lost',
    when: (c) => isOver(c.seen.instance) && c.policy.onLoss === null,
    detail: (c) => failureOf(c.seen.instance),
  },
  {
    // Of our own making: no other would do in its place either.
    why: 'instance-lost',
    when: (c) => c.s.replacing !== undefined && c.s.paidFrom !== null && causeOf(c.seen.instance) === 'ours',
    detail: (c) => failureOf(c.seen.instance),
  },
  {
    why: 'instance-lost',
    when: (c) => outOfReplacements(c.s, c.policy.onLoss, c.policy.heldUntil, c.now) !== null,
    detail: (c) => outOfReplacements(c.s, c.policy.onLoss, c.policy.heldUntil, c.now) ?? '',
  },
  { why: 'expired', when: (c) => due(c.s.expireAt, c.policy, c.now), detail: () => 'its lifetime was over' },
  {
    why: 'unconfirmed',
    when: (c) => due(c.s.confirmBy, c.policy, c.now),
    detail: () => 'nobody asked for it after it turned active',
  },
  {
    why: 'idle',
    when: (c) => due(idleAt(c.s), c.policy, c.now) && c.policy.usedKnownUntil >= (idleAt(c.s) ?? 0),
    detail: () => 'it was not used',
  },
];

function decideActive(s: Active, seen: SessionSeen, policy: SessionPolicy, now: EpochMs): SessionDecision {
  const context = { s, seen, policy, now };
  const end = ENDS.find((e) => e.when(context));
  if (end !== undefined) return { session: endSession(s, end.why, end.detail(context), now), lookAt: now };
  if (isOver(seen.instance) && s.paidFrom !== null)
    return { session: loseInstance(s, seen.instance, failureOf(seen.instance), now), lookAt: now };
  const replaced = finishReplacement(s, seen.instance, seen.proxy, now);
  if (replaced !== null) return { ...replaced, lookAt: now };
  return warn(s, policy, now);
}

function warn(s: Active, policy: SessionPolicy, now: EpochMs): SessionDecision {
  const current = withdrawWarning(s, now);
  const { warning, warnAt } = nextEnd(current);
  if (now >= warnAt && current.warning?.endAt !== warning.endAt) {
    const warned: Active = { ...current, warning };
    return { session: warned, lookAt: held(activeLookAt(warned), policy) };
  }
  const giveUpAt =
    s.replacing === undefined || policy.onLoss === null ? null : s.replacing.since + policy.onLoss.withinMs;
  const lookAt = earliest(activeLookAt(current), giveUpAt);
  // What is due and has not ended it is held, or is its idleness, which is looked at again when its use is known.
  const next =
    lookAt === null || lookAt > now
      ? lookAt
      : policy.heldUntil > now
        ? policy.heldUntil
        : earliest(s.expireAt, s.confirmBy, giveUpAt);
  return current === s ? { lookAt: next } : { session: current, lookAt: next };
}

/** The session in `releasing`: legal from every phase before it. */
export function endSession(
  s: Exclude<Session, { readonly phase: 'releasing' | 'released' }>,
  why: EndReason,
  detail: string,
  now: EpochMs,
): SessionIn<'releasing'> {
  const instance = s.phase === 'queued' ? null : s.instance;
  return {
    ...baseOf(s),
    phase: 'releasing',
    since: now,
    instance,
    use: s.phase === 'active' ? useOf(s) : null,
    why,
    detail,
    wasActive: s.phase === 'active',
    ...(s.phase === 'queued' && s.refused !== undefined ? { refused: s.refused } : {}),
  };
}

/** The session without what every phase has. A lost instance that was to be replaced no longer is. */
function useOf(s: Active): Use {
  const { id, revision, tenant, requestId, asked, terms, createdAt, since, attempts, counted, phase, ...rest } = s;
  const { replacing, offersGone, ...use } = rest;
  return use;
}

/** Gives the instance and the proxy up together with the session's last phase: one commit. */
function release(s: SessionIn<'releasing'>, seen: SessionSeen, policy: SessionPolicy, now: EpochMs): SessionDecision {
  const reason: DestroyReason = s.why === 'admin' ? 'admin' : 'released';
  const instance = giveUp(seen, s, reason, now);
  const proxy = giveUpProxy(seen.proxy, s, instance, now);
  return {
    session: {
      ...s,
      phase: 'released',
      since: now,
      releasedAt: now,
      keepUntil: now + policy.keepEndedMs,
      costMicros: costSoFar(s, now, seen.instance),
    },
    ...(instance === undefined ? {} : { instance }),
    ...(proxy === undefined ? {} : { proxy }),
    lookAt: null,
  };
}

/** What was to serve behind the session's own endpoint is nobody else's: that proxy goes. */
function giveUp(
  { instance: i, proxy }: SessionSeen,
  s: SessionIn<'releasing'>,
  why: DestroyReason,
  now: EpochMs,
): Instance | undefined {
  if (i === undefined) return undefined;
  return proxy?.session === s.id && i.for === s.id
    ? destroyInstance(i, why, '', now)
    : giveUpInstance(i, s.id, why, now);
}

/** A proxy stays with an instance that goes back to the reserve. */
function giveUpProxy(p: Proxy | undefined, s: Session, i: Instance | undefined, now: EpochMs): Proxy | undefined {
  if (p === undefined || p.phase === 'deleting' || p.phase === 'gone') return undefined;
  if (p.session !== s.id && i?.phase !== 'destroying' && i?.phase !== 'gone') return undefined;
  return deleting(p, now);
}
