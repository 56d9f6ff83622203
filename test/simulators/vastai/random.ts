/** Chance that repeats: the same seed gives the same sequence. */
export type Random = {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `n`. */
  int(n: number): number;
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** By weight. */
  weighted<T extends { readonly weight: number }>(from: readonly T[]): T;
  /** Log-normal: half of them below `median`. */
  around(median: number, sigma: number): number;
};

/** @param seed every purpose has a seed of its own, so that one more draw here changes nothing there */
export function createRandom(seed: string): Random {
  let state = hash(seed);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (n: number): number => Math.floor(next() * n);
  return {
    next,
    int,
    between: (low, high) => low + next() * (high - low),
    pick: (from) => some(from[int(from.length)]),
    weighted(from) {
      let left = next() * from.reduce((sum, f) => sum + f.weight, 0);
      for (const f of from) {
        left -= f.weight;
        if (left < 0) return f;
      }
      return some(from.at(-1));
    },
    around: (median, sigma) =>
      median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  };
}

/** FNV-1a */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const c of text) h = Math.imul(h ^ (c.codePointAt(0) ?? 0), 0x01000193);
  return h;
}

function some<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
}
