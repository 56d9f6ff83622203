import type { BrokerStatus, Role, SessionClass } from '../../../clients/typescript/src/types-admin.ts';
import type { Context } from '../context.ts';
import { age, counts, exact, paint, plain, resources, running } from '../format.ts';
import { alarm, credit, rentingText, spending, untracked } from '../money.ts';
import { parseCount, usage } from '../parse.ts';
import { queueTable, reserveTable } from '../reserve-table.ts';
import { now } from '../system.ts';
import { pairs, table } from '../table.ts';

export async function classes(ctx: Context): Promise<void> {
  const found = await ctx.client.classes({ signal: ctx.signal });
  if (ctx.json) return ctx.document({ classes: found });
  const headings = ['CLASS', 'PROVIDER', 'PROXY', 'PORTS', 'RESOURCES', 'LIFETIME', 'IDLE', '>START', '~DESCRIPTION'];
  ctx.out(table(headings, found.map(classRow), ctx.columns));
}

const classRow = (c: SessionClass): readonly string[] => [
  c.name,
  c.provider,
  `${c.proxy}${c.tokenRequired ? ' (token)' : ''}`,
  c.ports.map((p) => (p.name === p.protocol ? p.name : `${p.name}:${p.protocol}`)).join(',') || '-',
  resources(c.resources),
  `${exact(c.defaultLifetimeMs)} (to ${exact(c.maxLifetimeMs)})`,
  c.defaultIdleTimeoutMs === 0 ? 'never' : exact(c.defaultIdleTimeoutMs),
  c.expectedStartMs === null ? '-' : running(c.expectedStartMs),
  plain(c.description),
];

export async function getReserve(ctx: Context, className: string | undefined): Promise<void> {
  const reserves = await ctx.client.reserves(className, { signal: ctx.signal });
  if (ctx.json) ctx.document({ reserves });
  else ctx.out(reserveTable(reserves, tableOptions(ctx)));
}

/** @param target a number, or `default`: back to what the class's configuration says */
export async function setReserve(ctx: Context, className: string, target: string): Promise<void> {
  const reserve = await ctx.client.setReserve(className, targetOf(target), { signal: ctx.signal });
  if (ctx.json) ctx.document(reserve);
  else ctx.out(reserveTable([reserve], tableOptions(ctx)));
}

const tableOptions = ({ color, columns }: Context) => ({ now: now(), color, columns });

function targetOf(text: string): number | null {
  if (text === 'default') return null;
  try {
    return parseCount(text);
  } catch {
    throw usage('N', `"${plain(text)}" is neither a whole number nor "default"`);
  }
}

export async function status(ctx: Context): Promise<void> {
  const s = await ctx.client.status({ signal: ctx.signal });
  if (ctx.json) return ctx.document(s);
  ctx.out(
    pairs([
      ['berth', `${s.version} at ${ctx.address}, up ${age(s.startTime, now())}`],
      ['installation', s.installationId],
      ['replica', `${s.replicaId}${s.replicaId === s.leaderId ? ' (leader)' : ''}`],
      s.leaderId === s.replicaId ? null : ['leader', s.leaderId || paint('red', 'none', ctx.color)],
      ['store', s.store],
      ['sessions', counts(s.sessions)],
      ['instances', counts(s.instances)],
      ['proxies', counts(s.proxies)],
      ['renting', rentingText(s.renting, now(), ctx.color)],
    ]),
  );
  const lost = alarm(s, ctx.color);
  if (lost !== '') ctx.out(`\n${lost}`);
  for (const part of statusTables(ctx, s)) ctx.out(`\n${part}`);
}

function statusTables(ctx: Context, s: BrokerStatus): readonly string[] {
  const t = now();
  const problem = (text: string): string => (text === '' ? 'ok' : paint('red', plain(text), ctx.color));
  const providers = s.providers.map((p) => [
    p.name,
    `${p.instances} of ${p.maxInstances}`,
    spending(p, ctx.color),
    untracked(p, ctx.color),
    credit(p),
    p.listTime === null ? 'never' : `${age(p.listTime, t)} ago`,
    problem(p.listError),
  ]);
  const loops = s.loops.map((l) => [
    l.name,
    l.lastPassTime === null ? 'never' : `${age(l.lastPassTime, t)} ago`,
    String(l.failures),
    problem(l.failures === 0 ? '' : l.lastError || 'failing'),
  ]);
  return [
    ...(s.reserves.length === 0 ? [] : [reserveTable(s.reserves, tableOptions(ctx))]),
    ...(s.queues.length === 0 ? [] : [queueTable(s.queues, tableOptions(ctx))]),
    ...(providers.length === 0
      ? []
      : [table(['PROVIDER', 'INSTANCES', 'PER HOUR', 'UNTRACKED', '>CREDIT', 'LISTED', 'STATE'], providers)]),
    ...(loops.length === 0 ? [] : [table(['LOOP', 'LAST PASS', '>FAILURES', 'STATE'], loops)]),
  ];
}

/** The secret alone goes to stdout, so that `berth token create > FILE` keeps it. */
export async function createToken(
  ctx: Context,
  f: { readonly tenant: string; readonly role: Role; readonly note?: string },
): Promise<void> {
  const made = await ctx.client.createToken(f, { signal: ctx.signal });
  if (ctx.json) return ctx.document(made);
  ctx.out(made.secret);
  ctx.note(`token ${made.token.id} for tenant ${made.token.tenant} (${made.token.role}); it is shown this once`);
}

export async function listTokens(ctx: Context): Promise<void> {
  const tokens = await ctx.client.tokens({ signal: ctx.signal });
  if (ctx.json) return ctx.document({ tokens });
  if (tokens.length === 0)
    return ctx.note("no tokens: every caller on the broker's machine is an admin, and no other is served");
  const rows = tokens.map((k) => [k.id, k.tenant, k.role, age(k.createTime, now()), plain(k.note) || '-']);
  ctx.out(table(['ID', 'TENANT', 'ROLE', '>AGE', 'NOTE'], rows));
}

export async function revokeToken(ctx: Context, id: string): Promise<void> {
  await ctx.client.revokeToken(id, { signal: ctx.signal });
  if (ctx.json) ctx.document({ revoked: id });
  else ctx.out(`${id}  revoked`);
}
