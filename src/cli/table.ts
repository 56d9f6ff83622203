import Table from 'cli-table3';
import { cutTo, width } from './width.ts';

const NONE = '';
const NO_LINES = {
  top: NONE,
  'top-mid': NONE,
  'top-left': NONE,
  'top-right': NONE,
  bottom: NONE,
  'bottom-mid': NONE,
  'bottom-left': NONE,
  'bottom-right': NONE,
  left: NONE,
  'left-mid': NONE,
  mid: NONE,
  'mid-mid': NONE,
  right: NONE,
  'right-mid': NONE,
  middle: '  ',
};

const GAP = 2;
/** No column is cut to less. */
const NARROWEST = 6;

/**
 * Aligned columns without lines. `>` before a heading aligns its column to the right; `~` allows to cut its cells, the
 * widest first, where the table is wider than `columns`.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const shown = [headings.map((h) => h.replace(/^[>~]/, '')), ...rows];
  const flexible = headings.map((h) => h.startsWith('~'));
  const lines = render(
    narrow(shown, flexible, columns),
    headings.map((h) => h.startsWith('>')),
  );
  return lines.map((line) => cutTo(line, columns)).join('\n');
}

/** Names and what they are, one pair a line. Pairs of `null` are left out. */
export function pairs(rows: readonly (readonly [string, string] | null)[]): string {
  return render(
    rows.filter((r) => r !== null),
    [false, false],
  ).join('\n');
}

/** Cuts cells of the widest flexible columns until a line takes no more than `columns`, as far as that goes. */
function narrow(
  rows: readonly (readonly string[])[],
  flexible: readonly boolean[],
  columns: number,
): readonly (readonly string[])[] {
  if (columns === Number.POSITIVE_INFINITY) return rows;
  const widths = flexible.map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? ''))));
  let over = widths.reduce((sum, w) => sum + w + GAP, -GAP) - columns;
  while (over > 0) {
    const widest = Math.max(...widths.filter((_, i) => flexible[i]));
    if (!(widest > NARROWEST)) break;
    widths[widths.findIndex((w, i) => flexible[i] && w === widest)] = widest - 1;
    over -= 1;
  }
  return rows.map((row) => row.map((cell, i) => cutTo(cell, widths[i] ?? columns)));
}

function render(rows: readonly (readonly string[])[], toRight: readonly boolean[]): readonly string[] {
  const t = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: toRight.map((r) => (r ? 'right' : 'left')),
  });
  for (const row of rows) t.push([...row]);
  return t
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
