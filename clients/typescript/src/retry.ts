import { isBerthError } from './errors.ts';
import type { System } from './system.ts';

/** Before the first retry [ms]; doubled for each one after. */
const FIRST_MS = 200;
/** No pause is longer, unless the broker asks for it [ms]. */
const LONGEST_MS = 5_000;

/**
 * How long to wait before the call is made again [ms]: what the broker asked for at least, spread so that many
 * clients do not come back at once. `null`: the call must not be repeated.
 * @param tries how often it failed before
 * @param chance from 0 to 1
 */
export function retryDelay(err: unknown, tries: number, chance: number): number | null {
  if (!isBerthError(err, 'unavailable')) return null;
  const backoff = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
  return err.retryAfterMs === null ? backoff * (0.5 + chance / 2) : err.retryAfterMs + FIRST_MS * chance;
}

/** How long to go on trying [ms]: while a broker answers `unavailable`, and while none can be reached. */
export type Patience = { readonly answeredMs: number; readonly unreachableMs: number };

/** Calls again while the answer is `unavailable`, as long as the next try begins in time. */
export async function withRetry<T>(
  attempt: () => Promise<T>,
  patience: Patience,
  system: System,
  signal?: AbortSignal,
): Promise<T> {
  const from = system.monotonic();
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (err) {
      const delay = retryDelay(err, tries, system.random());
      if (delay === null || system.monotonic() + delay - from > patienceFor(err, patience)) throw err;
      await system.sleep(delay, signal);
    }
  }
}

const patienceFor = (err: unknown, p: Patience): number =>
  isBerthError(err) && !err.answered ? Math.min(p.unreachableMs, p.answeredMs) : p.answeredMs;
