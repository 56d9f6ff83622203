import type { Session } from '../../clients/typescript/src/types.ts';
import { type Column, fewer, fits } from './columns.ts';
import { age, dollars, paint, plain } from './format.ts';
import { table } from './table.ts';
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

type SessionColumn = Column<Session>;

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

function choose(
  all: readonly SessionColumn[],
  sessions: readonly Session[],
  o: SessionTableOptions,
): readonly SessionColumn[] {
  const wide = all.filter((c) => c.heading !== 'SESSION');
  if (!o.compact && fits(wide, sessions, o.columns)) return wide;
  const named = all.filter((c) => c.heading !== 'ID' && c.heading !== 'NAME');
  return fewer(named, sessions, o.columns);
}

function columnsOf({ now, color, tenants }: SessionTableOptions): readonly SessionColumn[] {
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
