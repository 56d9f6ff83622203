import type { EndReason, PlannedEnd, Session } from '../../clients/typescript/src/types.ts';
import { countsByRule, dollars, exact, PHASE_COLORS, paint, plain, short, until } from './format.ts';

/** What a session's state means, in words for people. */

const WAITING = ['queued', 'starting', 'activating'];
export const isWaiting = (s: Session): boolean => WAITING.includes(s.phase);
const isEnding = (s: Session): boolean => s.phase === 'releasing' || s.phase === 'released';

/** The phase, and what matters of it: `queued #3`, `starting 40%`, `active (replacing)`, `released (expired)`. */
export function phase(s: Session, now: number, color: boolean): string {
  const word = paint(PHASE_COLORS[s.phase], s.phase, color);
  if (s.endReason !== null) return `${word} (${s.endReason})`;
  if (s.phase === 'active') return s.waitingFor === '' ? word : `${word} ${paint('yellow', '(replacing)', color)}`;
  if (s.phase === 'queued') return s.queuePosition > 0 ? `${word} #${s.queuePosition}` : word;
  const done = percent(s, now);
  return done === null ? word : `${word} ${done}%`;
}

/** How far on its way to active, from its creation to when it is expected; below 100 until it is there. */
export function percent(s: Session, now: number): number | null {
  if (!isWaiting(s) || s.createTime === null || s.expectedActiveTime === null) return null;
  const all = s.expectedActiveTime.getTime() - s.createTime.getTime();
  if (all <= 0) return 99;
  return Math.min(99, Math.max(0, Math.floor((100 * (now - s.createTime.getTime())) / all)));
}

/** `about 7s to go`; empty where it is not known. */
export function toGo(s: Session, now: number): string {
  if (!isWaiting(s) || s.expectedActiveTime === null) return '';
  const left = s.expectedActiveTime.getTime() - now;
  return left > 0 ? `about ${exact(Math.max(1_000, Math.round(left / 1_000) * 1_000))} to go` : 'any moment';
}

const CAUSES: Readonly<Partial<Record<EndReason, string>>> = { expired: 'lifetime' };

/** The first end that will come by itself, and what causes it in a word. */
export function nextEnd(s: Session): { readonly time: Date; readonly cause: string } | null {
  if (isEnding(s)) return null;
  if (s.plannedEnd !== null)
    return { time: s.plannedEnd.endTime, cause: CAUSES[s.plannedEnd.reason] ?? s.plannedEnd.reason };
  const { queueTime, expireTime, idleTime, confirmTime } = s.deadlines;
  const known = isWaiting(s)
    ? [[queueTime, 'queue'] as const]
    : [[expireTime, 'lifetime'] as const, [idleTime, 'idle'] as const, [confirmTime, 'unconfirmed'] as const];
  const first = known
    .flatMap(([time, cause]) => (time === null ? [] : [{ time, cause }]))
    .sort((a, b) => a.time.getTime() - b.time.getTime());
  return first[0] ?? null;
}

/** `in 12m (idle)`; `-` where nothing ends it by itself. Yellow once the broker has warned. */
export function ends(s: Session, now: number, color: boolean): string {
  const end = nextEnd(s);
  if (end === null) return '-';
  return paint(s.warning === null ? 'none' : 'yellow', `${until(end.time, now)} (${end.cause})`, color);
}

const UNLESS: Readonly<Partial<Record<EndReason, string>>> = {
  idle: 'idle, unless used',
  expired: 'its lifetime is over then, unless extended',
  unconfirmed: 'nobody has asked for it yet, unless somebody does',
};

/** `in 12m, idle, unless used`. */
export function plannedEnd({ reason, endTime }: PlannedEnd, s: Session, now: number): string {
  const last =
    reason === 'expired' && endTime.getTime() >= (s.deadlines.maxExpireTime?.getTime() ?? Number.POSITIVE_INFINITY);
  const why = last ? 'its class allows no longer life' : (UNLESS[reason] ?? reason);
  return `${until(endTime, now)}, ${why}`;
}

/** How long it was not used; `-` where that is not known. */
export const idle = (s: Session, now: number): string =>
  s.phase !== 'active' || s.lastUsedTime === null ? '-' : short(now - s.lastUsedTime.getTime());

/** `12 by price, 3 by region`: offers by the rule that refused them, the most first. */
export const refused = (s: Session): string => countsByRule(s.refused);

/** Why it waits, how far its instance is and what that costs, which attempt it is and when it should be there; empty
 *  when there is nothing to say. */
export function standing(s: Session, now: number): string {
  const attempt = s.attempts > 1 ? `attempt ${s.attempts}` : '';
  const parts = [plain(s.waitingFor), plain(s.progress), price(s), attempt, toGo(s, now)].filter((p) => p !== '');
  return parts.length === 0 ? '' : `(${parts.join(', ')})`;
}

/** `$0.35 per hour`; empty while there is no instance, and where it is free. */
export const price = ({ instance }: Session): string =>
  instance === null || instance.pricePerHour === 0 ? '' : `${dollars(instance.pricePerHour)} per hour`;

/** How long it took to turn active. */
export function startTook({ phase: p, createTime, activeTime }: Session): number | null {
  if (p !== 'active' || createTime === null || activeTime === null) return null;
  return activeTime.getTime() - createTime.getTime();
}
