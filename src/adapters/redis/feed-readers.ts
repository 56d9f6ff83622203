import type { FeedEntry } from '../../ports/store.ts';

/** A reader this far behind is told to read again instead: entries for it must not fill the memory. */
const MAX_WAITING = 10_000;

export type FeedReader = ReturnType<typeof createReader>;

/** What one reader has not taken yet. */
export function createReader() {
  let waiting: FeedEntry[] = [];
  let ended = false;
  let wake = () => {};
  return {
    push(entry: FeedEntry): void {
      // A resync says all that came before it.
      if (entry.kind === 'resync' || waiting.length >= MAX_WAITING) waiting = [{ kind: 'resync' }];
      else waiting.push(entry);
      wake();
    },
    end(): void {
      ended = true;
      wake();
    },
    /** What has come since the last call, at least one entry; null after the end. */
    async next(): Promise<readonly FeedEntry[] | null> {
      while (waiting.length === 0 && !ended)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (ended) return null;
      const batch = waiting;
      waiting = [];
      return batch;
    },
  };
}
