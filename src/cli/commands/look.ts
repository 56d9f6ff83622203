import type {
  BerthEvent,
  EventFilter,
  EventKind,
  EventPage,
  InstanceStatus,
  QuotaUse,
} from '../../../clients/typescript/src/types-admin.ts';
import type { Context } from '../context.ts';
import { age, dollars, paint, plain, resources } from '../format.ts';
import { parseRef, parseSince, usage } from '../parse.ts';
import { logTime, now } from '../system.ts';
import { table } from '../table.ts';
import { width } from '../width.ts';

const KINDS: readonly EventKind[] = ['session', 'instance', 'proxy', 'reserve', 'host', 'renting'];
/** What one call may ask for. */
const LARGEST_PAGE = 1_000;
/** How long following goes on without a broker [ms]. */
const PATIENCE_MS = 120_000;

export type EventFlags = {
  readonly session?: string;
  readonly class?: string;
  readonly kind?: readonly string[];
  readonly tenant?: string;
  readonly since?: string;
  readonly lines?: number;
  readonly follow?: boolean;
};

/** The event log, the oldest first; with `follow`, what comes too. */
export async function events(ctx: Context, f: EventFlags): Promise<void> {
  const filter = await filterOf(ctx, f);
  const page = await pageOf(ctx, filter, f);
  if (!f.follow) return ctx.json ? ctx.document({ events: page.events }) : showPage(ctx, page.events, f);
  const tell = (e: BerthEvent) => ctx.out(ctx.json ? JSON.stringify(e) : eventLine(e, ctx.color));
  for (const e of page.events) tell(e);
  const place = page.lastId === '' ? {} : { afterId: page.lastId };
  const options = { ...filter, ...place, signal: ctx.signal, retryForMs: PATIENCE_MS };
  for await (const e of ctx.client.watchEvents(options)) tell(e);
}

async function pageOf(ctx: Context, filter: EventFilter, f: EventFlags): Promise<EventPage> {
  const lines = f.lines ?? (f.since === undefined ? 50 : LARGEST_PAGE);
  if (lines > LARGEST_PAGE) throw usage('--lines', `a whole number, 0 to ${LARGEST_PAGE}`);
  const since = f.since === undefined ? {} : { since: parseSince(f.since, now()) };
  // Where no lines are wanted, the place in the log is.
  const query = { ...filter, ...since, pageSize: Math.max(1, lines) };
  const page = await ctx.client.events(query, { signal: ctx.signal });
  return lines === 0 ? { ...page, events: [] } : page;
}

function showPage(ctx: Context, found: readonly BerthEvent[], f: EventFlags): void {
  if (found.length === 0) ctx.note('no events');
  for (const e of found) ctx.out(eventLine(e, ctx.color));
  if (f.since !== undefined && f.lines === undefined && found.length === LARGEST_PAGE)
    ctx.note(`only the newest ${LARGEST_PAGE} are shown; narrow them with --kind, --session or --since`);
}

async function filterOf(ctx: Context, f: EventFlags): Promise<EventFilter> {
  const kinds = (f.kind ?? []).map((name) => {
    const known = KINDS.find((k) => k === name);
    if (known === undefined) throw usage('--kind', `"${plain(name)}" is none of ${KINDS.join(', ')}`);
    return known;
  });
  return {
    kinds,
    ...(f.class === undefined ? {} : { class: f.class }),
    ...(f.tenant === undefined ? {} : { tenant: f.tenant }),
    ...(f.session === undefined ? {} : { sessionId: await sessionId(ctx, f.session) }),
  };
}

/** An id is taken as it is: its session may be forgotten, its events are not. */
async function sessionId(ctx: Context, text: string): Promise<string> {
  const ref = parseRef(text);
  return 'id' in ref ? ref.id : (await ctx.client.get(ref, { signal: ctx.signal })).id;
}

/** What an empty state stands for, where that is not "made anew". */
const UNSET: Readonly<Record<string, string>> = { reserve: 'default', host: 'not banned' };

