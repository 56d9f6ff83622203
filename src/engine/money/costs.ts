import type { Caller } from '../../domain/caller.ts';
import { costSoFar } from '../../domain/cost.ts';
import { BrokerError } from '../../domain/errors.ts';
import { type Instance, isUnclaimed } from '../../domain/instance.ts';
import type { Micros } from '../../domain/resources.ts';
import type { Session } from '../../domain/session.ts';
import { DAY, type EpochMs, iso } from '../../domain/time.ts';
import type { Count, Index, Store } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import type { Transition } from '../hooks.ts';
import type { Term } from '../lead/leader.ts';
import { liveOf } from '../lead/progress.ts';
import { COUNTER, SET } from '../records/records.ts';
import type { CostView, TenantCost } from '../use-cases.ts';
import { microsPerHourOf } from './caps.ts';

/** What a day cost is told for so long [days]. */
export const KEEP_DAYS = 90;
const PAGE = 500;

/** The UTC day, such as 2026-11-30. */
export const dayOf = (at: EpochMs): string => iso(at).slice(0, 10);
const beginOf = (at: EpochMs): EpochMs => Math.floor(at / DAY) * DAY;

/** What the commit that releases a session adds to its tenant's day, so that each is counted once whatever dies. */
export function costWrites({
  kind,
  before,
  after,
}: Transition): { readonly count: Count; readonly index: Index } | null {
  if (kind !== 'session' || after.phase !== 'released' || before === undefined || before.phase === 'released')
    return null;
  if (after.costMicros === 0) return null;
  const day = dayOf(after.releasedAt);
  return {
    count: { counter: COUNTER.cost(after.tenant, day), add: after.costMicros },
    index: { set: SET.costs, member: `${day}/${after.tenant}`, score: beginOf(after.releasedAt) },
  };
}

/** GetCosts. */
export async function costs(
  ctx: EngineContext,
  caller: Caller,
  tenant: string | null,
  days: number,
): Promise<CostView> {
  const isAdmin = caller.role === 'admin';
  if (!isAdmin && tenant !== null && tenant !== caller.tenant)
    throw new BrokerError('denied', "another tenant's costs are for admins", { reason: 'PERMISSION_DENIED' });
  const only = isAdmin ? tenant : caller.tenant;
  const found = new Map<string, Building>();
  const of = (name: string): Building => {
    const known = found.get(name) ?? { microsPerHour: 0, sessions: 0, livingMicros: 0, days: [] };
    found.set(name, known);
    return known;
  };
  if (only !== null) of(only);
  const now = ctx.clock.now();
  for (const s of ctx.mirror.all('session'))
    if (only === null || s.tenant === only) addLiving(of(s.tenant), s, liveOf(ctx.mirror, s), now);
  for (const { tenant: name, day, micros } of await readDays(ctx.store, dayOf(now - (days - 1) * DAY), only))
    of(name).days.unshift({ day, micros });
  return {
    tenants: [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, cost]) => ({ tenant: name, ...cost })),
    reserveMicrosPerHour: isAdmin ? reserveMicrosPerHour(ctx) : 0,
    destroyingMicrosPerHour: isAdmin ? destroyingMicrosPerHour(ctx) : 0,
  };
}

type Building = {
  -readonly [K in Exclude<keyof TenantCost, 'tenant' | 'days'>]: TenantCost[K];
} & { readonly days: { readonly day: string; readonly micros: Micros }[] };

function addLiving(cost: Building, s: Session, live: Instance | undefined, now: EpochMs): void {
  cost.sessions += 1;
  cost.livingMicros += costSoFar(s, now, live);
  cost.microsPerHour += paidPerHour(s);
}

/** While its instance is lost and none has taken its place it pays nothing. */
const paidPerHour = (s: Session): Micros =>
  s.phase === 'starting' || s.phase === 'activating' || (s.phase === 'active' && s.paidFrom !== null)
    ? s.instance.microsPerHour
    : 0;

export const reserveMicrosPerHour = ({ mirror }: Pick<EngineContext, 'mirror'>): Micros =>
  microsPerHourOf(mirror.all('instance'), isUnclaimed);

export const destroyingMicrosPerHour = ({ mirror }: Pick<EngineContext, 'mirror'>): Micros =>
  microsPerHourOf(mirror.all('instance'), (i) => i.phase === 'destroying');

type DayCost = { readonly tenant: string; readonly day: string; readonly micros: Micros };

/** From `since` on, oldest first. @param only null: of every tenant */
async function readDays(store: Store, since: string, only: string | null): Promise<readonly DayCost[]> {
  const all: DayCost[] = [];
  for (let after = since; ; ) {
    const page = await store.range(SET.costs, { by: 'member', prefix: '', after, limit: PAGE });
    const wanted = page.map(split).filter(({ tenant }) => only === null || tenant === only);
    const values = await store.counters(wanted.map(({ tenant, day }) => COUNTER.cost(tenant, day)));
    for (const [n, one] of wanted.entries()) all.push({ ...one, micros: values[n] ?? 0 });
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return all;
    after = last;
  }
}

const split = (member: string): { readonly day: string; readonly tenant: string } => {
  const slash = member.indexOf('/');
  return { day: member.slice(0, slash), tenant: member.slice(slash + 1) };
};

/** Forgets the days that are told no more. Only the leader does, so what was read is still there when it commits. */
export async function dropOldCosts({ store, clock }: EngineContext, term: Pick<Term, 'fence'>): Promise<void> {
  const max = beginOf(clock.now() - KEEP_DAYS * DAY);
  const old = await store.range(SET.costs, { by: 'score', max, limit: PAGE });
  if (old.length === 0) return;
  const counters = old.map(split).map(({ tenant, day }) => COUNTER.cost(tenant, day));
  const values = await store.counters(counters);
  await store.commit({
    count: counters.map((counter, n) => ({ counter, add: -(values[n] ?? 0) })),
    index: old.map((member) => ({ set: SET.costs, member, score: null })),
    expect: [term.fence],
  });
}
