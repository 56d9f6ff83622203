import type { EpochMs } from '../domain/time.ts';

/** The clock of record. Replicas that share a store agree about `now` to within a second. */
export interface Clock {
  /** Time of record. May jump (an admin sets the machine's clock). */
  now(): EpochMs;
  /** Never jumps; only differences mean something [ms]. */
  monotonic(): number;
  /** Resolves after `ms` (at once when not positive). @throws AbortError when `signal` aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Since when (`monotonic`) `now` has had no jump of more than 60 s; expiry waits 60 s after one. */
  steadySince(): number;
}
