import { type Instance, isUnclaimed } from './instance.ts';
import type { ReservePolicy } from './session-class.ts';
import { type EpochMs, iso } from './time.ts';

/** How a class's starts have gone lately. */
export type StartHistory = {
  /** Durations of the last successful cold starts, newest last [ms]. */
  readonly startsMs: readonly number[];
  /** Failed starts in a row. */
  readonly failures: number;
  readonly lastFailure: string;
  /** When the next trial start may be made; null while the class is not backing off. */
  readonly retryAt: EpochMs | null;
  /** The last starts on distinct machines, newest last. Absent: none, as in records of older brokers. */
  readonly recent?: readonly RecentStart[];
  /** Set while so many of those have failed that the class itself is suspected: then nobody's starts are made, a
   *  client's neither, but one trial at a time. Absent: it is not. */
  readonly suspect?: Suspect;
};

/** How the last start of a class on a machine went. `slow`: it was not ready in time, or failed. */
export type RecentStart = { readonly machine: string; readonly slow: boolean; readonly at: EpochMs };

/** `since`: starts from then on are trials. `trials`: those that may be made before the pause is as it is now. */
export type Suspect = { readonly since: EpochMs; readonly trials: number };

export const NO_HISTORY: StartHistory = { startsMs: [], failures: 0, lastFailure: '', retryAt: null };
const KEEP_STARTS = 20;
/** Distinct machines whose last starts are remembered. */
const KEEP_RECENT = 10;
/** So many of them, and it is not the machines: half of all, however few are known yet. */
const SUSPICIOUS = KEEP_RECENT / 2;

export type ReservePlan = {
  /** Instances to make now. */
  readonly create: number;
  /** Ready or starting members to destroy: outdated ones, unwelcome ones and surplus, the youngest first. */
  readonly giveBack: readonly { readonly instance: Instance; readonly why: 'surplus' | 'outdated' }[];
  readonly why: 'enough' | 'surplus' | 'backing-off' | 'short';
  /** When to plan again if nothing happens. */
  readonly lookAt: EpochMs | null;
};

/**
 * What to do so that a class keeps `target` members. Instances on their way count as members.
 * @param members the class's instances without a session, in any phase
 * @param recipe the class's recipe now; members of another one are outdated. null: it cannot be told, so none is
 * @param isUnwelcome members that are to be replaced for where they run; they are given back as outdated
 */
export function planReserve(
  members: readonly Instance[],
  target: number,
  recipe: string | null,
  policy: ReservePolicy,
  history: StartHistory,
  now: EpochMs,
  isUnwelcome: (i: Instance) => boolean = () => false,
): ReservePlan {
  const unclaimed = members.filter(isUnclaimed);
  const isCurrent = (i: Instance): boolean => (recipe === null || i.recipe === recipe) && !isUnwelcome(i);
  const outdated = unclaimed.filter((i) => !isCurrent(i));
  const current = unclaimed.filter(isCurrent);
  const surplus = current.length > target ? youngestFirst(current).slice(0, current.length - target) : [];
  const giveBack = [
    ...outdated.map((instance) => ({ instance, why: 'outdated' as const })),
    ...surplus.map((instance) => ({ instance, why: 'surplus' as const })),
  ];
  const short = target - current.length;
  if (short <= 0) return { create: 0, giveBack, why: surplus.length > 0 ? 'surplus' : 'enough', lookAt: null };
  const starting = current.filter((i) => i.phase !== 'ready').length;
  const room = Math.max(0, policy.maxAtOnce - starting);
  if (history.retryAt !== null) {
    if (now < history.retryAt) return { create: 0, giveBack, why: 'backing-off', lookAt: history.retryAt };
    return { create: starting > 0 ? 0 : 1, giveBack, why: 'backing-off', lookAt: null };
  }
  return { create: Math.min(short, room), giveBack, why: 'short', lookAt: null };
}

