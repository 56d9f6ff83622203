import type { Caller } from '../../domain/caller.ts';
import type { AdminReads, EventFilter, EventView } from '../../engine/use-cases.ts';
import type { Clock } from '../../ports/clock.ts';

export type EventTailOptions = {
  readonly reads: Pick<AdminReads, 'events' | 'watchEvents'>;
  readonly caller: Caller;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onError: (err: unknown) => void;
};

/** Events that a page is given at its start, and that wait for one that reads slowly. */
export const KEPT_EVENTS = 500;
/** After a failure, before the log is asked again [ms]. */
const AGAIN_MS = 2_000;

const ALL: EventFilter = { kinds: [], session: null, class: null, tenant: null };

/** The newest lines of the event log, read once for all pages. */
export type EventTail = ReturnType<typeof createEventTail>;

export function createEventTail(o: EventTailOptions) {
  let kept: string[] = [];
  /** Lines taken in so far; the last of `kept` has this number. */
  let count = 0;
  let lastId = '';
  let began = false;

  function take(event: EventView): void {
    kept.push(JSON.stringify(event));
    count += 1;
    if (kept.length > 2 * KEPT_EVENTS) kept = kept.slice(-KEPT_EVENTS);
    lastId = event.id;
  }

  async function follow(signal: AbortSignal): Promise<void> {
    if (!began) {
      const page = await o.reads.events(o.caller, { filter: ALL, pageSize: KEPT_EVENTS, afterId: '', sinceAt: null });
      for (const event of page.events) take(event);
      lastId = page.lastId;
      began = true;
    }
    for await (const event of o.reads.watchEvents(o.caller, ALL, lastId, signal)) take(event);
  }

  return {
    /** Reads until `signal` aborts. */
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await follow(signal).catch((err: unknown) => {
          if (!signal.aborted) o.onError(err);
        });
        await o.clock.sleep(AGAIN_MS, signal).catch(() => undefined);
      }
    },
    count: (): number => count,
    /** The lines after the first `from` as a frame, and how many of them are no longer kept; null: there are none. */
    frame(from: number): Buffer | null {
      if (from >= count) return null;
      const lines = kept.slice(-Math.min(KEPT_EVENTS, count - from));
      const skipped = from === 0 ? 0 : count - from - lines.length;
      return Buffer.from(`event: events\ndata: {"skipped":${skipped},"events":[${lines.join(',')}]}\n\n`);
    },
  };
}
