import type { FeedEntry } from '../../ports/store.ts';

/** A reader this far behind is told to read again instead: entries for it must not fill the memory. */
const MAX_WAITING = 10_000;

/** Hands every entry to every reader, in order. */
export function createFeed() {
  const readers = new Set<Reader>();
  return {
    publish(entry: FeedEntry): void {
      for (const reader of readers) reader.push(entry);
    },
    /** Ends the feeds of all readers. */
    close(): void {
      for (const reader of readers) reader.end();
    },
    async *read(signal: AbortSignal): AsyncGenerator<FeedEntry, void, void> {
      const reader = createReader();
      readers.add(reader);
      signal.addEventListener('abort', reader.end, { once: true });
      if (signal.aborted) reader.end();
      try {
        for (let batch = await reader.next(); batch !== null; batch = await reader.next())
          for (const entry of batch) {
            if (signal.aborted) return;
            yield entry;
          }
      } finally {
        signal.removeEventListener('abort', reader.end);
        readers.delete(reader);
      }
    },
  };
}

type Reader = ReturnType<typeof createReader>;

function createReader() {
  let waiting: FeedEntry[] = [{ kind: 'resync' }];
  let ended = false;
  let wake = () => {};
  return {
    push(entry: FeedEntry): void {
      if (waiting.length >= MAX_WAITING) waiting = [{ kind: 'resync' }];
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