/** Lines follow each other one by one, so columns have fixed widths. */
function eventLine(e: BerthEvent, color: boolean): string {
  const unset = UNSET[e.kind] ?? '';
  // Of these the subject says all, and what changed is longer than a phase.
  const wide = ['reserve', 'host', 'renting'].includes(e.kind);
  const before = e.before || unset;
  const after = e.after || unset;
  const change = before === '' || before === after ? after : `${before} → ${after}`;
  const why = [e.reason, e.detail]
    .filter((p) => p !== '')
    .map(plain)
    .join(': ');
  const parts = [
    e.time === null ? '' : logTime(e.time),
    padded(e.kind, 8),
    padded(plain(e.subject), 28),
    ...(wide ? [] : [padded(plain(e.class), 10)]),
    padded(plain(change), wide ? 36 : 24),
    paint('gray', `by ${plain(e.actor)}`, color),
    // What a session's own lines begin with is that session already.
    e.sessionId === '' || e.sessionId === e.subject ? '' : paint('gray', `for ${e.sessionId}`, color),
    why === '' ? '' : `(${why})`,
  ];
  return parts.filter((p) => p !== '').join('  ');
}

const padded = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)));

export async function instances(ctx: Context, className: string | undefined): Promise<void> {
  const found: InstanceStatus[] = [];
  for await (const i of ctx.client.instances(className, { signal: ctx.signal })) found.push(i);
  if (ctx.json) return ctx.document({ instances: found });
  if (found.length === 0) return ctx.note('no instances');
  const headings = [
    'INSTANCE',
    '~CLASS',
    'PHASE',
    '>AGE',
    'SESSION',
    '~PROVIDER',
    '~GRANTED',
    '>PER HOUR',
    '>COST',
    '~WHY',
  ];
  ctx.out(
    table(
      headings,
      found.map((i) => instanceRow(i, ctx.color)),
      ctx.columns,
    ),
  );
}

const instanceRow = (i: InstanceStatus, color: boolean): readonly string[] => [
  i.id,
  i.class,
  paint(
    i.phase === 'ready' || i.phase === 'bound' ? 'green' : i.phase === 'destroying' ? 'gray' : 'yellow',
    i.phase,
    color,
  ),
  age(i.createTime, now()),
  i.sessionId || '-',
  plain([i.provider, i.providerRef === i.id ? '' : i.providerRef, i.region].filter((p) => p !== '').join(' ')),
  resources(i.granted),
  dollars(i.pricePerHour),
  dollars(i.cost),
  whyOf(i) || '-',
];

/** How far it is while it starts, and why it ends: `lost (offline): no answer for 5m`. */
const whyOf = (i: InstanceStatus): string =>
  [i.progress, i.cause === '' ? i.reason : `${i.reason} (${i.cause})`, i.detail]
    .filter((p) => p !== '')
    .map(plain)
    .join(': ');

export async function quotas(ctx: Context, tenant: string | undefined): Promise<void> {
  const found = await ctx.client.quotas(tenant, { signal: ctx.signal });
  if (ctx.json) return ctx.document({ quotas: found });
  const rows = found.flatMap((q) =>
    q.uses.map((u, i) => [
      i === 0 ? q.tenant : '',
      u.name,
      String(u.used),
      u.limit === null ? 'no limit' : String(u.limit),
      useState(u, ctx.color),
    ]),
  );
  if (rows.length === 0) return ctx.note('no quota, and nothing in use');
  ctx.out(table(['TENANT', 'QUOTA', '>USED', '>LIMIT', 'STATE'], rows, ctx.columns));
}

/** From here on a person should know [part of 1]. */
const NEARLY = 0.8;

function useState({ used, limit }: QuotaUse, color: boolean): string {
  if (limit === null) return '-';
  if (used >= limit) return paint('red', 'used up', color);
  return used >= limit * NEARLY ? paint('yellow', `${limit - used} left`, color) : `${limit - used} left`;
}
