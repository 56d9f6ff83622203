import { type ExchangePlan, planExchange } from '../../domain/exchange.ts';
import { type BanReason, isForgettable, isForgettableHost } from '../../domain/host-registry.ts';
import { MINUTE } from '../../domain/time.ts';
import type { ForeignReason } from '../../ports/ban-exchange.ts';
import type { BanExchanging, EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { type RegistryChange, registryWrites } from '../market/registry-writes.ts';
import { KEY } from '../records/records.ts';

const PASS_MS = MINUTE;
/** Where another writer was faster. */
const AGAIN_MS = 1_000;
/** Records changed in one commit. */
const BATCH = 100;
const BY = 'blacklist';

type Deps = { readonly ctx: EngineContext; readonly term: Term };

/** Forgets machines and hosts that there is nothing to say of any more, and exchanges bans with the provisioner that
 *  berth replaces. @returns pause [ms] */
export async function lookAtBans(d: Deps, signal: AbortSignal): Promise<number> {
  const isAll = await prune(d);
  const { banExchange } = d.ctx;
  const isTold = banExchange === null || (await exchange(d, banExchange, signal));
  return isAll && isTold ? PASS_MS : AGAIN_MS;
}

/** @returns whether nothing is left to be forgotten */
async function prune(d: Deps): Promise<boolean> {
  const { mirror, clock, bans } = d.ctx;
  const now = clock.now();
  const changes: RegistryChange[] = [];
  for (const before of mirror.all('machine')) {
    if (changes.length >= BATCH) break;
    if (isForgettable(before, bans, now)) changes.push({ kind: 'machine', before, after: undefined });
  }
  for (const before of mirror.all('host')) {
    if (changes.length >= BATCH) break;
    if (isForgettableHost(before, bans, now)) changes.push({ kind: 'host', before, after: undefined });
  }
  return (await commit(d, changes)) && changes.length < BATCH;
}

/** @returns whether it was committed; if not, the mirror knows more by now */
async function commit({ ctx, term }: Deps, changes: readonly RegistryChange[]): Promise<boolean> {
  if (changes.length === 0) return true;
  const { put, drop, index, events, taken } = registryWrites(ctx, changes, BY, '', ctx.clock.now());
  const result = await ctx.store.commit({ put, drop, index, events, expect: [term.fence] });
  if (result.committed) taken();
  else await ctx.follower.refresh(...[...put, ...drop].map((w) => w.key).filter((key) => key !== KEY.epoch));
  return result.committed;
}

/** @returns whether all of it was done */
async function exchange(d: Deps, { exchange: port, ...o }: BanExchanging, signal: AbortSignal): Promise<boolean> {
  const theirs = new Map((await port.read(signal)).map((ban) => [ban.host, ban]));
  const { mirror, clock, bans } = d.ctx;
  const plan: ExchangePlan = planExchange(theirs, [...mirror.all('host')], { ...o, policy: bans, now: clock.now() });
  for (const host of plan.remove) await port.remove(host);
  for (let n = 0; n < plan.changes.length; n += BATCH) {
    const changes = plan.changes.slice(n, n + BATCH).map((c) => ({ kind: 'host' as const, ...c }));
    if (!(await commit(d, changes))) return false;
  }
  for (const { host, reason, ttlMs } of plan.write) await port.write(host, foreign(reason), ttlMs);
  return true;
}

/** Ours in the two words that they know. */
const foreign = (reason: BanReason): ForeignReason => (reason === 'losses' ? 'restarts' : 'slow_startup');
