import { type BrokerError, isBrokerError } from '../../domain/errors.ts';
import type { Offer } from '../../domain/offer.ts';
import type { Question } from '../../domain/question.ts';
import type { Avoid } from '../../domain/search.ts';
import type { Refused } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ComputeProvider } from '../../ports/compute-provider.ts';
import type { Nothing } from './nothing.ts';

/** Shares of `limits.offersMs` after which is asked again although the answer is still fresh: because all that does is
 *  taken, or because nothing does; the latter doubles each time up to the last (10 s to 90 s of 30 s). */
const EARLY = 1 / 3;
const LONGEST = 3;
/** Special questions that may be asked at once; then one per `offersMs`. */
const BURST = 5;
/** Answers kept for each provider. */
const KEPT = 64;
/** For how many times `offersMs` an offer that was gone is left out, should it still be listed, and a machine that had
 *  no room after all: about 10 min. */
const GONE_FOR = 20;

/** An answer of the provider. */
export type Seen = {
  readonly offers: readonly Offer[];
  readonly refused: Refused;
  readonly more: boolean;
  readonly takenAt: EpochMs;
  /** Its place among what happened at this provider. */
  readonly begun: number;
};
type Entry = Seen & { readonly answeredAt: number; readonly empties: number };
/** `isSpecial`: it is not what a class asks for but some session, of which there may be thousands: then it waits for its
 *  turn where many do. */
type Ask = Question & { readonly isSpecial: boolean; readonly signal: AbortSignal; readonly later?: Later };
/** Called once the answer to a special question is there; who gives it does not wait for that, so that nobody behind
 *  him does. @param err where there will be none */
export type Later = (err?: unknown) => void;
/** Why nothing is asked, and for how long [monotonic ms]. */
type Held = { readonly until: number; readonly nothing: Nothing };
type Asked = Promise<Entry | Nothing> | Entry | Nothing;

/** What an answer is worth to who asks: something does; all that does is taken; nothing does. */
export type Verdict = 'some' | 'taken' | 'none';

/**
 * One provider's offers. Each question is asked once for all who ask it, and not again before `limits.offersMs`, since
 * providers allow few searches, by the minute and by the day. An offer that was chosen is left out at once, and until a
 * search that began later shows whether it still is one.
 */
export type Stall = ReturnType<typeof createStall>;

