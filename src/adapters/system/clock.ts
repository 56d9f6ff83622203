import { setTimeout as timer } from 'node:timers/promises';
import { MINUTE } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

/** Node fires a longer timer at once [ms]. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** A difference of this much between two looks at the clock is a jump [ms]. */
const JUMP = MINUTE;

/** Where the machine's time comes from; a test gives its own. */
export type TimeSource = { readonly wall: () => number; readonly monotonic: () => number };

const MACHINE: TimeSource = { wall: () => Date.now(), monotonic: () => performance.now() };

/** The machine's clock. A suspended machine looks like a jump, and is one: nothing was watched meanwhile. */
export function createSystemClock(source: TimeSource = MACHINE): Clock {
  let offset = source.wall() - source.monotonic();
  let steadySince = Number.NEGATIVE_INFINITY;

  function now(): number {
    const wall = source.wall();
    const monotonic = source.monotonic();
    if (Math.abs(wall - monotonic - offset) > JUMP) steadySince = monotonic;
    offset = wall - monotonic;
    return wall;
  }

  return {
    now,
    monotonic: source.monotonic,
    sleep: (ms, signal) => sleepUntil(source.monotonic() + ms, source.monotonic, signal),
    steadySince() {
      now();
      return steadySince;
    },
  };
}

/** In pieces, since a timer has an upper bound and may fire a millisecond early. */
async function sleepUntil(due: number, monotonic: () => number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new DOMException('The sleep was aborted', 'AbortError');
  for (let left = due - monotonic(); left > 0; left = due - monotonic())
    await timer(Math.min(Math.ceil(left), LONGEST_TIMER), undefined, { signal });
}
