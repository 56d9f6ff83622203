import { spentMicros } from '../../../src/domain/cost.ts';
import type { Lesson } from '../../../src/domain/host-registry.ts';
import { sift, type Wanted } from '../../../src/domain/placement.ts';
import { rank } from '../../../src/domain/rank.ts';
import type { Micros } from '../../../src/domain/resources.ts';
import { DAY, type EpochMs, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { createRandom } from '../../simulators/vastai/random.ts';
import { createLots, type Lot, lasting, type Start, TOLD_AFTER_MS } from './market.ts';
import { createMemory, type Knows, type Memory, type Policy } from './memory.ts';
import type { Setting } from './setting.ts';
import { createTimeline } from './timeline.ts';

/** Whoever still has none then is not waited for. */
const LONGEST_WAIT_MS = 48 * HOUR;
/** How often offers are looked for while somebody waits for one. */
const LOOK_EVERY_MS = MINUTE;
/** Creates of one account are so far apart (reference: 4.5 s). */
const CREATE_EVERY_MS = 4_500;
/** A client whose acquire ends without a session asks again at once, and so often in all. */
const ACQUIRES = 5;
const SHORTEST_USE_MS = 5 * MINUTE;
const LONGEST_USE_MS = 8 * HOUR;

/** What the class says. */
export type Terms = Policy & {
  readonly wanted: Wanted;
  readonly bootTimeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly startAttempts: number;
};

/** One who wants a session, and asks again where an acquire ends without one. */
type Client = {
  readonly acquiredAt: EpochMs;
  readonly useMs: number;
  readonly failedOn: Set<string>;
  queuedAt: EpochMs;
  attempts: number;
  acquires: number;
  micros: Micros;
};

export type Rental = {
  readonly lot: Lot;
  readonly rentedAt: EpochMs;
  readonly runningAt: EpochMs | null;
  readonly until: EpochMs;
  readonly failed: boolean;
};

export type Wait = { readonly acquiredAt: EpochMs; readonly ms: number };

export type Outcome = {
  /** From acquire to ready, or to giving up. */
  readonly waits: readonly Wait[];
  readonly gaveUp: number;
  /** Acquires that ended without a session, the client's next one aside. */
  readonly acquiresEnded: number;
  /** Paid by all clients together. */
  readonly micros: Micros;
  readonly rentals: readonly Rental[];
  readonly lots: readonly Lot[];
  readonly memory: Memory;
};

/** The machines of one seed. They can serve several runs: nothing of them changes. */
export const lotsOf = (s: Setting, seed: number, terms: Terms): readonly Lot[] =>
  createLots(
    s,
    seed,
    { ...terms, imageBytes: terms.placement.imageBytes },
    s.days * DAY + LONGEST_WAIT_MS + LONGEST_USE_MS,
  );

/** Runs one market in stepped time. The same setting and seed bring the same clients, machines and chances, whatever is
 *  remembered. @param lots those of the same setting and seed */
export function runMarket(s: Setting, seed: number, lots: readonly Lot[], terms: Terms, knows: Knows): Outcome {
  const memory = createMemory(knows, terms);
  const time = createTimeline();
  const queue: Client[] = [];
  const ours = new Set<Lot>();
  const startsOn = new Map<Lot, number>();
  const waits: Wait[] = [];
  const rentals: Rental[] = [];
  let [gaveUp, acquiresEnded, micros, starting, laneAt, lookAt] = [0, 0, 0, 0, 0, 0];

  function leave(c: Client, readyAt: EpochMs | null, now: EpochMs): void {
    waits.push({ acquiredAt: c.acquiredAt, ms: (readyAt ?? now) - c.acquiredAt });
    if (readyAt === null) gaveUp += 1;
    micros += c.micros;
  }

  function acquireEnds(c: Client, now: EpochMs): void {
    acquiresEnded += 1;
    c.acquires += 1;
    c.attempts = 0;
    c.failedOn.clear();
    const isEnough = c.acquires >= ACQUIRES || now >= s.days * DAY + LONGEST_WAIT_MS;
    if (isEnough) leave(c, null, now);
    else enqueue(c, now);
  }

  function enqueue(c: Client, now: EpochMs): void {
    c.queuedAt = now;
    queue.push(c);
  }

  /** The best that is free. */
  function choose(c: Client, now: EpochMs): Lot | undefined {
    const free = new Map(lots.filter((l) => !ours.has(l) && l.isFree(now)).map((l) => [l.offer.id, l]));
    const search = { ...terms.wanted.search, avoid: memory.avoid(c.failedOn, now) };
    const wanted = { ...terms.wanted, search };
    const offers = [...free.values()].map((l) => l.offer);
    const { suitable } = sift(offers, wanted, { now, capLeftMicros: null, taken: new Set() });
    const best = rank(suitable, wanted, memory.expectedStartMs)[0];
    return best === undefined ? undefined : free.get(best.offer.id);
  }

  function pay(c: Client, r: Rental): void {
    rentals.push(r);
    ours.delete(r.lot);
    const { microsPerHour, storageMicrosPerHour = 0 } = r.lot.offer;
    const price = { microsPerHour, storageMicrosPerHour, rentedAt: r.rentedAt };
    c.micros += spentMicros(
      { ...price, ...(r.runningAt === null ? {} : { runningAt: r.runningAt }) },
      r.rentedAt,
      r.until,
    );
  }

  function start(c: Client, lot: Lot, now: EpochMs): void {
    const rentedAt = Math.max(now, laneAt);
    laneAt = rentedAt + CREATE_EVERY_MS;
    ours.add(lot);
    starting += 1;
    c.attempts += 1;
    const n = startsOn.get(lot) ?? 0;
    startsOn.set(lot, n + 1);
    const drawn = lot.start(n);
    const isBroken = s.broken !== null && rentedAt >= s.broken[0] && rentedAt < s.broken[1];
    const went = judge(
      isBroken && drawn.failing === null ? { ...drawn, failing: 'silent' } : drawn,
      terms.bootTimeoutMs,
    );
    time.at(rentedAt + went.endsAfterMs, (at) => ended(c, { lot, rentedAt, went, at }));
  }

  function ended(c: Client, { lot, rentedAt, went, at }: Ended): void {
    starting -= 1;
    memory.learn(lot.offer, went.lesson, went.endsAfterMs, at);
    const runningAt = went.runsAfterMs <= went.endsAfterMs ? rentedAt + went.runsAfterMs : null;
    if (went.lesson === 'came-up') {
      const until = at + c.useMs;
      time.at(until, () => {
        pay(c, { lot, rentedAt, runningAt, until, failed: false });
        leave(c, at, until);
      });
      return;
    }
    pay(c, { lot, rentedAt, runningAt, until: at, failed: true });
    c.failedOn.add(lot.offer.machine);
    if (c.attempts >= terms.startAttempts) acquireEnds(c, at);
    else enqueue(c, at);
  }

  /** Whoever waits, the oldest acquire first. */
  function serve(now: EpochMs): void {
    const late = queue.filter((c) => c.queuedAt + terms.queueTimeoutMs <= now);
    for (const c of late) {
      queue.splice(queue.indexOf(c), 1);
      acquireEnds(c, now);
    }
    queue.sort((a, b) => a.acquiredAt - b.acquiredAt);
    for (let c = queue[0]; c !== undefined; c = queue[0]) {
      const held = memory.heldUntil(starting, now);
      const lot = held === undefined ? choose(c, now) : undefined;
      if (lot === undefined) break;
      queue.shift();
      start(c, lot, now);
    }
    if (queue.length > 0 && lookAt <= now) {
      lookAt = now + LOOK_EVERY_MS;
      time.at(lookAt, () => undefined);
    }
  }

  for (const { at, useMs } of arrivals(s, seed))
    time.at(at, () => {
      const fresh = { attempts: 0, acquires: 0, micros: 0, failedOn: new Set<string>() };
      queue.push({ ...fresh, acquiredAt: at, queuedAt: at, useMs });
    });
  time.run(serve);
  return { waits, gaveUp, acquiresEnded, micros, rentals, lots, memory };
}

type Went = { readonly lesson: Lesson; readonly endsAfterMs: number; readonly runsAfterMs: number };
type Ended = { readonly lot: Lot; readonly rentedAt: EpochMs; readonly went: Went; readonly at: EpochMs };

/** How a start ends, and when that is known. */
function judge({ runsAfterMs, failing }: Start, bootTimeoutMs: number): Went {
  if (failing === 'pull') return { lesson: 'pull-failed', endsAfterMs: TOLD_AFTER_MS, runsAfterMs };
  if (failing === 'runtime') return { lesson: 'runtime-failed', endsAfterMs: TOLD_AFTER_MS, runsAfterMs };
  if (failing !== null || runsAfterMs >= bootTimeoutMs)
    return { lesson: 'slow-start', endsAfterMs: bootTimeoutMs, runsAfterMs };
  return { lesson: 'came-up', endsAfterMs: runsAfterMs, runsAfterMs };
}

/** By chance in time, more of them in a peak. */
function arrivals(s: Setting, seed: number): readonly { readonly at: EpochMs; readonly useMs: number }[] {
  const random = createRandom(`${seed}/clients`);
  const found: { at: EpochMs; useMs: number }[] = [];
  const most = Math.max(s.perHour, s.peak?.perHour ?? 0);
  for (let at = lasting(random, 1 / most); at < s.days * DAY; at += lasting(random, 1 / most)) {
    const ofDay = at % DAY;
    const rate = s.peak !== null && ofDay >= s.peak.from && ofDay < s.peak.to ? s.peak.perHour : s.perHour;
    const isHere = random.next() < rate / most;
    const useMs = Math.min(LONGEST_USE_MS, Math.max(SHORTEST_USE_MS, lasting(random, 2)));
    if (isHere) found.push({ at, useMs });
  }
  return found;
}
