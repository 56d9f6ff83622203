import Table from 'cli-table3';

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

/** Aligned columns without lines; `>` before a heading aligns its column to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return render(
    [headings.map((h) => h.replace(/^>/, '')), ...rows],
    headings.map((h) => h.startsWith('>')),
  );
}

/** Names and what they are, one pair a line. Pairs of `null` are left out. */
export function pairs(rows: readonly (readonly [string, string] | null)[]): string {
  return render(
    rows.filter((r) => r !== null),
    [false, false],
  );
}

function render(rows: readonly (readonly string[])[], toRight: readonly boolean[]): string {
  const t = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: toRight.map((r) => (r ? 'right' : 'left')),
  });
  for (const row of rows) t.push([...row]);
  return t
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
