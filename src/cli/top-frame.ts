import type { Session } from '../../clients/typescript/src/types.ts';
import type { BrokerStatus, InstanceStatus, Reserve } from '../../clients/typescript/src/types-admin.ts';
import { age, counts, dollars, paint, plain } from './format.ts';
import { alarm, credit, rentingText, spending } from './money.ts';
import { queueTable, reserveTable } from './reserve-table.ts';
import { sessionTable } from './session-table.ts';
import { clockTime, dateAt } from './system.ts';
import { cutTo, width } from './width.ts';

/** One look at a broker. */
export type Seen = {
  readonly status: BrokerStatus;
  readonly sessions: readonly Session[];
  readonly instances: readonly InstanceStatus[];
};

export type SortBy = 'age' | 'idle' | 'cost';

export type View = {
  readonly address: string;
  readonly now: number;
  readonly color: boolean;
  /** Infinite where there is no terminal: nothing is cut then. */
  readonly columns: number;
  readonly rows: number;
  readonly sort: SortBy;
  readonly reversed: boolean;
  /** Since when the broker does not answer, and why. */
  readonly away: { readonly since: number; readonly why: string } | null;
  /** Whether keys work. */
  readonly keys: boolean;
};

/** With fewer lines, sessions matter more than blank lines and help. */
const ROOMY = 20;
/** A heading, a session, and how many more there are. */
const FEWEST = 3;
const gap = (v: View): readonly string[] => (v.rows < ROOMY ? [] : ['']);

/** What `berth top` shows: at most `rows` lines of at most `columns`. */
export function frame(seen: Seen, v: View): readonly string[] {
  const head = header(seen, v);
  const foot =
    v.keys && v.rows >= ROOMY
      ? ['', paint('gray', 'q quit   sort by  a age   i idle   c cost   (again: the other way)', v.color)]
      : [];
  // Each of the two tables above the sessions may take a quarter of the screen.
  const most = Math.max(v.rows < ROOMY ? 1 : 3, Math.floor((v.rows - head.length - foot.length) / 4));
  const reserves = reserveLines(seen.status.reserves, most, v);
  const queues = queueLines(seen, most, v);
  const tables = [...reserves, ...queues, ...gap(v)];
  // On a tiny screen there is no room for everything.
  const above = [...head, ...(v.rows - head.length - tables.length - foot.length < FEWEST ? [] : tables)];
  const sessions = sessionLines(seen.sessions, v.rows - above.length - foot.length, v);
  return [...above, ...sessions, ...foot].slice(0, v.rows).map((line) => cutTo(line, v.columns));
}

function header({ status: s, instances, sessions }: Seen, v: View): readonly string[] {
  const leader = s.leaderId === '' ? paint('red', 'no leader', v.color) : `leader ${s.leaderId}`;
  const answers = s.leaderId === s.replicaId ? '' : `, answered by ${s.replicaId}`;
  const left = `${paint('bold', `berth ${s.version}`, v.color)} at ${v.address}, up ${age(s.startTime, v.now)}, store ${s.store}, ${leader}${answers}`;
  const perHour = instances.reduce((sum, i) => sum + (i.phase === 'intended' ? 0 : i.pricePerHour), 0);
  const soFar = sessions.reduce((sum, one) => sum + one.cost, 0);
  const money = perHour + soFar === 0 ? [] : [`${dollars(perHour)} per hour, ${dollars(soFar)} so far`];
  const waiting =
    v.away === null
      ? []
      : [paint('red', `no answer since ${lasted(v.now - v.away.since)} (${v.away.why}); trying on`, v.color)];
  return [
    spread(left, clockTime(dateAt(v.now), v.now), v.columns),
    ...waiting,
    [
      `sessions ${counts(s.sessions)}`,
      `instances ${counts(s.instances)}`,
      `proxies ${counts(s.proxies)}`,
      ...money,
    ].join('   '),
    ...(s.renting.on ? [] : [`renting is ${rentingText(s.renting, v.now, v.color)}`]),
    ...[alarm(s, v.color)].filter((line) => line !== ''),
    ...providerLines(s, v),
    ...loopLines(s, v),
  ];
}

const lasted = (ms: number): string => `${Math.max(0, Math.round(ms / 1_000))} s`;

