import type { Requirements, Resources } from './resources.ts';
import type { Counted, Session } from './session.ts';

/** What one tenant may have. null: not limited. */
export type Quota = {
  /** Sessions at the same time, waiting ones included. */
  readonly sessions: number | null;
  readonly gpus: number | null;
  readonly rate: AcquireRate | null;
  /** Sessions at the same time by class; a class that is not there is not limited. */
  readonly classes: ReadonlyMap<string, number | null>;
};

/** A leaky bucket: `burst` new sessions fit in, `perMinute` leak out. */
export type AcquireRate = { readonly perMinute: number; readonly burst: number };

export type Quotas = {
  /** Of tenants that are not named. */
  readonly default: Quota;
  readonly tenants: ReadonlyMap<string, Quota>;
};

/** Nothing is limited. */
export const NO_QUOTA: Quota = { sessions: null, gpus: null, rate: null, classes: new Map() };

export const quotaOf = (q: Quotas, tenant: string): Quota => q.tenants.get(tenant) ?? q.default;

/** As in the contract. */
export type QuotaName = 'sessions' | 'gpus' | typeof RATE | `class:${string}`;
export const RATE = 'acquires-per-minute';
/** Of the rate's counter: one acquire. With 60, what leaks out in a second is a whole number whatever the rate. */
export const ACQUIRE = 60;

/** What a commit adds to one of the tenant's counters; `max`: refused above. */
export type QuotaCount = { readonly name: QuotaName; readonly add: number; readonly max?: number };

/** GPUs that a session counts: the most that it may be given, since a reserve member has what the class says. */
export const gpusOf = (resources: Resources, asked: Requirements): number =>
  Math.max(resources.gpuCount, asked.gpuCount ?? 0);

/**
 * What a change of a session adds to the counters of its tenant. It counts from the commit that makes it to the one
 * that decides its end. Sessions are counted whether there is a quota or not, so that one that is set later knows of
 * them; the rate only where there is one.
 */
export function countsOf(before: Session | undefined, after: Session, quota: Quota): readonly QuotaCount[] {
  if (before === undefined) return isCounted(after) ? added(after, after.counted, quota) : NONE;
  return isCounted(before) && !isCounted(after) ? givenBack(before, before.counted) : NONE;
}

const NONE: readonly QuotaCount[] = [];

type CountedSession = Session & { readonly counted: Counted };
/** Sessions of before there were quotas never were. */
const isCounted = (s: Session): s is CountedSession =>
  s.counted !== undefined && s.phase !== 'releasing' && s.phase !== 'released';

function added({ asked }: Session, { gpus }: Counted, quota: Quota): readonly QuotaCount[] {
  const counts = [
    limited('sessions', 1, quota.sessions),
    limited(`class:${asked.class}`, 1, quota.classes.get(asked.class)),
  ];
  if (gpus > 0) counts.push(limited('gpus', gpus, quota.gpus));
  if (quota.rate !== null) counts.push(limited(RATE, ACQUIRE, quota.rate.burst * ACQUIRE));
  return counts;
}

const limited = (name: QuotaName, add: number, max: number | null | undefined): QuotaCount =>
  max === null || max === undefined ? { name, add } : { name, add, max };

function givenBack({ asked }: Session, { gpus }: Counted): readonly QuotaCount[] {
  const counts: QuotaCount[] = [
    { name: 'sessions', add: -1 },
    { name: `class:${asked.class}`, add: -1 },
  ];
  if (gpus > 0) counts.push({ name: 'gpus', add: -gpus });
  return counts;
}

/** What leaks out of the rate's counter in so many seconds. Without a rate all of it does. */
export const leaked = (value: number, rate: AcquireRate | null, seconds: number): number =>
  rate === null ? value : Math.min(value, rate.perMinute * seconds);

/** When a further acquire fits again [ms], if nobody else's comes first. */
export const fitsAgainMs = (value: number, rate: AcquireRate): number =>
  Math.max(1, Math.ceil((value + ACQUIRE - rate.burst * ACQUIRE) / rate.perMinute)) * 1_000;

/** A counter as people count. */
export const usedOf = (name: QuotaName, value: number): number => (name === RATE ? Math.ceil(value / ACQUIRE) : value);
