import { machineOf } from '../../domain/host-registry.ts';
import type { Instance } from '../../domain/instance.ts';
import { causeOf } from '../../domain/no-offer.ts';
import type { Offer } from '../../domain/offer.ts';
import { addRefused, type Limits, refusedInWords, sift, wantedOf } from '../../domain/placement.ts';
import { broadQuestion, classQuestion, forDisk, narrowQuestion, type Question } from '../../domain/question.ts';
import { type Ranked, rank } from '../../domain/rank.ts';
import type { Search } from '../../domain/search.ts';
import type { Refused } from '../../domain/session.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { ComputeProvider } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { Transition } from '../hooks.ts';
import { createKnownMachines } from './known-machines.ts';
import type { Nothing } from './nothing.ts';
import { createStall, type Later, type Seen, type Stall, type Verdict } from './stall.ts';

type Wish = Omit<Search, 'avoid'>;

/** What suits, and what was refused. */
export type Found = {
  readonly suitable: readonly Offer[];
  /** The best first. */
  readonly ranked: () => readonly Ranked[];
  readonly refused: Refused;
  /** When the provider was asked. */
  readonly takenAt: EpochMs;
};

export type Looker = { readonly c: SessionClass; readonly wish: Wish; readonly overCap: boolean };
/** Who looks for an instance. */
export type Asker = Omit<Looker, 'overCap'> & {
  readonly provider: ComputeProvider;
  readonly signal: AbortSignal;
  readonly later?: Later;
};

/** Gets an answer to a question. */
export type Ask = (q: Question, worth: (seen: Seen) => Verdict) => Promise<Seen | Nothing>;

/** What it is made from. */
export type MarketDeps = Pick<EngineContext, 'mirror' | 'clock' | 'maxMicrosPerHour'>;

/** Chooses among the offers of all providers; asks them only for a leader. */
export type Market = ReturnType<typeof createMarket>;

