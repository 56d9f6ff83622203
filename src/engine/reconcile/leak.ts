import { leaked, quotaOf, RATE } from '../../domain/quota.ts';
import { callingTenants } from '../calls/quotas.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { COUNTER } from '../records/records.ts';

const PASS_MS = 1_000;
/** Counters in one commit. */
const BATCH = 500;

/**
 * Lets the acquires of each tenant leak out of its rate, as much as the time since the last pass. Only the leader takes
 * anything off, so what was read is still there when the commit comes. Tenants at 0 are forgotten until their next
 * session: an idle broker reads nothing.
 */
export function createLeak(ctx: EngineContext, term: Term) {
  const { mirror, clock } = ctx;
  const filled = new Set<string>();
  let last = clock.monotonic();

  // Whoever may ask: also a tenant without a living session must not find its bucket full for ever.
  for (const tenant of callingTenants(mirror)) filled.add(tenant);
  const unlisten = mirror.listen((c) => {
    if (c.before === undefined && (c.kind === 'session' || c.kind === 'token') && c.after) filled.add(c.after.tenant);
  });

  async function leak(tenants: readonly string[], seconds: number): Promise<void> {
    // Before the read: who acquires while it is under way is looked at again.
    for (const tenant of tenants) filled.delete(tenant);
    const counters = tenants.map((tenant) => COUNTER.quota(tenant, RATE));
    const values = await ctx.store.counters(counters);
    const now = ctx.quotas();
    const count = tenants.flatMap((tenant, n) => {
      const value = values[n] ?? 0;
      if (value > 0) filled.add(tenant);
      const off = leaked(value, quotaOf(now, tenant).rate, seconds);
      return off > 0 ? [{ counter: counters[n] ?? '', add: -off }] : [];
    });
    if (count.length > 0) await ctx.store.commit({ count, expect: [term.fence] });
  }

  return {
    /** @returns pause [ms] */
    async pass(): Promise<number> {
      const seconds = Math.floor((clock.monotonic() - last) / 1_000);
      if (seconds < 1) return PASS_MS;
      // What is left of a second counts for the next pass; what fails is not made up for: it may have been made.
      last += seconds * 1_000;
      const tenants = [...filled];
      try {
        for (let n = 0; n < tenants.length; n += BATCH) await leak(tenants.slice(n, n + BATCH), seconds);
      } catch (err) {
        for (const tenant of tenants) filled.add(tenant);
        throw err;
      }
      return PASS_MS;
    },
    end: unlisten,
  };
}
