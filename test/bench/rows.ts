/** One line of the result. `holds` null: it has no goal. */
export type Row = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string | null;
  readonly holds: boolean | null;
};

type Goal = { readonly atLeast: number } | { readonly atMost: number };

export function row(name: string, value: number, unit: string, goal?: Goal): Row {
  const rounded = round(value);
  if (goal === undefined) return { name, value: rounded, unit, goal: null, holds: null };
  // Judged as it is shown, so that nobody sees "0.70, goal 0.7: no".
  if ('atLeast' in goal)
    return { name, value: rounded, unit, goal: `at least ${goal.atLeast}`, holds: rounded >= goal.atLeast };
  return { name, value: rounded, unit, goal: `at most ${goal.atMost}`, holds: rounded <= goal.atMost };
}

/** Three digits that say something. */
const round = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

const COLUMNS = ['name', 'value', 'unit', 'goal', 'holds'] as const;

/** A table in Markdown, aligned, so that it reads well in a terminal too. */
export function toTable(rows: readonly Row[]): string {
  const cells = rows.map((r) => [
    r.name,
    String(r.value),
    r.unit,
    r.goal ?? '',
    r.holds === null ? '' : yesNo(r.holds),
  ]);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...cells.map((c) => c[i]?.length ?? 0)));
  const line = (words: readonly string[]) =>
    `| ${words.map((w, i) => (i === 1 ? w.padStart(widths[i] ?? 0) : w.padEnd(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((w, i) => (i === 1 ? `${'-'.repeat(w + 1)}:` : '-'.repeat(w + 2))).join('|')}|`;
  return [line(COLUMNS), rule, ...cells.map(line)].join('\n');
}

const yesNo = (holds: boolean): string => (holds ? 'yes' : 'NO');

export function toVerdict(rows: readonly Row[]): string {
  const goals = rows.filter((r) => r.holds !== null);
  const missed = goals.filter((r) => r.holds === false).map((r) => r.name);
  const tail = missed.length > 0 ? `; missed: ${missed.join(', ')}` : '';
  return `${goals.length - missed.length} of ${goals.length} goals hold${tail}`;
}
