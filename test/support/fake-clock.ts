import type { EpochMs } from '../../src/domain/time.ts';
import type { Clock } from '../../src/ports/clock.ts';

export type FakeClock = Clock & {
  /** Lets `ms` pass: wakes the sleepers that are due, in their order, and lets what they cause settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the time of record, as an admin would; nobody wakes. */
  jump(ms: number): void;
  /** How many sleep now. */
  sleepers(): number;
  /** Lets promises and immediates that are pending now run, and what they cause in turn. */
  settle(): Promise<void>;
};

type Sleeper = { readonly due: number; readonly wake: () => void };

/** Rounds of the event loop that count as settled: a commit to a store in process takes one, a chain of them more. */
const ROUNDS = 8;

/** Time that passes only when told to. */
export function fakeClock(startMs: EpochMs = 1_700_000_000_000): FakeClock {
  let monotonic = 0;
  let offset = startMs;
  let steadySince = Number.NEGATIVE_INFINITY;
  const sleeping = new Set<Sleeper>();

  const settle = async (): Promise<void> => {
    for (let i = 0; i < ROUNDS; i++) await new Promise<void>((resolve) => setImmediate(resolve));
  };

  const nextDue = (until: number): Sleeper | null => {
    let first: Sleeper | null = null;
    for (const s of sleeping) if (s.due <= until && (first === null || s.due < first.due)) first = s;
    return first;
  };

  return {
    now: () => offset + monotonic,
    monotonic: () => monotonic,
    steadySince: () => steadySince,
    sleepers: () => sleeping.size,
    settle,
    sleep(ms, signal) {
      const aborted = () => new DOMException('The sleep was aborted', 'AbortError');
      if (signal.aborted) return Promise.reject(aborted());
      if (!(ms > 0)) return Promise.resolve();
      return new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          sleeping.delete(sleeper);
          reject(aborted());
        };
        const wake = () => {
          sleeping.delete(sleeper);
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper: Sleeper = { due: monotonic + ms, wake };
        sleeping.add(sleeper);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      const until = monotonic + ms;
      await settle();
      for (let next = nextDue(until); next !== null; next = nextDue(until)) {
        monotonic = next.due;
        next.wake();
        await settle();
      }
      monotonic = until;
    },
    jump(ms) {
      offset += ms;
      if (Math.abs(ms) > 60_000) steadySince = monotonic;
    },
  };
}
