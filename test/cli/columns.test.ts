import { describe, expect, it } from 'vitest';
import { type Column, columnTable } from '../../src/cli/columns.ts';

type Machine = { readonly id: string; readonly starts: string; readonly price: string; readonly why: string };

const COLUMNS: readonly Column<Machine>[] = [
  { heading: 'MACHINE', cell: (m) => m.id },
  { heading: '>STARTS IN', cell: (m) => m.starts, goes: 2 },
  { heading: '>PER HOUR', cell: (m) => m.price, goes: 1 },
  { heading: '~WHY', cell: (m) => m.why, goes: 0, least: 20 },
];
const WHY = 'slow-start: it was not ready within 20 min';
const BAD: Machine = { id: '4711', starts: '1 min', price: '$0.30', why: WHY };
const headings = (items: readonly Machine[], columns: number) =>
  columnTable(COLUMNS, items, columns).split('\n')[0]?.trim().split(/ {2,}/);

describe('a table on a narrow terminal', () => {
  it('is whole where there is room, and where there is no terminal', () => {
    expect(headings([BAD], 80)).toEqual(['MACHINE', 'STARTS IN', 'PER HOUR', 'WHY']);
    expect(columnTable(COLUMNS, [BAD], Number.POSITIVE_INFINITY)).toContain(WHY);
  });

  it('gives up what says least before it cuts what says most', () => {
    expect(headings([BAD], 45)).toEqual(['MACHINE', 'PER HOUR', 'WHY']);
    expect(headings([BAD], 35)).toEqual(['MACHINE', 'WHY']);
    expect(columnTable(COLUMNS, [BAD], 35).split('\n')[1]).toContain('slow-start: it was');
  });

  it('gives up what says nothing first, but only where it has to', () => {
    const quiet = { ...BAD, price: '-' };
    expect(headings([quiet], 80)).toEqual(['MACHINE', 'STARTS IN', 'PER HOUR', 'WHY']);
    expect(headings([quiet], 45)).toEqual(['MACHINE', 'STARTS IN', 'WHY']);
    expect(headings([{ ...BAD, why: '-' }], 30)).toEqual(['MACHINE', 'STARTS IN', 'PER HOUR']);
  });
});
