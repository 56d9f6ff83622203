/** All in the unit of the samples; 0 where there are none. */
export type Summary = { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };

export function summarise(samples: readonly number[]): Summary {
  const sorted = Float64Array.from(samples).sort();
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}

/** The least of `sorted` that at least the share `q` is not above. */
const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;

/** By nearest rank: the least of the values that at least the share `q` is not above; 0 where there are none. */
export const rankOf = (values: readonly number[], q: number): number => quantile(Float64Array.from(values).sort(), q);

export const median = (values: readonly number[]): number => rankOf(values, 0.5);
