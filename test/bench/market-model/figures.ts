import { HOUR, MINUTE } from '../../../src/domain/time.ts';
import { rankOf } from '../samples.ts';
import type { Outcome } from './run.ts';
import type { Setting } from './setting.ts';

/** What one run came to, rounded as it is kept. */
export type Figures = {
  readonly sessions: number;
  /** From acquire to ready, failed starts and waiting for an offer included [min]. */
  readonly p50: number;
  readonly p95: number;
  /** Per 100 sessions. */
  readonly failedStarts: number;
  /** Acquires that ended without a session, per 100 sessions. */
  readonly ended: number;
  /** Per session that came to be, failed starts included, of those that did not come to be as well [$]. */
  readonly dollars: number;
  readonly bad: number;
  readonly bannedBad: number;
  readonly good: number;
  readonly bannedGood: number;
  readonly bannedHosts: number;
  /** Banned from the beginning of the broken hour until an hour after it; 0 where there is none. */
  readonly bannedWhileBroken: number;
  /** Of those who asked within the broken hour [min]; 0 where there is none. */
  readonly p50WhileBroken: number;
};

const rounded = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

export function figuresOf(o: Outcome, s: Setting): Figures {
  const waitsMs = o.waits.map((w) => w.ms);
  const sessions = waitsMs.length;
  const [from, to] = s.broken ?? [0, 0];
  const whileBroken = o.waits.filter((w) => w.acquiredAt >= from && w.acquiredAt < to).map((w) => w.ms);
  const wasBanned = (machine: string): boolean => o.memory.everBanned.has(machine);
  const bad = o.lots.filter((l) => l.isBad);
  const good = o.lots.filter((l) => !l.isBad);
  return {
    sessions,
    p50: rounded(rankOf(waitsMs, 0.5) / MINUTE, 2),
    p95: rounded(rankOf(waitsMs, 0.95) / MINUTE, 2),
    failedStarts: rounded((o.rentals.filter((r) => r.failed).length / sessions) * 100, 2),
    ended: rounded((o.acquiresEnded / sessions) * 100, 2),
    dollars: rounded(o.micros / 1e6 / Math.max(1, sessions - o.gaveUp), 4),
    bad: bad.length,
    bannedBad: bad.filter((l) => wasBanned(l.offer.machine)).length,
    good: good.length,
    bannedGood: good.filter((l) => wasBanned(l.offer.machine)).length,
    bannedHosts: o.memory.hostsEverBanned.size,
    bannedWhileBroken:
      s.broken === null ? 0 : [...o.memory.everBanned.values()].filter((at) => at >= from && at < to + HOUR).length,
    p50WhileBroken: rounded(rankOf(whileBroken, 0.5) / MINUTE, 2),
  };
}
