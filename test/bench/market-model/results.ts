import { z } from 'zod';
import { type Figures, figuresOf } from './figures.ts';
import type { Knows } from './memory.ts';
import { lotsOf, runMarket } from './run.ts';
import { SETTINGS, type Setting } from './setting.ts';
import { shippedTerms } from './terms.ts';

export const NOTHING: Knows = { name: 'nothing', own: false, bans: false, times: false };
export const OWN: Knows = { name: 'own failures', own: true, bans: false, times: false };
export const REGISTRY: Knows = { name: 'registry', own: false, bans: true, times: true };
export const WAYS: readonly Knows[] = [NOTHING, OWN, REGISTRY];

/** In place of the class's own value of a minute [micro-dollars], and the settings for which that is tried. */
export const MINUTE_VALUES: readonly number[] = [0, 50_000];
export const TRIED_IN: readonly string[] = ['healthy', 'slow where cheap'];
const VALUED_WAYS: readonly Knows[] = [OWN, REGISTRY];

/** One line of what was found: of a setting, a way to remember and a value of a minute, the figures seed by seed. */
export type Row = {
  readonly setting: string;
  readonly knows: string;
  /** null: the class's own. */
  readonly minuteValue: number | null;
  readonly figures: readonly Figures[];
};

const count = z.number().min(0);
const FiguresSchema = z.strictObject({
  sessions: count,
  p50: count,
  p95: count,
  failedStarts: count,
  ended: count,
  dollars: count,
  bad: count,
  bannedBad: count,
  good: count,
  bannedGood: count,
  bannedHosts: count,
  bannedWhileBroken: count,
  p50WhileBroken: count,
});
const RowsSchema = z.array(
  z.strictObject({
    setting: z.string(),
    knows: z.string(),
    minuteValue: z.number().nullable(),
    figures: z.array(FiguresSchema),
  }),
);

export const parseRows = (text: string): readonly Row[] => RowsSchema.parse(JSON.parse(text));
/** A line for each, so that a difference can be read. */
export const printRows = (rows: readonly Row[]): string => `[\n${rows.map((r) => JSON.stringify(r)).join(',\n')}\n]\n`;

/** Of all settings and ways, the figures of these seeds. */
export function findRows(seeds: readonly number[]): readonly Row[] {
  return SETTINGS.flatMap((s) => [
    ...rowsOf(s, WAYS, null, seeds),
    ...(TRIED_IN.includes(s.name) ? MINUTE_VALUES.flatMap((value) => rowsOf(s, VALUED_WAYS, value, seeds)) : []),
  ]);
}

function rowsOf(s: Setting, ways: readonly Knows[], minuteValue: number | null, seeds: readonly number[]): Row[] {
  const terms = minuteValue === null ? shippedTerms() : shippedTerms(minuteValue);
  const found = new Map(ways.map((knows) => [knows, [] as Figures[]]));
  for (const seed of seeds) {
    const lots = lotsOf(s, seed, terms);
    for (const [knows, figures] of found) figures.push(figuresOf(runMarket(s, seed, lots, terms, knows), s));
  }
  return [...found].map(([knows, figures]) => ({ setting: s.name, knows: knows.name, minuteValue, figures }));
}
