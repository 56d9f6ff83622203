import { type Instance, isUnclaimed } from './instance.ts';
import type { ReservePolicy } from './session-class.ts';
import type { EpochMs } from './time.ts';

/** How a class's starts have gone lately. */
export type StartHistory = {
  /** Durations of the last successful cold starts, newest last [ms]. */
  readonly startsMs: readonly number[];
  /** Failed starts in a row. */
  readonly failures: number;
  readonly lastFailure: string;
  /** When the next trial start may be made; null while the class is not backing off. */
  readonly retryAt: EpochMs | null;
};

export const NO_HISTORY: StartHistory = { startsMs: [], failures: 0, lastFailure: '', retryAt: null };
const KEEP_STARTS = 20;

export type ReservePlan = {
  /** Instances to make now. */
  readonly create: number;
  /** Ready or starting members to destroy: outdated ones and surplus, the youngest first. */
  readonly giveBack: readonly { readonly instance: Instance; readonly why: 'surplus' | 'outdated' }[];
  readonly why: 'enough' | 'surplus' | 'backing-off' | 'short';
  /** When to plan again if nothing happens. */
  readonly lookAt: EpochMs | null;
};

/**
 * What to do so that a class keeps `target` members. Instances on their way count as members.
 * @param members the class's instances without a session, in any phase
 * @param recipe the class's recipe now; members of another one are outdated
 */
export function planReserve(
  members: readonly Instance[],
  target: number,
  recipe: string,
  policy: ReservePolicy,
  history: StartHistory,
  now: EpochMs,
): ReservePlan {
  const unclaimed = members.filter(isUnclaimed);
  const outdated = unclaimed.filter((i) => i.recipe !== recipe);
  const current = unclaimed.filter((i) => i.recipe === recipe);
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

/** The history after a start that came up: it ends backing off. */
export const afterStart = (h: StartHistory, startMs: number): StartHistory => ({
  startsMs: [...h.startsMs, startMs].slice(-KEEP_STARTS),
  failures: 0,
  lastFailure: '',
  retryAt: null,
});

/** The history after a start that failed. From `maxFailures` in a row on, each failure doubles the pause before the
 *  next trial start, up to `maxRetryMs`. */
export function afterFailure(h: StartHistory, detail: string, policy: ReservePolicy, now: EpochMs): StartHistory {
  const failures = h.failures + 1;
  const beyond = failures - policy.maxFailures;
  const pause = Math.min(policy.maxRetryMs, policy.retryMs * 2 ** Math.min(30, Math.max(0, beyond)));
  return { ...h, failures, lastFailure: detail, retryAt: beyond >= 0 ? now + pause : null };
}

/** Median of the last starts [ms]; null when there is none. */
export function expectedStart(h: StartHistory): number | null {
  const sorted = h.startsMs.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
