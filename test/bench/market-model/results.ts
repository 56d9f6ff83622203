import { z } from 'zod';
import { type Figures, figuresOf } from './figures.ts';
import type { Knows } from './memory.ts';
import { lotsOf, runMarket } from './run.ts';
import { SETTINGS, type Setting } from './setting.ts';
import { type Changed, shippedTerms } from './terms.ts';

export const NOTHING: Knows = { name: 'nothing', own: false, bans: false, times: false, strict: false };
export const OWN: Knows = { ...NOTHING, name: 'own failures', own: true };
export const REGISTRY: Knows = { ...NOTHING, name: 'registry', bans: true, times: true };
const STRICT: Knows = { ...REGISTRY, strict: true };
export const WAYS: readonly Knows[] = [NOTHING, OWN, REGISTRY];

/** What is tried beside what is shipped. */
type Variant = {
  readonly name: string;
  readonly changed: Changed;
  readonly ways: readonly Knows[];
  readonly settings: readonly string[];
};

export const VALUED_IN: readonly string[] = ['healthy', 'slow where cheap'];
export const SHIPPED = 'as shipped';
export const MINUTES = { free: 'minute_value 0', dear: 'minute_value 0.05' } as const;
export const BANS = { short: 'bans for 1 d', strict: 'banned at the first failure' } as const;
const EVERYWHERE = SETTINGS.map((s) => s.name);
const VARIANTS: readonly Variant[] = [
  { name: SHIPPED, changed: {}, ways: WAYS, settings: EVERYWHERE },
  { name: MINUTES.free, changed: { microsPerMinute: 0 }, ways: [OWN, REGISTRY], settings: VALUED_IN },
  { name: MINUTES.dear, changed: { microsPerMinute: 50_000 }, ways: [OWN, REGISTRY], settings: VALUED_IN },
  { name: BANS.short, changed: { banTerm: '1d' }, ways: [REGISTRY], settings: EVERYWHERE },
  { name: BANS.strict, changed: {}, ways: [STRICT], settings: EVERYWHERE },
];

/** One line of what was found: of a setting, a way to remember and a variant, the figures seed by seed. */
export type Row = {
  readonly setting: string;
  readonly knows: string;
  readonly variant: string;
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
const RowSchema = z.strictObject({
  setting: z.string(),
  knows: z.string(),
  variant: z.string(),
  figures: z.array(FiguresSchema),
});

/** A line for each, so that a difference can be read. */
export const printRows = (rows: readonly Row[]): string => rows.map((r) => `${JSON.stringify(r)}\n`).join('');
export const parseRows = (text: string): readonly Row[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => RowSchema.parse(JSON.parse(line)));

/** Of all settings, ways and variants, the figures of these seeds. @param isWanted which rows are to be found */
export const findRows = (
  seeds: readonly number[],
  isWanted: (row: Omit<Row, 'figures'>) => boolean = () => true,
): readonly Row[] =>
  SETTINGS.flatMap((s) =>
    VARIANTS.filter((v) => v.settings.includes(s.name)).flatMap((v) => {
      const ways = v.ways.filter((way) => isWanted({ setting: s.name, knows: way.name, variant: v.name }));
      return rowsOf(s, { ...v, ways }, seeds);
    }),
  );

function rowsOf(s: Setting, { name, changed, ways }: Variant, seeds: readonly number[]): readonly Row[] {
  if (ways.length === 0) return [];
  const terms = shippedTerms(changed);
  const found = new Map(ways.map((knows) => [knows, [] as Figures[]]));
  for (const seed of seeds) {
    const lots = lotsOf(s, seed, terms);
    for (const [knows, figures] of found) figures.push(figuresOf(runMarket(s, seed, lots, terms, knows), s));
  }
  return [...found].map(([knows, figures]) => ({ setting: s.name, knows: knows.name, variant: name, figures }));
}
