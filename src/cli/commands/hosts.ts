import type { Ban, HostStatus, HostTarget } from '../../../clients/typescript/src/types-market.ts';
import { type Column, columnTable } from '../columns.ts';
import type { Context } from '../context.ts';
import { paint, plain, running, until } from '../format.ts';
import { usage } from '../parse.ts';
import { clockTime, now } from '../system.ts';

export type HostFlags = { readonly banned?: boolean; readonly provider?: string };
export type BanFlags = { readonly provider?: string; readonly for?: number; readonly reason: string };

/** Where there is no other word of it, machines are this market's. */
const MARKET = 'vastai';

/** Machines and hosts, the banned ones first. */
export async function hosts(ctx: Context, f: HostFlags): Promise<void> {
  const query = { ...(f.provider === undefined ? {} : { provider: f.provider }), bannedOnly: f.banned ?? false };
  const found: HostStatus[] = [];
  for await (const host of ctx.client.hosts(query, { signal: ctx.signal })) found.push(host);
  if (ctx.json) return ctx.document({ hosts: found });
  if (found.length === 0)
    return ctx.note(
      f.banned
        ? 'no machine and no host is banned'
        : `no machine is known yet${f.provider === undefined ? '' : ` at ${f.provider}`}, and none is banned`,
    );
  const rank = (h: HostStatus): number => (h.ban !== null ? 0 : h.hostBan !== null ? 1 : 2);
  ctx.out(
    hostTable(
      found.toSorted((a, b) => rank(a) - rank(b)),
      ctx,
    ),
  );
}

const hostTable = (found: readonly HostStatus[], { color, columns }: Context): string =>
  columnTable(columnsOf(now(), color), found, columns);

const banOf = (h: HostStatus): Ban | null => h.ban ?? h.hostBan;

/** Why something is banned must be left on any terminal. */
function columnsOf(t: number, color: boolean): readonly Column<HostStatus>[] {
  return [
    { heading: 'PROVIDER', cell: (h) => h.provider, goes: 4 },
    { heading: 'MACHINE', cell: (h) => plain(h.machineId) || '(all of it)' },
    { heading: 'HOST', cell: (h) => plain(h.hostId) || '-' },
    { heading: 'STATE', cell: (h) => stateOf(h, color) },
    { heading: 'UNTIL', cell: (h) => until(banOf(h)?.endTime ?? null, t), goes: 1 },
    { heading: '>STARTS', cell: (h) => (h.starts === 0 ? '-' : String(h.starts)), goes: 2 },
    { heading: '>HALF IN', cell: (h) => (h.startP50Ms === null ? '-' : running(h.startP50Ms)), goes: 2 },
    { heading: '>9 OF 10 IN', cell: (h) => (h.startP90Ms === null ? '-' : running(h.startP90Ms)), goes: 3 },
    { heading: '>LOSSES', cell: (h) => (h.losses === 0 ? '-' : String(h.losses)), goes: 2 },
    { heading: '~WHY', cell: (h) => whyOf(banOf(h)), goes: 0, least: 30 },
  ];
}

function stateOf(h: HostStatus, color: boolean): string {
  if (banOf(h) === null) return 'ok';
  return paint('red', h.ban === null ? 'host banned' : 'banned', color);
}

const whyOf = (b: Ban | null): string =>
  b === null ? '-' : `${plain([b.reason, b.evidence].filter((p) => p !== '').join(': '))} (by ${plain(b.by)})`;

export async function ban(ctx: Context, target: string, f: BanFlags): Promise<void> {
  const terms = { reason: f.reason, ...(f.for === undefined ? {} : { termMs: f.for }) };
  const host = await ctx.client.banHost(targetOf(target, f.provider), terms, { signal: ctx.signal });
  if (ctx.json) ctx.document(host);
  else ctx.out(stateLine(host, ctx));
}

export async function unban(ctx: Context, target: string, provider: string | undefined): Promise<void> {
  const host = await ctx.client.unbanHost(targetOf(target, provider), { signal: ctx.signal });
  if (ctx.json) return ctx.document(host);
  ctx.out(stateLine(host, ctx));
  if (host.hostBan !== null)
    ctx.note(`its host ${plain(host.hostId)} is still banned: berth hosts unban host:${plain(host.hostId)}`);
}

function stateLine(h: HostStatus, { color }: Context): string {
  const what = h.machineId === '' ? `host ${plain(h.hostId)}` : `machine ${plain(h.machineId)}`;
  const t = now();
  if (h.ban === null) return `${h.provider} ${what}  ${paint('green', 'not banned', color)}`;
  const end = h.ban.endTime === null ? '' : `, ends ${until(h.ban.endTime, t)} (at ${clockTime(h.ban.endTime, t)})`;
  return `${h.provider} ${what}  ${paint('red', 'banned', color)}${end}: ${plain(h.ban.evidence)}`;
}

/** `4711` or `machine:4711` is a machine, `host:1234` every machine of a host. */
function targetOf(text: string, provider = MARKET): HostTarget {
  const [, kind = 'machine', id = ''] = /^(?:(machine|host):)?(.+)$/.exec(text) ?? [];
  if (id === '') throw usage('TARGET', "a machine's id, or host:ID");
  return kind === 'host' ? { provider, hostId: id } : { provider, machineId: id };
}