export function createMarket(ctx: MarketDeps) {
  const known = createKnownMachines(ctx);
  const stalls = new Map<string, Stall>();

  function stallOf(provider: ComputeProvider): Stall {
    const there = stalls.get(provider.name);
    if (there !== undefined) return there;
    const made = createStall({ provider, clock: ctx.clock, avoid: () => known.of(provider.name).avoid });
    stalls.set(provider.name, made);
    return made;
  }

  /** What of an answer does now, for this wish. Never waits: what it tells holds until the next await.
   *  @param overCap where only the provider's cap is in the way, so is none of it */
  function sort(provider: string, wish: Wish, q: Question, seen: Seen, overCap: boolean): Found {
    const { avoid, startMsOf } = known.of(provider);
    const wanted = wantedOf({ ...wish, avoid });
    const offers = seen.offers.map((o) => forDisk(o, q.search.resources.disk, wish.resources.disk));
    const { leftMicros, rented } = inUse(ctx, provider);
    // Without a market an offer is no single thing: it can be had again and again.
    const taken = wish.placement === null ? NONE : new Set([...rented, ...(stalls.get(provider)?.taken(seen) ?? NONE)]);
    const limits: Limits = { now: ctx.clock.now(), capLeftMicros: leftMicros, taken };
    let { suitable, refused } = sift(offers, wanted, limits);
    if (overCap && suitable.length === 0 && (refused['price-cap'] ?? 0) > 0)
      ({ suitable, refused } = sift(offers, wanted, { ...limits, capLeftMicros: null }));
    return {
      suitable,
      ranked: () => rank(suitable, wanted, (o) => startMsOf(o, wish.placement)),
      refused: addRefused(seen.refused, refused),
      takenAt: seen.takenAt,
    };
  }

  /** Asks for what the class has, and again more narrowly where the provider could not tell all that it has.
   *  @param use gets what was found before anything else can happen */
  async function look<T>({ c, wish, overCap }: Looker, ask: Ask, use: (f: Found) => T): Promise<T | Nothing> {
    const sorted = (q: Question) => (seen: Seen) => sort(c.provider, wish, q, seen, overCap);
    const broad = broadQuestion(c, wish);
    const first = await ask(broad, (seen) => verdict(sorted(broad)(seen)));
    if ('why' in first) return first;
    const found = sorted(broad)(first);
    const narrow = first.more && verdict(found) === 'none' ? narrowQuestion(c, wish) : broad;
    if (narrow.key === broad.key) return use(found);
    const second = await ask(narrow, (seen) => verdict(sorted(narrow)(seen)));
    return 'why' in second ? { ...second, refused: found.refused } : use(sorted(narrow)(second));
  }

  /** Asks the provider itself, or shares what another has just asked. */
  const ask = (c: SessionClass, provider: ComputeProvider, signal: AbortSignal, later?: Later): Ask => {
    const own = classQuestion(c).key;
    const waits = later === undefined ? {} : { later };
    return (q, worth) => stallOf(provider).ask({ ...q, isSpecial: q.key !== own, signal, ...waits }, worth);
  };

  return {
    look,
    sort,
    ask,
    /** The best offer, which from now on is nobody else's, or why there is none. */
    choose({ c, wish, provider, signal, later }: Asker): Promise<Ranked | Nothing> {
      // The commit tells of the cap, and makes room where a reserve member can be given back.
      return look({ c, wish, overCap: true }, ask(c, provider, signal, later), (f) => {
        const best = f.ranked()[0];
        if (best === undefined) return nothing(provider.name, f.refused);
        if (wish.placement !== null) stallOf(provider).take(best.offer.id);
        return best;
      });
    },
    /** It was not rented after all. */
    release(provider: string, offer: string): void {
      stalls.get(provider)?.release(offer);
    },
    /** Called with every committed change of phase: an offer that was gone is not to be had again, one that was not
     *  asked for is. */
    learn({ kind, before, after }: Transition): void {
      if (kind !== 'instance' || after.offer === undefined) return;
      const stall = stalls.get(after.provider);
      const full = before === undefined ? null : takenBackOn(before, after);
      if (full !== null) stall?.avoidMachine(full);
      if (after.phase !== 'gone') return;
      const wasAsked = before?.phase === 'requested' && after.cause !== 'limited' && after.cause !== 'ours';
      if (wasAsked) stall?.avoid(after.offer);
      else stall?.release(after.offer);
    },
  };
}

const NONE: ReadonlySet<string> = new Set();

/** The machine on which an instance got no room, or was outbid: nobody's failing, so no ban keeps the next from being
 *  rented there as well, at the price that was told before. null: it was not that. */
function takenBackOn(before: Instance, after: Instance): string | null {
  const isTakenBack = before.phase !== 'destroying' && causeOf(after) === 'preempted';
  const isMet = before.phase === 'booting' || before.interruptible === true;
  return isTakenBack && isMet ? (machineOf(before)?.machine ?? null) : null;
}

const verdict = (f: Found): Verdict => (f.suitable.length > 0 ? 'some' : (f.refused.taken ?? 0) > 0 ? 'taken' : 'none');

export const nothing = (provider: string, refused: Refused): Nothing => {
  const rules = refusedInWords(refused);
  return {
    why: `${provider} has nothing with these resources${rules === '' ? '' : ` (offers refused: ${rules})`}`,
    refused,
  };
};

/** What the provider's living instances leave of its cap, and on which offers they are. */
export function inUse(ctx: MarketDeps, provider: string) {
  let micros = 0;
  const rented = new Set<string>();
  for (const i of ctx.mirror.all('instance')) {
    if (i.provider !== provider) continue;
    micros += i.microsPerHour;
    if (i.offer !== undefined) rented.add(i.offer);
  }
  return { leftMicros: ctx.maxMicrosPerHour - micros, rented };
}
