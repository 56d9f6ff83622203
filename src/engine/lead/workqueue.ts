import type { Clock } from '../../ports/clock.ts';
import { createWakeable } from './wakeable.ts';

/** Ends a wait for the clock that is longer than any it can count [ms]. */
const LONGEST_SLEEP_MS = 60_000;
/** Entries of the timetable that may no longer hold, beyond as many as do. */
const SLACK = 64;

export type WorkqueueOptions<K extends string> = {
  readonly clock: Clock;
  /** Looks at once, at most. */
  readonly concurrency: number;
  /** Pause after a look that failed, doubled with each in a row up to 64 times [ms]. */
  readonly backoffMs: number;
  /** Looks at one thing and tells when to look again [monotonic ms]; null: only when woken. */
  readonly look: (key: K, signal: AbortSignal) => Promise<number | null>;
  readonly onError: (err: unknown, key: K) => void;
  readonly onPass?: () => void;
};

export type Workqueue<K extends string> = {
  /** Looks at `key` soon. A wake during its look makes another one follow. */
  wake(key: K): void;
  /** Forgets a key that no longer exists. */
  forget(key: K): void;
  /** Entries held for later looks, those that no longer hold included. */
  size(): number;
  run(signal: AbortSignal): Promise<void>;
};

/**
 * Level-triggered work by key: a look decides from what is there now, so any number of wakes make one look. Never two
 * looks at one key at once. Only the next look of each key is held, in memory: it follows from the records, so after
 * a restart one wake of every key brings all of it back.
 */
export function createWorkqueue<K extends string>(o: WorkqueueOptions<K>): Workqueue<K> {
  const due = new Map<K, number>();
  const soon = new Set<K>();
  const looking = new Set<K>();
  const failures = new Map<K, number>();
  const sleeper = createWakeable(o.clock);
  const timetable = createTimetable<K>();

  function schedule(key: K, at: number): void {
    due.set(key, at);
    timetable.add(key, at);
    // A key that is put off leaves its former entry behind, for up to a day: a session that is kept alive every few
    // seconds would leave thousands.
    if (timetable.size() > SLACK + 2 * due.size) timetable.fill(due);
  }

  function wake(key: K): void {
    if (soon.has(key)) return;
    soon.add(key);
    sleeper.wake();
  }

  function forget(key: K): void {
    due.delete(key);
    soon.delete(key);
    failures.delete(key);
  }

  async function lookAt(key: K, signal: AbortSignal): Promise<void> {
    looking.add(key);
    due.delete(key);
    try {
      const next = await o.look(key, signal);
      failures.delete(key);
      if (next !== null) schedule(key, next);
    } catch (err) {
      if (signal.aborted) return;
      const n = (failures.get(key) ?? 0) + 1;
      failures.set(key, n);
      o.onError(err, key);
      schedule(key, o.clock.monotonic() + o.backoffMs * 2 ** Math.min(6, n - 1));
    } finally {
      looking.delete(key);
      sleeper.wake();
    }
  }

  /** Moves what has come due into `soon`; tells how long until the next one [ms]. */
  function collect(): number {
    const now = o.clock.monotonic();
    for (;;) {
      const first = timetable.first();
      if (first === undefined) return LONGEST_SLEEP_MS;
      const current = due.get(first.key) === first.at;
      if (current && first.at > now) return Math.min(first.at - now, LONGEST_SLEEP_MS);
      timetable.removeFirst();
      if (current) {
        due.delete(first.key);
        soon.add(first.key);
      }
    }
  }

  function startDue(signal: AbortSignal): void {
    for (const key of soon) {
      if (looking.size >= o.concurrency) return;
      if (looking.has(key)) continue;
      soon.delete(key);
      void lookAt(key, signal);
    }
  }

  return {
    wake,
    forget,
    size: timetable.size,
    async run(signal) {
      while (!signal.aborted) {
        const waitMs = collect();
        startDue(signal);
        o.onPass?.();
        await sleeper.sleep(waitMs, signal);
      }
      while (looking.size > 0) await sleeper.sleep(LONGEST_SLEEP_MS, NEVER);
      due.clear();
      soon.clear();
      failures.clear();
      timetable.clear();
    },
  };
}

const NEVER = new AbortController().signal;

/** A binary heap by time; an entry that no longer holds is skipped by its reader. */
function createTimetable<K>() {
  type Entry = { readonly key: K; readonly at: number };
  let heap: Entry[] = [];
  const at = (i: number): number => heap[i]?.at ?? Number.POSITIVE_INFINITY;
  function swap(i: number, j: number): void {
    const a = heap[i];
    const b = heap[j];
    if (a === undefined || b === undefined) return;
    heap[i] = b;
    heap[j] = a;
  }
  function add(key: K, when: number): void {
    let i = heap.push({ key, at: when }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (at(parent) <= at(i)) return;
      swap(parent, i);
      i = parent;
    }
  }
  return {
    add,
    size: (): number => heap.length,
    /** Holds these and nothing else. */
    fill(entries: Iterable<readonly [K, number]>): void {
      heap = [];
      for (const [key, when] of entries) add(key, when);
    },
    first: (): Entry | undefined => heap[0],
    removeFirst(): void {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
      for (let i = 0; ; ) {
        const left = 2 * i + 1;
        const least = at(left + 1) < at(left) ? left + 1 : left;
        if (at(i) <= at(least)) return;
        swap(i, least);
        i = least;
      }
    },
    clear(): void {
      heap = [];
    },
  };
}
