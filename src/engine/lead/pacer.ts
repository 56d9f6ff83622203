import type { Clock } from '../../ports/clock.ts';

/** Whose turn comes first where a provider lets only so many calls through; less goes first. */
export const PRIORITY = { start: 0, replacement: 1, hedge: 2, refill: 3 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

export const createLane = (provider: string): string => `create/${provider}`;
export const destroyLane = (provider: string): string => `destroy/${provider}`;

/** Who was told when to come back and does not come within this is forgotten [ms]. */
const GRACE_MS = 5_000;

type Waiter = { readonly priority: Priority; readonly backAt: number };
type Lane = { nextAt: number; heldUntil: number; readonly waiters: Map<string, Waiter> };

/**
 * Paces the calls that a provider limits, for the one broker that leads. Nobody waits in here: who asks is told when to
 * ask again, so its record stays as it is until its turn and nothing runs out meanwhile. Whoever is next hears of it
 * at once when its turn comes sooner than it was told.
 */
export type Pacer = ReturnType<typeof createPacer>;

/** @param wake asks again in the name of a key that waits in a lane */
export function createPacer(clock: Clock, wake: (key: string) => void) {
  const lanes = new Map<string, Lane>();

  function laneOf(name: string): Lane {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const made: Lane = { nextAt: 0, heldUntil: 0, waiters: new Map() };
    lanes.set(name, made);
    return made;
  }

  function forgetTheSilent(lane: Lane, now: number): void {
    for (const [key, w] of lane.waiters) if (w.backAt + GRACE_MS < now) lane.waiters.delete(key);
  }

  function wakeFirst(lane: Lane): void {
    let first: string | null = null;
    for (const key of lane.waiters.keys()) if (first === null || isBefore(lane, key, first)) first = key;
    if (first !== null) wake(first);
  }

  return {
    /**
     * Asks for a turn in a lane. The best priority goes first, then who has the lowest key: keys sort by age, so that
     * another leader begins with the same order.
     * @param everyMs between two turns in this lane; 0: only what holds the lane is waited for
     * @returns 0: it is yours, go on. Otherwise ask again after this long [ms]
     */
    turn(key: string, name: string, priority: Priority, everyMs: number): number {
      const now = clock.monotonic();
      const lane = laneOf(name);
      const freeAt = Math.max(lane.nextAt, lane.heldUntil);
      if (everyMs <= 0 && freeAt <= now) {
        lane.waiters.delete(key);
        return 0;
      }
      forgetTheSilent(lane, now);
      lane.waiters.set(key, { priority, backAt: now });
      let ahead = 0;
      for (const other of lane.waiters.keys()) if (isBefore(lane, other, key)) ahead += 1;
      if (ahead === 0 && freeAt <= now) {
        lane.waiters.delete(key);
        lane.nextAt = now + everyMs;
        wakeFirst(lane);
        return 0;
      }
      // Those before it are about to come: where nothing else is to be waited for they are given a moment.
      const waitMs = Math.max(freeAt - now, 0) + ahead * Math.max(everyMs, 1);
      lane.waiters.set(key, { priority, backAt: now + waitMs });
      return waitMs;
    },
    /** Lets nobody through for so long: the provider said so [ms]. */
    hold(name: string, ms: number): void {
      const lane = laneOf(name);
      lane.heldUntil = Math.max(lane.heldUntil, clock.monotonic() + ms);
    },
    /** It does not want a turn any more. */
    leave(key: string): void {
      for (const lane of lanes.values()) if (lane.waiters.delete(key)) wakeFirst(lane);
    },
  };
}

function isBefore(lane: Lane, a: string, b: string): boolean {
  const one = lane.waiters.get(a);
  const other = lane.waiters.get(b);
  if (one === undefined || other === undefined || a === b) return false;
  return one.priority === other.priority ? a < b : one.priority < other.priority;
}
