import type { Expect } from '../../ports/store.ts';
import type { Transition } from '../hooks.ts';
import type { Nothing } from '../market/nothing.ts';
import type { Mirror } from '../records/mirror.ts';
import { KEY } from '../records/records.ts';
import type { RentingView } from '../use-cases.ts';

/** Why nothing may be rented now; null: it may. */
export function rentingOff(mirror: Mirror): Nothing | null {
  const renting = mirror.renting();
  if (renting === undefined || renting.on) return null;
  const because = renting.why === '' ? '' : `: ${renting.why}`;
  return { why: `renting is off${because} (by ${renting.by})`, refused: { renting: 1 } };
}

/** Whether the change comes nearer to money: it intends an instance, or is the last before its provider is asked. */
export const rents = ({ kind, before, after }: Transition): boolean =>
  kind === 'instance' &&
  ((before === undefined && after.phase === 'intended') ||
    (before?.phase === 'intended' && after.phase === 'requested'));

/** What a commit that rents rests on: nobody has said anything of renting since this replica heard of it. */
export const rentingAsKnown = (mirror: Mirror): Expect => ({
  key: KEY.renting,
  revision: mirror.revision('renting', 'all'),
});

export function rentingView(mirror: Mirror): RentingView {
  const record = mirror.renting();
  return record === undefined
    ? { on: true, by: '', at: null, why: '' }
    : { on: record.on, by: record.by, at: record.at, why: record.why };
}
