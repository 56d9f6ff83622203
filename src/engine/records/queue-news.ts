import type { Clock } from '../../ports/clock.ts';
import type { Mirror, MirrorChange } from './mirror.ts';

/** Those who watch a waiting session hear of its place in the queue at most this often [ms]. */
const EVERY_MS = 1_000;

/** Tells whoever watches a waiting session that the queue of its class has moved, or that of those whose instance is to
 *  be asked for at a provider: once for any number of moves. */
export type QueueNews = ReturnType<typeof createQueueNews>;

export function createQueueNews(mirror: Mirror, clock: Clock) {
  const listeners = new Map<string, Set<() => void>>();
  const pending = new Set<string>();

  async function tellLater(line: string): Promise<void> {
    pending.add(line);
    await clock.sleep(EVERY_MS, NEVER);
    pending.delete(line);
    for (const listener of listeners.get(line) ?? []) listener();
  }

  mirror.listen((change) => {
    const line = lineOf(change);
    if (line !== null && listeners.has(line) && !pending.has(line)) void tellLater(line);
  });

  function listen(line: string, listener: () => void): () => void {
    const set = listeners.get(line) ?? new Set();
    listeners.set(line, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) listeners.delete(line);
    };
  }

  return {
    /** Calls `listener` after moves of the class's queue. Returns its end. */
    listen: (className: string, listener: () => void): (() => void) => listen(`class/${className}`, listener),
    /** The same for turns at a provider. */
    listenToTurns: (provider: string, listener: () => void): (() => void) => listen(`turns/${provider}`, listener),
  };
}

/** The line that has moved by it; null: none. */
function lineOf(change: MirrorChange): string | null {
  if (change.kind === 'session') {
    const { before, after } = change;
    return (before?.phase === 'queued') === (after?.phase === 'queued')
      ? null
      : `class/${(after ?? before)?.asked.class ?? ''}`;
  }
  if (change.kind !== 'instance') return null;
  const { before, after } = change;
  return (before?.phase === 'intended') === (after?.phase === 'intended')
    ? null
    : `turns/${(after ?? before)?.provider ?? ''}`;
}

const NEVER = new AbortController().signal;
