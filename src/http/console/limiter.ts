import type { Clock } from '../../ports/clock.ts';

/** Wrong tokens that one peer may send at once. */
const BURST = 10;
/** Then one more after each of these [ms]. */
const REFILL_MS = 6_000;
/** Peers remembered; whoever was refused longest ago goes first. */
const MAX_PEERS = 1_000;

/** Slows down whoever guesses tokens. */
export type Limiter = ReturnType<typeof createLimiter>;

export function createLimiter(clock: Pick<Clock, 'monotonic'>) {
  /** When each peer's allowance will be whole again; the insertion order is that of the last refusals. */
  const wholeAt = new Map<string, number>();
  return {
    /** How long `peer` must wait before its token is looked at [ms]; 0: not at all. */
    waitMs(peer: string): number {
      const owed = (wholeAt.get(peer) ?? 0) - clock.monotonic();
      return Math.max(0, owed - (BURST - 1) * REFILL_MS);
    },
    /** `peer` sent a token that is none. */
    refused(peer: string): void {
      const from = Math.max(clock.monotonic(), wholeAt.get(peer) ?? 0);
      wholeAt.delete(peer);
      wholeAt.set(peer, from + REFILL_MS);
      const [first] = wholeAt.keys();
      if (wholeAt.size > MAX_PEERS && first !== undefined) wholeAt.delete(first);
    },
  };
}
