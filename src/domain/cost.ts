import type { Instance } from './instance.ts';
import type { Micros } from './resources.ts';
import type { InstanceFacts, Session, Use } from './session.ts';
import { type EpochMs, HOUR } from './time.ts';

/** Micro-dollars spent if an instance runs from `from` to `to`; rounded up, providers bill started seconds.
 *  @param microsPerHour all price parts together */
export const runMicros = (microsPerHour: Micros, from: EpochMs, to: EpochMs): Micros =>
  Math.ceil((microsPerHour * Math.max(0, to - from)) / HOUR);

/** What an instance is paid by. A price with a part for storage is that of a provider that takes this part as long as
 *  the instance exists, and the rest only while it runs. */
type Price = {
  readonly microsPerHour: Micros;
  readonly storageMicrosPerHour?: Micros;
  readonly rentedAt?: EpochMs | null;
  readonly runningAt?: EpochMs;
};

/** Micro-dollars spent on an instance that somebody pays since `from`; rounded up. */
export function spentMicros(p: Price, from: EpochMs, to: EpochMs): Micros {
  const { microsPerHour, storageMicrosPerHour: storage, rentedAt = null, runningAt } = p;
  if (storage === undefined) return runMicros(microsPerHour, from, to);
  if (rentedAt === null) return 0;
  const existed = Math.max(0, to - Math.max(from, rentedAt));
  const ran = runningAt === undefined ? 0 : Math.max(0, to - Math.max(from, rentedAt, runningAt));
  return Math.ceil((storage * existed + Math.max(0, microsPerHour - storage) * ran) / HOUR);
}

/** The facts with what is known of the instance by now: a session hears of it only when it changes itself. */
function knownOf(facts: InstanceFacts, live: Instance | undefined): InstanceFacts {
  if (live?.id !== facts.id || !('rentedAt' in live) || live.rentedAt === null) return facts;
  const { rentedAt, runningAt } = live;
  return { ...facts, rentedAt, ...(runningAt === undefined ? {} : { runningAt }) };
}

/** Of a session in use: the instances that it lost, and the present one. */
function useMicros(use: Use, live: Instance | undefined, now: EpochMs): Micros {
  const { instance, fromReserve, activeAt, paidFrom, spentMicros: before = 0 } = use;
  if (paidFrom === null) return before;
  const from = paidFrom ?? (fromReserve ? activeAt : instance.createdAt);
  return before + spentMicros(knownOf(instance, live), from, now);
}

/** What a session has cost so far. One from the reserve pays from the moment it was claimed, one started for it
 *  from the instance's creation on.
 *  @param live its instance as it is now, where there is a record of it */
export function costSoFar(s: Session, now: EpochMs, live?: Instance): Micros {
  switch (s.phase) {
    case 'queued':
      return 0;
    case 'starting':
      return spentMicros(knownOf(s.instance, live), s.instance.createdAt, now);
    case 'activating':
      return spentMicros(knownOf(s.instance, live), s.fromReserve ? s.since : s.instance.createdAt, now);
    case 'active':
      return useMicros(s, live, now);
    case 'releasing':
      if (s.use !== null) return useMicros(s.use, live, now);
      return s.instance === null ? 0 : spentMicros(knownOf(s.instance, live), s.instance.createdAt, now);
    case 'released':
      return s.costMicros;
    default:
      return s satisfies never;
  }
}