export function createStall(o: {
  readonly provider: ComputeProvider;
  readonly clock: Clock;
  readonly avoid: () => Avoid;
}) {
  const { provider, clock } = o;
  const entries = new Map<string, Entry>();
  const flights = new Map<string, Promise<Entry | Nothing>>();
  /** `until`: however often it is listed [monotonic ms]. */
  const taken = new Map<string, { readonly at: number; readonly until: number }>();
  /** Machines without room, whatever their offers say [monotonic ms]. */
  const full = new Map<string, number>();
  let order = 0;
  let held: Held | null = null;
  /** By question. */
  const wrong = new Map<string, Held>();
  let allowance = { left: BURST, at: clock.monotonic() };

  const ageOf = (e: Entry): number => clock.monotonic() - e.answeredAt;

  function isDue(e: Entry, verdict: Verdict): boolean {
    const every = provider.limits.offersMs;
    if (verdict === 'some') return ageOf(e) >= every;
    if (verdict === 'taken') return ageOf(e) >= every * EARLY;
    return ageOf(e) >= Math.min(every * LONGEST, every * EARLY * 2 ** Math.min(20, e.empties));
  }

  /** Whether one more special question may be asked now. */
  function mayVary(): boolean {
    const every = provider.limits.offersMs;
    if (every === 0) return true;
    const now = clock.monotonic();
    const earned = Math.floor((now - allowance.at) / every);
    const left = Math.min(BURST, allowance.left + earned);
    allowance = { left: Math.max(0, left - 1), at: left === BURST ? now : allowance.at + earned * every };
    return left > 0;
  }

  async function search(q: Question, empties: number, signal: AbortSignal): Promise<Entry | Nothing> {
    const begun = ++order;
    try {
      const { offers, refused, more } = await provider.listOffers({ ...q.search, avoid: o.avoid() }, signal);
      held = null;
      const entry: Entry = {
        offers,
        refused,
        more: more ?? false,
        takenAt: clock.now(),
        begun,
        answeredAt: clock.monotonic(),
        empties,
      };
      keep(q.key, entry);
      return entry;
    } catch (err) {
      if (!isBrokerError(err)) throw err;
      return hold(err, q.key);
    }
  }

  /** Nothing is asked again before the provider lets it through; its other calls and warm claims go on. What it refuses
   *  is wrong with the question: others may be asked. */
  function hold(err: BrokerError, key: string): Nothing {
    const pauseMs = err.details.retryAfterMs || provider.limits.offersMs * EARLY;
    const nothing = { why: err.message, refused: {} };
    const now = clock.monotonic();
    for (const [k, w] of wrong) if (w.until <= now) wrong.delete(k);
    if (pauseMs > 0 && err.code === 'refused-by-provider') wrong.set(key, { until: now + pauseMs, nothing });
    else if (pauseMs > 0) held = { until: now + pauseMs, nothing };
    return nothing;
  }

  function keep(key: string, entry: Entry): void {
    // Asked each time: nothing is to be remembered.
    if (provider.limits.offersMs === 0) return;
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= KEPT) break;
      entries.delete(oldest);
    }
    const eldest = Math.min(...[...entries.values()].map((e) => e.begun));
    for (const [id, t] of taken) if (t.at < eldest && t.until <= clock.monotonic()) taken.delete(id);
  }

  /** Asks, unless that is not to be done now. */
  function begin(q: Ask, before: Entry | undefined, was: Verdict): Asked {
    const now = clock.monotonic();
    const not = [held, wrong.get(q.key)].find((w) => w && now < w.until);
    if (not) return not.nothing;
    if (q.isSpecial && !mayVary()) {
      const isYoung = before !== undefined && ageOf(before) < provider.limits.offersMs * LONGEST;
      return isYoung ? before : BUSY(provider.name);
    }
    const empties = before === undefined || was !== 'none' ? 0 : before.empties + 1;
    const flight = search(q, empties, q.signal).finally(() => flights.delete(q.key));
    flights.set(q.key, flight);
    return flight;
  }

  /** Whether who asks comes again for the answer. Where none is kept he would come again for ever. */
  function isLater({ isSpecial, later }: Ask, asked: Promise<unknown>): boolean {
    if (later === undefined || !isSpecial || provider.limits.offersMs === 0) return false;
    asked.then(() => later(), later);
    return true;
  }

  function answerTo(q: Ask, before: Entry | undefined, was: Verdict): Asked {
    const asked = flights.get(q.key) ?? begin(q, before, was);
    if (!(asked instanceof Promise) || !isLater(q, asked)) return asked;
    // What nobody is to be given any more still tells why there is nothing.
    return was === 'some' || before === undefined ? ASKING(provider.name) : before;
  }

  return {
    provider,
    /** Every asker's signal must end with the same term: they share the answer.
     *  @param verdict what an answer is worth to who asks */
    async ask(q: Ask, verdict: (seen: Seen) => Verdict): Promise<Seen | Nothing> {
      const entry = entries.get(q.key);
      // Whatever it is worth: thousands may ask in one pass.
      if (entry !== undefined && ageOf(entry) < provider.limits.offersMs * EARLY) return entry;
      const was = entry === undefined ? 'none' : verdict(entry);
      if (entry !== undefined && !isDue(entry, was)) return entry;
      const answer = await answerTo(q, entry, was);
      if ('why' in answer) return answer;
      const found = answer.empties > 0 && verdict(answer) !== 'none';
      if (found && entries.get(q.key) === answer) entries.set(q.key, { ...answer, empties: 0 });
      return answer;
    },
    /** Ids that are left out of an answer. */
    *taken(seen: Seen): Iterable<string> {
      const now = clock.monotonic();
      const isFull = (machine: string): boolean => (full.get(machine) ?? 0) > now;
      if (full.size > 0) yield* seen.offers.filter((o) => isFull(o.machine)).map((o) => o.id);
      for (const [id, t] of taken) if (t.at > seen.begun || t.until > now) yield id;
    },
    take(id: string): void {
      taken.set(id, { at: ++order, until: 0 });
    },
    /** It was gone when it was to be rented. */
    avoid(id: string): void {
      taken.set(id, { at: ++order, until: clock.monotonic() + provider.limits.offersMs * GONE_FOR });
    },
    /** It was rented, and the machine had no room for it: all offers of it are as good as taken. */
    avoidMachine(machine: string): void {
      for (const [other, until] of full) if (until <= clock.monotonic()) full.delete(other);
      full.set(machine, clock.monotonic() + provider.limits.offersMs * GONE_FOR);
    },
    release: (id: string): boolean => taken.delete(id),
  };
}

const ASKING = (provider: string): Nothing => ({
  why: `${provider} is being asked for what these requirements need`,
  refused: {},
});
const BUSY = (provider: string): Nothing => ({
  why: `${provider} is asked for others first: these requirements need a search of their own`,
  refused: {},
});
