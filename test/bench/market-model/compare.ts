import { rankOf } from '../samples.ts';

/** What lies between two ways, seed by seed: the middle difference, and how often the second is less and more. */
export function compared(first: readonly number[], second: readonly number[], digits: number): string {
  const differences = second.map((value, n) => value - (first[n] ?? 0));
  const least = 10 ** -digits / 2;
  const better = differences.filter((d) => d < -least).length;
  const worse = differences.filter((d) => d > least).length;
  const middle = rankOf(differences, 0.5);
  const sign = middle > least ? '+' : middle < -least ? '−' : '';
  return `${sign}${Math.abs(middle).toFixed(digits)} (${better} better, ${worse} worse)`;
}
