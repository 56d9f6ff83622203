import type { Costs, TenantCost } from '../../../clients/typescript/src/types-market.ts';
import type { Context } from '../context.ts';
import { dollars } from '../format.ts';
import { usage } from '../parse.ts';
import { table } from '../table.ts';

export type CostFlags = { readonly tenant?: string; readonly days?: number };

const MOST_DAYS = 90;
const DEFAULT_DAYS = 30;

/** What is spent now and was, by tenant and by day. */
export async function cost(ctx: Context, f: CostFlags): Promise<void> {
  const { days = DEFAULT_DAYS, tenant } = f;
  if (days < 1 || days > MOST_DAYS) throw usage('--days', `a whole number, 1 to ${MOST_DAYS}`);
  const query = { days, ...(tenant === undefined ? {} : { tenant }) };
  const costs = await ctx.client.costs(query, { signal: ctx.signal });
  if (ctx.json) return ctx.document(costs);
  const parts = [
    costs.tenants.length === 0 ? 'no sessions, and nothing was spent' : tenantTable(costs.tenants, days, ctx.columns),
    rest(costs),
    dayTable(costs.tenants),
  ];
  ctx.out(parts.filter((p) => p !== '').join('\n\n'));
}

const ended = (t: TenantCost): number => t.days.reduce((sum, d) => sum + d.cost, 0);

function tenantTable(tenants: readonly TenantCost[], days: number, columns: number): string {
  const dearest = tenants.toSorted((a, b) => ended(b) + b.livingCost - ended(a) - a.livingCost);
  const period = days === 1 ? 'TODAY' : `IN ${days} DAYS`;
  const headings = ['~TENANT', '>SESSIONS', '>PER HOUR', '>LIVING', `>ENDED ${period}`, '>TOGETHER'];
  return table(headings, (tenants.length > 1 ? [...dearest, total(tenants)] : dearest).map(row), columns);
}

const row = (t: TenantCost): readonly string[] => [
  t.tenant,
  String(t.sessions),
  dollars(t.pricePerHour),
  dollars(t.livingCost),
  dollars(ended(t)),
  dollars(t.livingCost + ended(t)),
];

function total(tenants: readonly TenantCost[]): TenantCost {
  const sum = (of: (t: TenantCost) => number): number => tenants.reduce((all, t) => all + of(t), 0);
  return {
    tenant: 'all',
    sessions: sum((t) => t.sessions),
    pricePerHour: sum((t) => t.pricePerHour),
    livingCost: sum((t) => t.livingCost),
    days: tenants.flatMap((t) => t.days),
  };
}

/** What no session pays for. */
function rest({ reservePricePerHour: reserve, destroyingPricePerHour: destroying }: Costs): string {
  const parts = [
    reserve === 0 ? '' : `the reserve ${dollars(reserve)} per hour`,
    destroying === 0 ? '' : `what is being destroyed ${dollars(destroying)} per hour`,
  ];
  const said = parts.filter((p) => p !== '').join(', ');
  return said === '' ? '' : `beside sessions: ${said}`;
}

function dayTable(tenants: readonly TenantCost[]): string {
  const days = new Map<string, number>();
  for (const t of tenants) for (const { day, cost: spent } of t.days) days.set(day, (days.get(day) ?? 0) + spent);
  if (days.size === 0) return '';
  const newest = [...days].sort(([a], [b]) => b.localeCompare(a));
  return table(
    ['DAY', '>COST'],
    newest.map(([day, spent]) => [day, dollars(spent)]),
  );
}
