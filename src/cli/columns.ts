import { table } from './table.ts';
import { width } from './width.ts';

export type Column<T> = {
  /** As `table` takes it. */
  readonly heading: string;
  cell(item: T): string;
  /** On a narrow terminal the columns with the highest number go first; those that only say "-" before all. */
  readonly goes?: number;
  /** Cut to less than this, its cells say nothing; others go before (14). */
  readonly least?: number;
};

/** A table of items. Where it is wider than the terminal, columns that say little go, and long cells are cut. */
export function columnTable<T>(all: readonly Column<T>[], items: readonly T[], most: number): string {
  const columns = fits(all, items, most) ? all : fewer(all, items, most);
  return table(
    columns.map((c) => c.heading),
    items.map((item) => columns.map((c) => c.cell(item))),
    most,
  );
}

/** Without what says nothing, then without what says least. */
export function fewer<T>(all: readonly Column<T>[], items: readonly T[], most: number): readonly Column<T>[] {
  let columns = all.filter((c) => c.goes === undefined || items.some((item) => c.cell(item) !== '-'));
  const first = Math.max(0, ...all.map((c) => c.goes ?? 0));
  for (let least = first; least > 0 && !fits(columns, items, most); least -= 1)
    columns = columns.filter((c) => (c.goes ?? 0) < least);
  return columns;
}

/** What is left of a cell that may be cut must still say something. */
const LEAST = 14;

export function fits<T>(columns: readonly Column<T>[], items: readonly T[], most: number): boolean {
  const widths = columns.map((c) => {
    const heading = c.heading.replace(/^[>~]/, '');
    const natural = Math.max(heading.length, ...items.map((item) => width(c.cell(item))));
    return c.heading.startsWith('~') ? Math.min(c.least ?? LEAST, natural) : natural;
  });
  return widths.reduce((sum, w) => sum + w + 2, -2) <= most;
}