/** @returns one line, with `right` at the end of it where there is room */
function spread(left: string, right: string, columns: number): string {
  const gap = columns === Number.POSITIVE_INFINITY ? 3 : columns - width(left) - width(right);
  return gap < 2 ? left : `${left}${' '.repeat(gap)}${right}`;
}

function providerLines({ providers }: BrokerStatus, v: View): readonly string[] {
  if (providers.length === 0) return [];
  const text = providers.map((p) => {
    const money = [
      p.pricePerHour === 0 ? '' : `${spending(p, v.color)} per hour`,
      p.credit === null ? '' : `credit ${credit(p)}`,
    ];
    const use = [`provider ${p.name} ${p.instances} of ${p.maxInstances}`, ...money].filter((t) => t !== '').join(', ');
    if (p.listError === '') return use;
    const last = p.listTime === null ? 'never listed' : `listed ${age(p.listTime, v.now)} ago`;
    return `${use}, ${last}: ${paint('red', plain(p.listError), v.color)}`;
  });
  return [text.join('   ')];
}

const loopLines = ({ loops }: BrokerStatus, v: View): readonly string[] =>
  loops
    .filter((l) => l.failures > 0)
    .map((l) =>
      paint(
        'red',
        `loop ${l.name} failed ${l.failures === 1 ? 'once' : `${l.failures} times in a row`}: ${plain(l.lastError)}`,
        v.color,
      ),
    );

/** Classes that keep nothing and want nothing are left out; the troubled ones come first. */
function reserveLines(all: readonly Reserve[], most: number, v: View): readonly string[] {
  const shown = all.filter((r) => r.target + r.ready + r.starting + r.failures > 0);
  if (shown.length === 0) return [];
  const trouble = (r: Reserve): number => (r.backingOff ? 2 : r.ready < r.target ? 1 : 0);
  const sorted = shown.toSorted((a, b) => trouble(b) - trouble(a) || a.class.localeCompare(b.class));
  const [heading = '', ...rows] = reserveTable(sorted, v).split('\n');
  return [...gap(v), paint('bold', heading, v.color), ...upTo(rows, most, v)];
}

function queueLines({ status: { queues } }: Seen, most: number, v: View): readonly string[] {
  if (queues.length === 0) return [];
  const sorted = queues.toSorted((a, b) => b.waiting - a.waiting || a.class.localeCompare(b.class));
  const [heading = '', ...rows] = queueTable(sorted, v).split('\n');
  return [...gap(v), paint('bold', heading, v.color), ...upTo(rows, most, v)];
}

function upTo(rows: readonly string[], most: number, v: View): readonly string[] {
  if (v.rows === Number.POSITIVE_INFINITY || rows.length <= most) return rows;
  return [...rows.slice(0, most - 1), more(rows.length - most + 1, v)];
}

const more = (n: number, v: View): string => paint('gray', `… ${n.toLocaleString('en')} more`, v.color);

const HEADINGS: Readonly<Record<SortBy, string>> = { age: 'AGE', idle: 'IDLE', cost: 'COST' };

/** @param room lines, the heading included */
function sessionLines(all: readonly Session[], room: number, v: View): readonly string[] {
  if (all.length === 0) return ['no sessions'];
  const rank = (s: Session): number => {
    if (v.sort === 'cost') return s.cost;
    if (v.sort === 'idle')
      return s.phase === 'active' && s.lastUsedTime !== null ? v.now - s.lastUsedTime.getTime() : -1;
    return v.now - (s.createTime?.getTime() ?? v.now);
  };
  const sign = v.reversed ? -1 : 1;
  const sorted = all
    .map((s) => ({ s, rank: rank(s) }))
    .sort((a, b) => sign * (b.rank - a.rank) || (a.s.id < b.s.id ? -1 : 1))
    .map(({ s }) => s);
  const lines = Math.max(1, room - 1);
  const shown = sorted.length <= lines ? sorted : sorted.slice(0, lines - 1);
  const tenants = new Set(all.map((s) => s.tenant)).size > 1;
  const options = {
    now: v.now,
    color: v.color,
    columns: v.columns,
    tenants,
    compact: true,
    sortedBy: HEADINGS[v.sort],
  };
  const [heading = '', ...rows] = sessionTable(shown, options).split('\n');
  return [
    paint('bold', heading, v.color),
    ...rows,
    ...(shown.length < sorted.length ? [more(sorted.length - shown.length, v)] : []),
  ];
}
