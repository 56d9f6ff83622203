import { styleText } from 'node:util';
import type { Resources, SessionPhase } from '../../clients/typescript/src/types.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** One figure that suits the size: `4s`, `3m`, `2h`, `5d`. */
export function short(ms: number): string {
  for (const [unit, size] of UNITS) if (ms >= size) return `${Math.floor(ms / size)}${unit}`;
  return `${Math.max(0, Math.floor(ms / 1_000))}s`;
}

/** A configured duration in full: `1h30m`, `90s`. */
export function exact(ms: number): string {
  if (ms < 1_000) return ms === 0 ? '0s' : `${Math.round(ms)}ms`;
  let rest = Math.round(ms / 1_000);
  let text = '';
  for (const [unit, size] of [...UNITS, ['s', 1_000] as const]) {
    const n = Math.floor(rest / (size / 1_000));
    rest -= n * (size / 1_000);
    if (n > 0) text += `${n}${unit}`;
  }
  return text;
}

/** For a clock that runs: `4.2 s`, `1 min 12 s`. */
export function running(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
}

/** How long ago. */
export const age = (time: Date | null, now: number): string => (time === null ? '-' : short(now - time.getTime()));

/** How long something took: `12 ms`, `4.2 s`. */
export const took = (ms: number): string => (ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : running(ms));

/** How long from now, to the nearest second: `in 3m`; `now` when it is over. */
export function until(time: Date | null, now: number): string {
  if (time === null) return '-';
  return time.getTime() <= now ? 'now' : `in ${short(Math.round((time.getTime() - now) / 1_000) * 1_000)}`;
}

/** Binary units, at most one decimal: `512Mi`, `1.5Gi`; `-` for 0. */
export function size(bytes: number): string {
  if (bytes === 0) return '-';
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.round((bytes / 1_024 ** power) * 10) / 10}${units[power]}`;
}

/** US dollars; fractions of a cent where the amount is small. */
export const dollars = (amount: number): string =>
  amount === 0 ? '-' : `$${amount.toFixed(amount < 1 ? 4 : 2).replace(/(\.\d\d)0+$/, '$1')}`;

/** `1 cpu, 512Mi, 2 x RTX 4090`: what is kept, or the limit where only that is known. */
export function resources(r: Resources): string {
  const cpu = r.cpuRequest || r.cpuLimit;
  const memory = r.memoryRequestBytes || r.memoryLimitBytes;
  const gpus = r.gpuCount > 0 ? `${r.gpuCount} x ${r.gpuModel || 'GPU'}` : '';
  const disk = r.diskBytes > 0 ? `${size(r.diskBytes)} disk` : '';
  const parts = [cpu > 0 ? `${cpu} cpu` : '', memory > 0 ? size(memory) : '', gpus, disk];
  return parts.filter((p) => p !== '').join(', ') || '-';
}

/** `99.5%`. @param of from 0 to 1 */
export const part = (of: number): string => `${Number((100 * of).toFixed(2))}%`;

/** `12 by price, 3 by region`: offers by the rule that refused them, the most first. */
export const countsByRule = (byRule: Readonly<Record<string, number>>): string =>
  Object.entries(byRule)
    .filter(([, n]) => n > 0)
    .sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .map(([rule, n]) => `${n} by ${plain(rule)}`)
    .join(', ');

export const PHASE_COLORS = {
  queued: 'yellow',
  starting: 'yellow',
  activating: 'yellow',
  active: 'green',
  releasing: 'gray',
  released: 'gray',
} as const satisfies Record<SessionPhase, string>;

export type Color = 'green' | 'yellow' | 'gray' | 'red' | 'bold' | 'none';

export const paint = (color: Color, text: string, on: boolean): string =>
  on && color !== 'none' && text !== '' ? styleText(color, text, { validateStream: false }) : text;

/** `2 active, 1 queued`; `none` where all are 0. */
export const counts = (byPhase: Readonly<Record<string, number>>): string =>
  Object.entries(byPhase)
    .filter(([, n]) => n > 0)
    .map(([phase, n]) => `${n} ${phase}`)
    .join(', ') || 'none';

/** Text that came from somewhere else, without what would steer a terminal, break its line or turn the direction in
 *  which all behind it is read. */
export const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be taken out.
  text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, ' ');
