import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fromRoot, report } from '../../support/drift.ts';
import { pageOf } from './page.ts';
import { findRows, parseRows, printRows, REGISTRY, type Row, SHIPPED } from './results.ts';
import { shippedTerms } from './terms.ts';

// npm run model:market [-- --check [--all]]: writes the figures, seed by seed, and the page made from them. --check
// writes nothing: it fails where the page is not what the figures give, or where the registry's rows no longer give
// theirs for the first seed: every rule takes part in those. With --all it runs everything again.

const SEEDS = 20;
const FIGURES = 'test/bench/market-model/figures.jsonl';
const PAGE = 'deploy/docs/market-model.md';

/** Files that are not what the rules give now. @param all whether everything is run again */
export function outdated(all: boolean): readonly string[] {
  const seeds = all ? SEEDS : 1;
  const isRun = (r: Omit<Row, 'figures'>): boolean => all || (r.knows === REGISTRY.name && r.variant === SHIPPED);
  const kept = parseRows(readFileSync(fromRoot(FIGURES), 'utf8'));
  const known = kept.filter(isRun).map((row) => ({ ...row, figures: row.figures.slice(0, seeds) }));
  const isComplete = kept.every((row) => row.figures.length === SEEDS);
  const found: string[] = [];
  if (!isComplete || printRows(known) !== printRows(findRows(upTo(seeds), isRun))) found.push(FIGURES);
  if (readFileSync(fromRoot(PAGE), 'utf8') !== pageOf(kept, shippedTerms())) found.push(PAGE);
  return found;
}

const upTo = (seeds: number): readonly number[] => Array.from({ length: seeds }, (_, n) => n + 1);

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, all: { type: 'boolean' } } });
  if (values.check) {
    report('the model of the market', outdated(values.all === true), 'npm run model:market');
  } else {
    const rows = findRows(upTo(SEEDS));
    writeFileSync(fromRoot(FIGURES), printRows(rows));
    writeFileSync(fromRoot(PAGE), pageOf(rows, shippedTerms()));
    console.log(`${PAGE} and ${FIGURES} are written`);
  }
}
