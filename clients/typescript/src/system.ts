import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Time, ids and chance, as the client uses them. Tests pass their own. */
export type System = {
  /** Never jumps; only differences mean something [ms]. */
  monotonic(): number;
  /** Resolves after `ms`. Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to, not including, 1. */
  random(): number;
  uuid(): string;
};

export const SYSTEM: System = {
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (err) {
      throw signal?.aborted ? signal.reason : err;
    }
  },
  random: () => Math.random(),
  uuid: () => randomUUID(),
};

/** @param ms since 1970 */
export const dateOf = (ms: number): Date => new Date(ms);
