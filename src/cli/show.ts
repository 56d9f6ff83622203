import type { Endpoint, EndpointPort, Session } from '../../clients/typescript/src/types.ts';
import type { Context } from './context.ts';
import { age, dollars, paint, plain, resources, took, until } from './format.ts';
import { clockTime, now } from './system.ts';
import { pairs } from './table.ts';
import { isWaiting, percent, phase, plannedEnd, refused, startTook, toGo } from './words.ts';

/** One session in full, or as JSON. */
export function showSession(ctx: Context, s: Session): void {
  if (ctx.json) ctx.document(s);
  else ctx.out(describe(s, now(), ctx.color));
}

type Row = readonly [string, string] | null;

/** What is known of a session, in groups. @param t now */
export function describe(s: Session, t: number, color: boolean): string {
  const groups: readonly (readonly Row[])[] = [
    who(s, t, color),
    waiting(s, t),
    endpoint(s, color),
    life(s, t, color),
    where(s),
  ];
  // One table, so that all groups are aligned alike; groups that have nothing to say are left out.
  const shown = groups.map((rows) => rows.filter((r) => r !== null)).filter((rows) => rows.length > 0);
  const lines = pairs(shown.flat()).split('\n');
  const parts: string[] = [];
  for (const rows of shown) parts.push(lines.splice(0, rows.length).join('\n'));
  return parts.join('\n\n');
}

const optional = (name: string, text: string): Row => (text === '' ? null : [name, plain(text)]);

const at = (time: Date | null, t: number): string =>
  time === null ? '-' : `${until(time, t)}, at ${clockTime(time, t)}`;

function who(s: Session, t: number, color: boolean): readonly Row[] {
  const ready = startTook(s);
  const since =
    s.phaseTime === null ? '' : `  (for ${age(s.phaseTime, t)}${ready === null ? '' : `, ready after ${took(ready)}`})`;
  const labels = Object.entries(s.labels).map(([k, v]) => `${k}=${v}`);
  return [
    ['session', s.id],
    optional('name', s.name),
    ['class', `${s.class}${s.fromReserve ? '  (from the reserve)' : ''}`],
    ['phase', `${phase(s, t, color)}${since}`],
    optional('detail', s.endDetail),
    s.phase === 'active' && s.waitingFor !== '' ? ['replacing', paint('yellow', plain(s.waitingFor), color)] : null,
    s.phase === 'active' ? optional('progress', s.progress) : null,
    optional('owner', s.owner),
    s.tenant === '' || s.tenant === 'default' ? null : ['tenant', s.tenant],
    optional('labels', labels.join(' ')),
  ];
}

function waiting(s: Session, t: number): readonly Row[] {
  if (!isWaiting(s)) return [optional('refused', refused(s))];
  const { expectedActiveTime: expected } = s;
  const done = percent(s, t);
  return [
    s.queuePosition > 0 ? ['position', `${s.queuePosition} in the queue of class ${s.class}`] : null,
    optional('waits for', s.waitingFor),
    optional('progress', s.progress),
    s.attempts > 1 ? ['attempt', String(s.attempts)] : null,
    expected === null
      ? null
      : ['expected', `${toGo(s, t)}, at ${clockTime(expected, t)}${done === null ? '' : `  (${done}%)`}`],
    optional('refused', refused(s)),
    s.phase === 'queued' && s.deadlines.queueTime !== null ? ['gives up', at(s.deadlines.queueTime, t)] : null,
  ];
}

/** Where it answers; nothing does any more once it ends. */
function endpoint(s: Session, color: boolean): readonly Row[] {
  const e = s.endpoint;
  if (e === null || s.phase !== 'active') return [];
  const links = e.ports
    .filter((p) => p.link !== '')
    .map((p): Row => [e.ports.length > 1 ? `link ${p.name}` : 'link', p.link]);
  return [
    ...e.ports.map((p): Row => [p.name, `${p.url}${admits(p, e, color)}`]),
    ...links,
    optional('token', e.accessToken),
    e.stable ? null : ['address', "the instance's own: it changes when that is replaced"],
  ];
}

function admits(p: EndpointPort, e: Endpoint, color: boolean): string {
  if (p.tokenRequired) return '  (asks for the token)';
  if (!e.ports.some((other) => other.tokenRequired)) return '';
  return `  ${paint('yellow', `(open to anybody who reaches it: ${p.protocol.toUpperCase()} cannot ask for a token)`, color)}`;
}

function life(s: Session, t: number, color: boolean): readonly Row[] {
  const { deadlines: d } = s;
  const active = s.phase === 'active';
  const differs = d.expireTime !== null && d.expireTime.getTime() !== s.plannedEnd?.endTime.getTime();
  return [
    ['created', `${age(s.createTime, t)} ago`],
    s.endTime === null ? null : ['ended', `${age(s.endTime, t)} ago`],
    active && s.lastUsedTime !== null ? ['last used', `${age(s.lastUsedTime, t)} ago`] : null,
    active ? ['ends', endText(s, t, color)] : null,
    active && d.idleTime !== null && s.plannedEnd?.reason !== 'idle' ? ['idle end', at(d.idleTime, t)] : null,
    active && differs ? ['expires', at(d.expireTime, t)] : null,
    active && d.maxExpireTime !== null ? ['extendable', `to ${clockTime(d.maxExpireTime, t)}`] : null,
    s.replacements > 0 ? ['replaced', s.replacements === 1 ? 'once' : `${s.replacements} times`] : null,
  ];
}

function endText(s: Session, t: number, color: boolean): string {
  const { plannedEnd: end, warning } = s;
  if (end === null) return 'not by itself';
  const text = `${plannedEnd(end, s, t)}  (at ${clockTime(end.endTime, t)})`;
  return warning === null ? text : paint('yellow', text, color);
}

function where({ instance: i, cost }: Session): readonly Row[] {
  if (i === null) return [];
  const disk = i.storagePricePerHour === 0 ? '' : ` (${dollars(i.storagePricePerHour)} of it for its disk)`;
  const place = [i.provider, i.providerRef, i.region].filter((x) => x !== '').join('  ');
  return [
    ['instance', plain(place)],
    ['granted', resources(i.granted)],
    i.machineId === '' ? null : ['machine', plain([i.machineId, i.hostId && `of host ${i.hostId}`].join('  ').trim())],
    i.pricePerHour === 0 ? null : ['price', `${dollars(i.pricePerHour)} per hour${disk}, ${dollars(cost)} so far`],
  ];
}
