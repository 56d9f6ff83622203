import type { Clock } from '../ports/clock.ts';
import type { Mirror } from './mirror.ts';

/** Those who watch a waiting session hear of its place in the queue at most this often [ms]. */
const EVERY_MS = 1_000;

/** Tells whoever watches a waiting session that the queue of its class has moved: once for any number of moves. */
export type QueueNews = ReturnType<typeof createQueueNews>;

export function createQueueNews(mirror: Mirror, clock: Clock) {
  const listeners = new Map<string, Set<() => void>>();
  const pending = new Set<string>();

  async function tellLater(className: string): Promise<void> {
    pending.add(className);
    await clock.sleep(EVERY_MS, NEVER);
    pending.delete(className);
    for (const listener of listeners.get(className) ?? []) listener();
  }

  mirror.listen((change) => {
    if (change.kind !== 'session') return;
    const { before, after } = change;
    if ((before?.phase === 'queued') === (after?.phase === 'queued')) return;
    const className = (after ?? before)?.asked.class ?? '';
    if (listeners.has(className) && !pending.has(className)) void tellLater(className);
  });

  return {
    /** Calls `listener` after moves of the class's queue. Returns its end. */
    listen(className: string, listener: () => void): () => void {
      const set = listeners.get(className) ?? new Set();
      listeners.set(className, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(className);
      };
    },
  };
}

const NEVER = new AbortController().signal;
