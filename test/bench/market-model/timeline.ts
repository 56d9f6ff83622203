import type { EpochMs } from '../../../src/domain/time.ts';

type Event = { readonly at: EpochMs; readonly run: (at: EpochMs) => void };

/** No more than this happens in one run: one that does not end must not hang. */
const MOST = 1_000_000;

/** Stepped time: what happens, in its order; of the same moment what was said first. */
export function createTimeline() {
  const events: Event[] = [];

  return {
    at(at: EpochMs, run: (at: EpochMs) => void): void {
      let [low, high] = [0, events.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((events[middle]?.at ?? 0) > at) low = middle + 1;
        else high = middle;
      }
      events.splice(low, 0, { at, run });
    },
    /** Until nothing more happens. @param after called after everything of a moment */
    run(after: (now: EpochMs) => void): void {
      for (let steps = 0; events.length > 0; steps++) {
        if (steps > MOST) throw new Error('the model does not come to an end');
        const event = events.pop();
        if (event === undefined) return;
        event.run(event.at);
        if (events.at(-1)?.at !== event.at) after(event.at);
      }
    },
  };
}
