import type { PlannedEnd, SessionIn } from './session.ts';
import type { EpochMs } from './time.ts';
import { earliest } from './time.ts';

type Active = SessionIn<'active'>;

/** When the session ends as idle if nobody uses it; null: never. */
export const idleAt = (s: Active): EpochMs | null =>
  s.terms.idleTimeoutMs === null ? null : s.lastUsedAt + s.terms.idleTimeoutMs;

/** No extension passes this. */
export const maxExpireAt = (s: Active): EpochMs => s.activeAt + s.terms.maxAgeMs;

/** The end that comes first, by lifetime or idleness, and when to warn of it: the class's time before, at most half
 *  of the time that the session is given, so that a short session is not warned of from its first second. */
export function nextEnd(s: Active): { readonly warning: PlannedEnd; readonly warnAt: EpochMs } {
  const idle = idleAt(s);
  if (idle !== null && s.terms.idleTimeoutMs !== null && idle < s.expireAt) {
    const before = Math.min(s.terms.warnBeforeMs, s.terms.idleTimeoutMs / 2);
    return { warning: { reason: 'idle', endAt: idle }, warnAt: idle - before };
  }
  const before = Math.min(s.terms.warnBeforeMs, (s.expireAt - s.activeAt) / 2);
  return { warning: { reason: 'expired', endAt: s.expireAt }, warnAt: s.expireAt - before };
}

/** When and why it ends if nothing happens. */
export function plannedEnd(s: Active): PlannedEnd {
  const { warning } = nextEnd(s);
  return s.confirmBy !== null && s.confirmBy < warning.endAt ? { reason: 'unconfirmed', endAt: s.confirmBy } : warning;
}

/** The session as used at `now`: confirmed, its idle time restarted, a warning that no longer holds taken back. The
 *  same object where it was used then or later: of many callers at once one writes for all. */
export function used(s: Active, now: EpochMs): Active {
  if (s.lastUsedAt >= now && s.confirmBy === null) return withdrawWarning(s, now);
  const after: Active = { ...s, lastUsedAt: Math.max(s.lastUsedAt, now), confirmBy: null };
  return withdrawWarning(after, now);
}

/** Takes the warning back if the end has moved away. */
export function withdrawWarning(s: Active, now: EpochMs): Active {
  return s.warning !== null && now < nextEnd(s).warnAt ? { ...s, warning: null } : s;
}

/** When an active session must be looked at again. */
export function activeLookAt(s: Active): EpochMs | null {
  const { warnAt, warning } = nextEnd(s);
  return earliest(s.expireAt, idleAt(s), s.confirmBy, s.warning?.endAt === warning.endAt ? null : warnAt);
}
