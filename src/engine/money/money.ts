import type { InstanceId } from '../../domain/ids.ts';
import { isUnclaimed, standsFor } from '../../domain/instance.ts';
import type { Micros } from '../../domain/resources.ts';
import { type EpochMs, MINUTE } from '../../domain/time.ts';
import type { Owned } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { Mirror } from '../records/mirror.ts';
import { COUNTER } from '../records/records.ts';
import type { ProviderView } from '../use-cases.ts';
import { type Caps, microsPerHourOf } from './caps.ts';

/** An instance that is being destroyed for so long is told of; and again each time that has doubled [ms]. */
const SLOW_MS = 5 * MINUTE;
/** Prepaid money is asked for at most that often [ms]. */
const CREDIT_MS = MINUTE;

/** For the gauges: what is paid at a provider now, and what would go wrong with it. Micro-dollars per hour. */
export type ProviderMoney = {
  readonly provider: string;
  readonly session: Micros;
  readonly reserve: Micros;
  readonly destroying: Micros;
  /** null: this replica does not lead. */
  readonly untracked: Micros | null;
  readonly credit: Micros | null;
  /** Of what is being destroyed: since when the oldest is, and how often at most one's end was asked for. */
  readonly oldestDestroyingMs: number;
  readonly mostDestroyRequests: number;
};

/** Whether something with our tag is there that no record stands for. */
export const isUntracked = (mirror: Mirror, o: Owned): boolean =>
  o.seen.status !== 'absent' && !standsFor(mirror.instance(o.tag), o.ref.id);

type Destroys = ReadonlyMap<InstanceId, { readonly times: number }>;

/** Watches what is paid for. What providers say is known to the leader only. */
export type MoneyWatch = ReturnType<typeof createMoneyWatch>;

export function createMoneyWatch(ctx: EngineContext) {
  const untracked = new Map<string, Micros>();
  const credit = new Map<string, Micros>();
  let askedAt = Number.NEGATIVE_INFINITY;
  const told = new Map<InstanceId, number>();
  let destroys: Destroys = new Map();

  /** Logs what does not end though it is asked to. */
  function tellSlow(now: EpochMs): void {
    for (const i of ctx.mirror.all('instance')) {
      if (i.phase !== 'destroying') continue;
      const forMs = now - i.since;
      if (forMs < (told.get(i.id) ?? SLOW_MS)) continue;
      told.set(i.id, 2 * Math.max(forMs, SLOW_MS));
      ctx.hooks.onSlowDestroy(i, forMs, destroys.get(i.id)?.times ?? 0);
    }
    for (const id of told.keys()) if (ctx.mirror.instance(id)?.phase !== 'destroying') told.delete(id);
  }

  async function askCredit(signal: AbortSignal): Promise<void> {
    if (ctx.clock.monotonic() - askedAt < CREDIT_MS) return;
    askedAt = ctx.clock.monotonic();
    for (const market of ctx.marketplaces.values()) {
      // What was true a minute ago may not be any more.
      credit.delete(market.name);
      credit.set(market.name, (await market.account(signal)).creditMicros);
    }
  }

  function moneyOf(provider: string, now: EpochMs): ProviderMoney {
    const all = [...ctx.mirror.all('instance')].filter((i) => i.provider === provider);
    let oldestDestroyingMs = 0;
    let mostDestroyRequests = 0;
    for (const i of all) {
      if (i.phase !== 'destroying') continue;
      oldestDestroyingMs = Math.max(oldestDestroyingMs, now - i.since);
      mostDestroyRequests = Math.max(mostDestroyRequests, destroys.get(i.id)?.times ?? 0);
    }
    const reserve = microsPerHourOf(all, isUnclaimed);
    const destroying = microsPerHourOf(all, (i) => i.phase === 'destroying');
    return {
      provider,
      session: microsPerHourOf(all, () => true) - reserve - destroying,
      reserve,
      destroying,
      untracked: untracked.get(provider) ?? null,
      credit: credit.get(provider) ?? null,
      oldestDestroyingMs,
      mostDestroyRequests,
    };
  }

  return {
    /** A term begins. @param asked how often the end of each instance was asked for; changes while the term lasts */
    begin(asked: Destroys): void {
      destroys = asked;
    },
    end(): void {
      untracked.clear();
      credit.clear();
      destroys = new Map();
      askedAt = Number.NEGATIVE_INFINITY;
    },
    /** A complete list of what carries our tag. */
    listed(provider: string, owned: readonly Owned[]): void {
      const strangers = owned.filter((o) => isUntracked(ctx.mirror, o));
      untracked.set(
        provider,
        strangers.reduce((sum, o) => sum + (o.microsPerHour ?? 0), 0),
      );
    },
    async pass(signal: AbortSignal): Promise<void> {
      tellSlow(ctx.clock.now());
      await askCredit(signal);
    },
    /** Of every provider, in the order of their names. */
    all(): readonly ProviderMoney[] {
      const now = ctx.clock.now();
      return [...ctx.providers.keys()].sort().map((name) => moneyOf(name, now));
    },
    untracked: (provider: string): Micros | null => untracked.get(provider) ?? null,
    credit: (provider: string): Micros | null => credit.get(provider) ?? null,
  };
}

type Listed = { readonly listedAt: EpochMs | null; readonly listError: string };

/** Of GetStatus. */
export async function providerViews(
  ctx: EngineContext,
  observers: ReadonlyMap<string, Listed>,
  caps: Caps,
  money: MoneyWatch,
): Promise<readonly ProviderView[]> {
  const names = [...ctx.providers.keys()];
  const counts = await ctx.store.counters([...names.map(COUNTER.instances), ...names.map(COUNTER.spending)]);
  return names.map((name, n) => ({
    name,
    instances: counts[n] ?? 0,
    maxInstances: caps.instances(name),
    listedAt: observers.get(name)?.listedAt ?? null,
    listError: observers.get(name)?.listError ?? '',
    microsPerHour: counts[names.length + n] ?? 0,
    maxMicrosPerHour: caps.microsPerHour(name),
    untrackedMicrosPerHour: money.untracked(name),
    creditMicros: money.credit(name),
  }));
}