/** Members still starting go before ready ones; among equals the youngest goes first. */
const youngestFirst = (members: readonly Instance[]): readonly Instance[] =>
  members.toSorted((a, b) => Number(a.phase === 'ready') - Number(b.phase === 'ready') || b.createdAt - a.createdAt);

/** The history with how a start on a machine went. What was known of an earlier one there counts no longer. */
export const withRecent = (h: StartHistory, start: RecentStart): StartHistory => ({
  ...h,
  recent: [...(h.recent ?? []).filter((r) => r.machine !== start.machine), start].slice(-KEEP_RECENT),
});

const slowOnes = (h: StartHistory): number => (h.recent ?? []).filter((r) => r.slow).length;

/** Whether so many of the last starts on distinct machines were slow or failed that it is not the machines: then none
 *  is banned. */
export const isGuarded = (h: StartHistory): boolean => slowOnes(h) >= SUSPICIOUS;

/** The history after a start that came up: it ends backing off. */
export function afterStart(h: StartHistory, startMs: number): StartHistory {
  const { suspect: _, ...rest } = h;
  return {
    ...rest,
    startsMs: [...h.startsMs, startMs].slice(-KEEP_STARTS),
    failures: 0,
    lastFailure: '',
    retryAt: null,
  };
}

/**
 * The history after a start that failed. From `maxFailures` in a row on, each failure doubles the pause before the
 * next trial start, up to `maxRetryMs`. Where the class itself is suspected the pause begins anew, and only a trial
 * that fails doubles it: what was under way before says nothing new.
 * @param startedAt when the start that failed began
 */
export function afterFailure(
  h: StartHistory,
  detail: string,
  policy: ReservePolicy,
  now: EpochMs,
  startedAt: EpochMs = now,
): StartHistory {
  const failures = h.failures + 1;
  if (h.suspect !== undefined || isGuarded(h))
    return { ...h, failures, ...afterSuspectFailure(h, detail, policy, now, startedAt) };
  const beyond = failures - policy.maxFailures;
  return { ...h, failures, lastFailure: detail, retryAt: beyond >= 0 ? now + pauseFor(beyond, policy) : null };
}

const pauseFor = (doublings: number, policy: ReservePolicy): number =>
  Math.min(policy.maxRetryMs, policy.retryMs * 2 ** Math.min(30, Math.max(0, doublings)));

function afterSuspectFailure(
  h: StartHistory,
  detail: string,
  policy: ReservePolicy,
  now: EpochMs,
  startedAt: EpochMs,
): Pick<StartHistory, 'lastFailure' | 'retryAt' | 'suspect'> {
  const known = h.suspect;
  const lastFailure = suspicion(h, detail);
  if (known !== undefined && startedAt < known.since) return { lastFailure, retryAt: h.retryAt, suspect: known };
  const suspect = { since: now, trials: known === undefined ? 0 : known.trials + 1 };
  return { lastFailure, retryAt: now + pauseFor(suspect.trials, policy), suspect };
}

/** For people: why the class backs off. */
const suspicion = (h: StartHistory, last: string): string =>
  `starts on ${slowOnes(h)} of the last ${h.recent?.length ?? 0} machines were slow or failed, which is hardly the machines' doing; the last: ${last}`;

/** What keeps a class's start, a client's too, from being made now, for people; null: nothing.
 *  @param starting instances of the class on their way */
export function holdsStart(h: StartHistory, starting: number, now: EpochMs): string | null {
  if (h.suspect === undefined) return null;
  if (starting > 0) return `the class backs off until its trial start has come up: ${h.lastFailure}`;
  if (h.retryAt === null || now >= h.retryAt) return null;
  return `the class backs off, the next trial start is at ${iso(h.retryAt)}: ${h.lastFailure}`;
}

/** Median of the last starts [ms]; null when there is none. */
export function expectedStart(h: StartHistory): number | null {
  const sorted = h.startsMs.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
