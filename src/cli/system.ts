import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

/** This machine's time, for ages and remaining times [ms since 1970]. */
export const now = (): number => Date.now();

/** Never jumps; only differences mean something [ms]. */
export const monotonic = (): number => performance.now();

/** @param time as ISO 8601 says; null: it does not */
export function timeOf(text: string): Date | null {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? null : time;
}

export const dateAt = (ms: number): Date => new Date(ms);

/** Of the package that this file belongs to. */
export function version(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
    if (folder === dirname(folder)) return 'unknown';
  }
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Time of day here, with the date where that is not today's: `18:04:09`, `2030-01-31 18:04:09`. */
export function clockTime(time: Date, nowMs: number): string {
  const day = dayOf(time);
  const hour = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return day === dayOf(dateAt(nowMs)) ? hour : `${day} ${hour}`;
}

const dayOf = (t: Date): string => `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;

/** Date and time of day here, always alike in length. */
export const logTime = (time: Date): string =>
  `${dayOf(time)} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
