import type { Micros } from './resources.ts';
import type { Session, Use } from './session.ts';
import type { EpochMs } from './time.ts';
import { HOUR } from './time.ts';

/** Micro-dollars spent if an instance runs from `from` to `to`; rounded up, providers bill started seconds.
 *  @param microsPerHour all price parts together */
export const runMicros = (microsPerHour: Micros, from: EpochMs, to: EpochMs): Micros =>
  Math.ceil((microsPerHour * Math.max(0, to - from)) / HOUR);

/** Of a session in use: the instances that it lost, and the present one. */
function useMicros(use: Use, now: EpochMs): Micros {
  const { instance, fromReserve, activeAt, paidFrom, spentMicros = 0 } = use;
  if (paidFrom === null) return spentMicros;
  const from = paidFrom ?? (fromReserve ? activeAt : instance.createdAt);
  return spentMicros + runMicros(instance.microsPerHour, from, now);
}

/** What a session has cost so far. One from the reserve pays from the moment it was claimed, one started for it
 *  from the instance's creation on. */
export function costSoFar(s: Session, now: EpochMs): Micros {
  switch (s.phase) {
    case 'queued':
      return 0;
    case 'starting':
      return runMicros(s.instance.microsPerHour, s.instance.createdAt, now);
    case 'activating':
      return runMicros(s.instance.microsPerHour, s.fromReserve ? s.since : s.instance.createdAt, now);
    case 'active':
      return useMicros(s, now);
    case 'releasing':
      if (s.use !== null) return useMicros(s.use, now);
      return s.instance === null ? 0 : runMicros(s.instance.microsPerHour, s.instance.createdAt, now);
    case 'released':
      return s.costMicros;
    default:
      return s satisfies never;
  }
}
