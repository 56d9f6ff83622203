import type { Machine } from './market.ts';

/** What can be rented: some GPUs of a machine. Its id works once. */
export type Ask = { readonly id: number; readonly machine: Machine; readonly gpus: number };

/** Which GPUs are free, and the asks that follow from it. */
export type AskBook = {
  readonly machines: readonly Machine[];
  all(): Iterable<Ask>;
  find(id: number): Ask | null;
  /** An ask that has been rented: for who accepts a second rent of it. */
  rented(id: number): Ask | null;
  free(machine: Machine): number;
  /** Takes the GPUs. The ask is gone, and with it the larger ones that no longer fit. */
  rent(ask: Ask): void;
  /** Takes GPUs without an ask, as a stopped instance does that starts again. @returns whether there were enough */
  take(machine: Machine, gpus: number): boolean;
  /** Gives them back: asks with new ids appear. */
  giveBack(machine: Machine, gpus: number): void;
};

const FIRST_ID = 20_000_000;

export function createAskBook(machines: readonly Machine[]): AskBook {
  const asks = new Map<number, Ask>();
  const used = new Map<number, Ask>();
  const taken = new Map<number, number>();
  let nextId = FIRST_ID;

  const free = (m: Machine): number => Math.max(0, m.gpus - (taken.get(m.id) ?? 0));

  function refresh(m: Machine): void {
    const sizes = sizesOf(m.gpus).filter((size) => size <= free(m));
    const offered = new Set<number>();
    for (const ask of [...asks.values()].filter((a) => a.machine === m)) {
      if (sizes.includes(ask.gpus)) offered.add(ask.gpus);
      else asks.delete(ask.id);
    }
    for (const gpus of sizes.filter((s) => !offered.has(s))) {
      nextId += 3;
      asks.set(nextId, { id: nextId, machine: m, gpus });
    }
  }

  function change(m: Machine, gpus: number): void {
    taken.set(m.id, (taken.get(m.id) ?? 0) + gpus);
    refresh(m);
  }

  for (const m of machines) refresh(m);
  return {
    machines,
    all: () => asks.values(),
    find: (id) => asks.get(id) ?? null,
    rented: (id) => used.get(id) ?? null,
    free,
    rent(ask) {
      asks.delete(ask.id);
      used.set(ask.id, ask);
      change(ask.machine, ask.gpus);
    },
    take(m, gpus) {
      if (free(m) < gpus) return false;
      change(m, gpus);
      return true;
    },
    giveBack: (m, gpus) => change(m, -gpus),
  };
}

/** All of them, and half, and half of that. */
function sizesOf(gpus: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = gpus; size >= 1; size = Math.floor(size / 2)) sizes.push(size);
  return sizes;
}
