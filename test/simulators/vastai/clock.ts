/** The simulator's own time [epoch ms]: the machine's, shifted, or standing still until it is told to move. */
export type SimClock = {
  now(): number;
  /** Runs `run` once that time has come. @returns takes it back */
  at(dueMs: number, run: (dueMs: number) => void | Promise<void>): () => void;
  /** Runs everything that is due, one after the other. Every request waits for it, so nobody sees the past. */
  settle(): Promise<void>;
  /** Moves on by `ms` and runs what falls due on the way, each at its time. */
  advance(ms: number): Promise<void>;
  freeze(frozen: boolean): void;
  isFrozen(): boolean;
  /** Nothing runs after this. */
  close(): Promise<void>;
};

type Event = { readonly due: number; readonly run: (dueMs: number) => void | Promise<void> };

/** setTimeout's own limit. */
const LONGEST_MS = 2 ** 31 - 1;

/** @param startMs with `frozen`: the time that it stands at. Otherwise the machine's time is shifted to begin there */
export function createSimClock(o: { readonly startMs: number | null; readonly frozen: boolean }): SimClock {
  const events = new Set<Event>();
  let offset = o.startMs === null ? 0 : o.startMs - Date.now();
  let stoodAt: number | null = o.frozen ? (o.startMs ?? Date.now()) : null;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let closed = false;

  const now = (): number => stoodAt ?? Date.now() + offset;

  function next(): Event | null {
    let first: Event | null = null;
    for (const e of events) if (first === null || e.due < first.due) first = e;
    return first;
  }

  async function runDue(until: () => number): Promise<void> {
    for (let e = next(); e !== null && !closed && e.due <= until(); e = next()) {
      events.delete(e);
      if (stoodAt !== null) stoodAt = Math.max(stoodAt, e.due);
      try {
        await e.run(e.due);
      } catch (err) {
        // One that fails must not stop the time of all others.
        console.error('simulator: an event failed', err);
      }
    }
    arm();
  }

  function arm(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const first = next();
    if (closed || stoodAt !== null || first === null) return;
    timer = setTimeout(() => void settle(), Math.min(LONGEST_MS, Math.max(0, first.due - now())));
    timer.unref();
  }

  function queue(work: () => Promise<void>): Promise<void> {
    running = running.then(work);
    return running;
  }

  const settle = (): Promise<void> => queue(() => runDue(now));

  return {
    now,
    settle,
    at(due, run) {
      const event = { due, run };
      events.add(event);
      arm();
      return () => void events.delete(event);
    },
    advance: (ms) =>
      queue(async () => {
        const until = now() + ms;
        if (stoodAt === null) offset += ms;
        await runDue(() => until);
        if (stoodAt !== null) stoodAt = until;
      }),
    freeze(frozen) {
      if (frozen === (stoodAt !== null)) return;
      if (stoodAt !== null) offset = stoodAt - Date.now();
      stoodAt = frozen ? now() : null;
      arm();
    },
    isFrozen: () => stoodAt !== null,
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      events.clear();
      return running;
    },
  };
}
