import type { Clock } from '../../ports/clock.ts';
import { CallFailed, type Problem } from './problems.ts';

/** Least seconds between two calls, and the first pause after a 429 that does not say how long. As the API's own
 *  description states them (2026-08), which calls them indicative; searches are 10 a minute. `account` and `logs` have
 *  none there. */
const TABLE = {
  search: { gapS: 6, pauseS: 15 },
  // A create that comes too early is told 429, and so is every other for 12 s.
  create: { gapS: 4.5, pauseS: 12 },
  list: { gapS: 1, pauseS: 5 },
  show: { gapS: 2, pauseS: 5 },
  destroy: { gapS: 3, pauseS: 5 },
  templates: { gapS: 3, pauseS: 5 },
  account: { gapS: 1, pauseS: 5 },
  logs: { gapS: 1, pauseS: 5 },
} as const;
export type LaneName = keyof typeof TABLE;

/** Calls take different times to arrive: so much more than the limit, and as many ms, whatever the pace. A refused call
 *  costs far more than this: a pause, and longer ones for many calls after it. */
const MARGIN = 1.02;
const JITTER_MS = 10;
/** The table is indicative: after a 429 the pauses are longer, until many calls came through. */
const STRETCH = 1.1;
const MOST_STRETCHED = 4;
const CALM_CALLS = 50;
const LONGEST_PAUSE_S = 120;
/** What a Retry-After is believed: a header must not stop destroying for a day [ms]. */
const LONGEST_BELIEVED_MS = 600_000;

const leastGapMs = (name: LaneName, pace: number): number => TABLE[name].gapS * 1000 * MARGIN * pace + JITTER_MS;

/** The calls to one endpoint, one after the other. */
export type Lane = {
  /** Resolves when it is this call's turn, in the order asked. What is aborted leaves no gap.
   *  @throws CallFailed at once while nothing is let through: waiting is the caller's business */
  turn(signal: AbortSignal): Promise<void>;
  /** After a 429: nothing goes through for as long as it says, else for longer each time. @returns how long [ms] */
  limited(problem: Problem): number;
  /** Nothing goes through for `ms`. */
  hold(problem: Problem, ms: number): void;
  passed(): void;
  /** The call has left only now, so the next one must not follow on its heels: making a connection takes long, using
   *  one that is kept takes nothing. */
  left(): void;
  /** Least time between two calls, as far as it is known now [ms]. */
  gapMs(): number;
};

export function createLane(name: LaneName, pace: number, clock: Clock): Lane {
  const least = leastGapMs(name, pace);
  let nextAt = Number.NEGATIVE_INFINITY;
  let last: Promise<void> = Promise.resolve();
  let held: { readonly until: number; readonly problem: Problem } | null = null;
  let limitedInRow = 0;
  let passedInRow = 0;
  let stretch = 1;

  function checkHeld(): void {
    if (held === null) return;
    const retryAfterMs = held.until - clock.monotonic();
    if (retryAfterMs > 0) throw new CallFailed({ ...held.problem, retryAfterMs });
    held = null;
  }

  function hold(problem: Problem, ms: number): void {
    const until = clock.monotonic() + ms;
    if (held === null || held.until < until) held = { until, problem };
  }

  return {
    async turn(signal) {
      signal.throwIfAborted();
      checkHeld();
      const before = last;
      const mine = Promise.withResolvers<void>();
      last = mine.promise;
      try {
        await either(before, signal);
        for (let wait = nextAt - clock.monotonic(); wait > 0; wait = nextAt - clock.monotonic())
          await clock.sleep(wait, signal);
        checkHeld();
        nextAt = clock.monotonic() + least * stretch;
      } finally {
        // Who was aborted while others were before him must not let those behind him pass them.
        void before.then(mine.resolve);
      }
    },
    limited(problem) {
      const pauseMs = Math.min(LONGEST_PAUSE_S, TABLE[name].pauseS * 2 ** Math.min(limitedInRow, 10)) * 1000 * pace;
      limitedInRow++;
      passedInRow = 0;
      stretch = Math.min(MOST_STRETCHED, stretch * STRETCH);
      const ms = Math.min(problem.retryAfterMs ?? pauseMs, LONGEST_BELIEVED_MS);
      hold(problem, ms);
      return ms;
    },
    hold,
    passed() {
      limitedInRow = 0;
      if (++passedInRow % CALM_CALLS === 0) stretch = Math.max(1, stretch / STRETCH);
    },
    left() {
      nextAt = Math.max(nextAt, clock.monotonic() + least * stretch);
    },
    gapMs: () => least * stretch,
  };
}

/** `before`, unless `signal` aborts first. */
function either(before: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  return new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
    void before.then(resolve);
  }).finally(() => over.abort());
}
