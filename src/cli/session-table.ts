import type { Session } from '../../clients/typescript/src/types.ts';
import { age, dollars, paint, plain } from './format.ts';
import { table } from './table.ts';
import { width } from './width.ts';
import { ends, idle, isWaiting, phase } from './words.ts';

export type SessionTableOptions = {
  readonly now: number;
  readonly color: boolean;
  /** Of the terminal; infinite where there is none. */
  readonly columns: number;
  /** Whether the tenant is shown. */
  readonly tenants: boolean;
  /** Leaves out what only programs need, so that more fits. */
  readonly compact?: boolean;
  /** The heading that the rows are sorted by. */
  readonly sortedBy?: string;
};

type Column = {
  /** As `table` takes it. */
  readonly heading: string;
  cell(s: Session): string;
  /** On a narrow terminal the columns with the highest number go first; those that only say "-" before all. */
  readonly goes?: number;
};

/** Sessions as a table. Where that is wider than the terminal, names stand for ids, columns that say little go, and
 *  long cells are cut. */
export function sessionTable(sessions: readonly Session[], o: SessionTableOptions): string {
  const columns = choose(columnsOf(o), sessions, o);
  return table(
    columns.map(({ heading }) => (heading.endsWith(o.sortedBy ?? ' ') ? `${heading}▾` : heading)),
    sessions.map((s) => columns.map((c) => c.cell(s))),
    o.columns,
  );
}

function choose(all: readonly Column[], sessions: readonly Session[], o: SessionTableOptions): readonly Column[] {
  const wide = all.filter((c) => c.heading !== 'SESSION');
  if (!o.compact && (o.columns === Number.POSITIVE_INFINITY || fits(wide, sessions, o.columns))) return wide;
  const says = (c: Column) => c.goes === undefined || sessions.some((s) => c.cell(s) !== '-');
  let columns = all.filter((c) => c.heading !== 'ID' && c.heading !== 'NAME' && says(c));
  for (let least = 4; least > 0 && !fits(columns, sessions, o.columns); least -= 1)
    columns = columns.filter((c) => (c.goes ?? 0) < least);
  return columns;
}

/** What is left of a cell that may be cut must still say something. */
const CUT_TO = 14;

function fits(columns: readonly Column[], sessions: readonly Session[], most: number): boolean {
  const widths = columns.map((c) => {
    const natural = Math.max(c.heading.length, ...sessions.map((s) => width(c.cell(s))));
    return c.heading.startsWith('~') ? Math.min(CUT_TO, natural) : natural;
  });
  return widths.reduce((sum, w) => sum + w + 2, -2) <= most;
}

function columnsOf({ now, color, tenants }: SessionTableOptions): readonly Column[] {
  return [
    { heading: 'ID', cell: (s) => s.id },
    { heading: 'NAME', cell: (s) => s.name || '-' },
    { heading: 'SESSION', cell: (s) => s.name || s.id },
    ...(tenants ? [{ heading: '~TENANT', cell: (s: Session) => s.tenant }] : []),
    { heading: '~OWNER', cell: (s) => plain(s.owner) || '-', goes: 3 },
    { heading: '~CLASS', cell: (s) => s.class },
    { heading: 'PHASE', cell: (s) => phase(s, now, color) },
    { heading: '>AGE', cell: (s) => age(s.createTime, now) },
    { heading: '>IDLE', cell: (s) => idle(s, now), goes: 2 },
    { heading: 'ENDS', cell: (s) => ends(s, now, color) },
    { heading: '>COST', cell: (s) => dollars(s.cost), goes: 1 },
    { heading: '~ENDPOINT', cell: (s) => whereOrWhy(s, color), goes: 4 },
  ];
}

/** Where it answers, else in parentheses why it does not. */
function whereOrWhy(s: Session, color: boolean): string {
  const why = [s.waitingFor, s.progress].filter((p) => p !== '').join(', ');
  if (why !== '' && (isWaiting(s) || s.phase === 'active')) return paint('gray', `(${plain(why)})`, color);
  return (s.phase === 'active' && s.endpoint?.ports[0]?.url) || '-';
}
