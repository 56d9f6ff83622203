import type { EndpointPort, Instance, Session } from '../../clients/typescript/src/types.ts';
import type { Context } from './context.ts';
import { age, dollars, nextEnd, phase, plain, resources, took, until } from './format.ts';
import { now } from './system.ts';
import { pairs, table } from './table.ts';

/** One session in full, or as JSON. */
export function showSession(ctx: Context, s: Session): void {
  if (ctx.json) ctx.document(s);
  else ctx.out(describe(ctx, s));
}

function describe(ctx: Context, s: Session): string {
  const { instance: i, deadlines: d } = s;
  const t = now();
  const optional = (name: string, text: string): [string, string] | null => (text === '' ? null : [name, plain(text)]);
  const end = (name: string, time: Date | null): [string, string] | null =>
    time === null ? null : [name, `${until(time, t)}  (${time.toISOString()})`];
  return pairs([
    ['session', s.id],
    optional('name', s.name),
    ['class', `${s.class}${s.fromReserve ? '  (from the reserve)' : ''}`],
    ['phase', `${phase(s, ctx.color)}${startTook(s)}`],
    optional('detail', s.endDetail),
    optional('owner', s.owner),
    optional(
      'labels',
      Object.entries(s.labels)
        .map(([k, v]) => `${k}=${v}`)
        .join(' '),
    ),
    ...addresses(s).map((p): [string, string] => [p.name, p.url]),
    ...(i === null ? [] : instanceRows(i, s.cost)),
    ['created', `${age(s.createTime, t)} ago`],
    s.phase === 'queued' ? end('gives up', d.queueTime) : null,
    end('expires', s.phase === 'active' ? d.expireTime : null),
    end('idle end', s.phase === 'active' ? d.idleTime : null),
    end('to confirm', s.phase === 'active' ? d.confirmTime : null),
    s.warning === null ? null : ['warning', `ends ${until(s.warning.endTime, t)} (${s.warning.reason})`],
  ]);
}

function instanceRows(i: Instance, cost: number): readonly (readonly [string, string])[] {
  const where = [i.provider, i.providerRef, i.region].filter((x) => x !== '').join('  ');
  const free = i.pricePerHour === 0;
  return [
    ['instance', plain(where)],
    ['granted', resources(i.granted)],
    ...(free ? [] : [['price', `${dollars(i.pricePerHour)} per hour, ${dollars(cost)} so far`] as const]),
  ];
}

/** Where it answers; nothing does any more once it ends. */
const addresses = (s: Session): readonly EndpointPort[] => (s.phase === 'active' ? (s.endpoint?.ports ?? []) : []);

function startTook({ phase: p, createTime, activeTime }: Session): string {
  if (p !== 'active' || createTime === null || activeTime === null) return '';
  return `  (after ${took(activeTime.getTime() - createTime.getTime())})`;
}

/** Sessions as a table. @param tenants whether the tenant is shown */
export function sessionTable(ctx: Context, sessions: readonly Session[], tenants: boolean): string {
  const t = now();
  const headings = [
    'ID',
    'NAME',
    ...(tenants ? ['TENANT'] : []),
    'OWNER',
    'CLASS',
    'PHASE',
    '>AGE',
    'ENDS',
    '>COST',
    'ENDPOINT',
  ];
  const rows = sessions.map((s) => [
    s.id,
    s.name || '-',
    ...(tenants ? [s.tenant] : []),
    plain(s.owner) || '-',
    s.class,
    phase(s, ctx.color),
    age(s.createTime, t),
    until(nextEnd(s), t),
    dollars(s.cost),
    addresses(s)[0]?.url ?? '-',
  ]);
  return table(headings, rows);
}
