import { type Caller, DEFAULT_TENANT } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import { ACQUIRE, fitsAgainMs, type Quota, type QuotaName, quotaOf, RATE, usedOf } from '../../domain/quota.ts';
import type { Refusal } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import type { Mirror } from '../records/mirror.ts';
import { COUNTER, quotaNameOf } from '../records/records.ts';
import type { AdminReads, QuotaUse, TenantQuota } from '../use-cases.ts';

const WHAT: Readonly<Record<string, string>> = { sessions: 'sessions', gpus: 'GPUs', [RATE]: 'new sessions' };

/** To the call whose commit a quota refused. Nothing was counted. */
export function overQuota(
  ctx: Pick<EngineContext, 'quotas'>,
  tenant: string,
  { counter, value, max }: Extract<Refusal, { readonly kind: 'limit' }>,
): BrokerError {
  const name = quotaNameOf(tenant, counter);
  const used = usedOf(name, value);
  const limit = name === RATE ? max / ACQUIRE : max;
  const what = WHAT[name] ?? `sessions of class "${name.slice('class:'.length)}"`;
  const description = `${what}: ${used} of ${limit} in use`;
  const { rate } = quotaOf(ctx.quotas(), tenant);
  return new BrokerError('exhausted', `the quota of tenant "${tenant}" is used up: ${description}`, {
    reason: 'QUOTA_EXCEEDED',
    metadata: { tenant, quota: name, limit: String(limit), used: String(used) },
    quota: { subject: `tenant:${tenant}`, description },
    ...(name === RATE && rate !== null ? { retryAfterMs: fitsAgainMs(value, rate) } : {}),
  });
}

/** GetQuotas. */
export function createQuotaReads(ctx: EngineContext): Pick<AdminReads, 'quotas'> {
  return {
    async quotas(caller, tenant) {
      const tenants = tenant === null && caller.role === 'admin' ? tenantsOf(ctx) : [tenantFor(caller, tenant)];
      return readQuotas(ctx, tenants);
    },
  };
}

function tenantFor(caller: Caller, tenant: string | null): string {
  if (tenant === null || tenant === caller.tenant || caller.role === 'admin') return tenant ?? caller.tenant;
  throw new BrokerError('denied', "another tenant's quotas are for admins", { reason: 'PERMISSION_DENIED' });
}

/** Tenants that have a quota or a living session. */
function tenantsOf({ mirror, quotas }: EngineContext): string[] {
  const now = quotas();
  const tenants = new Set(now.tenants.keys());
  for (const tenant of isLimited(now.default) ? callingTenants(mirror) : livingTenants(mirror)) tenants.add(tenant);
  return [...tenants].sort();
}

function* livingTenants(mirror: Mirror): Iterable<string> {
  for (const s of mirror.all('session')) yield s.tenant;
}

/** Those that may call, or have a living session. */
export function* callingTenants(mirror: Mirror): Iterable<string> {
  yield DEFAULT_TENANT;
  for (const t of mirror.all('token')) yield t.tenant;
  yield* livingTenants(mirror);
}

const isLimited = (q: Quota): boolean =>
  q.sessions !== null || q.gpus !== null || q.rate !== null || [...q.classes.values()].some((n) => n !== null);

async function readQuotas(ctx: EngineContext, tenants: readonly string[]): Promise<readonly TenantQuota[]> {
  const classes = [...ctx.classes.current().keys()].sort();
  const names: readonly QuotaName[] = ['sessions', 'gpus', RATE, ...classes.map((c): QuotaName => `class:${c}`)];
  const now = ctx.quotas();
  const all: TenantQuota[] = [];
  for (const tenant of tenants) {
    const values = await ctx.store.counters(names.map((name) => COUNTER.quota(tenant, name)));
    const quota = quotaOf(now, tenant);
    const uses = names.map((name, n) => ({ name, used: usedOf(name, values[n] ?? 0), limit: limitOf(quota, name) }));
    all.push({ tenant, uses: uses.filter(isTold) });
  }
  return all;
}

/** A class that is neither limited nor used says nothing. */
const isTold = ({ name, used, limit }: QuotaUse): boolean => !name.startsWith('class:') || used > 0 || limit !== null;

function limitOf(q: Quota, name: QuotaName): number | null {
  if (name === 'sessions' || name === 'gpus') return q[name];
  if (name === RATE) return q.rate?.burst ?? null;
  return q.classes.get(name.slice('class:'.length)) ?? null;
}
