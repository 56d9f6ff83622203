import type { Offer } from '../../../src/domain/offer.ts';
import { sift, type Wanted } from '../../../src/domain/placement.ts';
import { type EpochMs, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { createMarket, type Machine } from '../../simulators/vastai/market.ts';
import { storagePerHour } from '../../simulators/vastai/offer-row.ts';
import { createRandom, type Random } from '../../simulators/vastai/random.ts';
import type { Failing, Setting } from './setting.ts';

/** One machine that does for the class: what it offers, and what renters do not see. */
export type Lot = {
  readonly offer: Offer;
  /** Fails most of its starts, or usually passes the boot deadline. */
  readonly isBad: boolean;
  /** How its next start goes; each is drawn from the machine's own chance, so that it is the same for every way to
   *  choose. @param startsBefore how many we had on it */
  start(startsBefore: number): Start;
  /** Whether nobody else has it. */
  isFree(at: EpochMs): boolean;
};

/** `runsAfterMs`: until its container runs, infinite where it never does; `failing` null: it answers then. */
export type Start = { readonly runsAfterMs: number; readonly failing: Failing | null };

const GIB = 2 ** 30;
/** What is told of a failed pull or container, from the create on: an assumption. */
export const TOLD_AFTER_MS = MINUTE;
/** A bad machine is given back by others, too, as soon as they notice [hours]. */
const BAD_BUSY_HOURS = 1 / 3;

export type Means = { readonly wanted: Wanted; readonly imageBytes: number; readonly bootTimeoutMs: number };

/** The machines that do, by the very rules that place sessions. */
export function createLots(s: Setting, seed: number, means: Means, horizonMs: number): readonly Lot[] {
  const machines = createMarket({ seed: `${seed}`, machines: s.machines, badness: 0, nowMs: 0 });
  const random = createRandom(`${seed}/lots`);
  const badHosts = new Set<number>();
  for (const host of new Set(machines.map((m) => m.host))) if (random.next() < s.badHosts) badHosts.add(host);
  const gb = means.wanted.search.resources.disk / 1e9;
  const lots = machines.map((m) => {
    const own = createRandom(`${seed}/${m.id}`);
    const trueMbps = s.truly === null ? null : s.truly.from * (s.truly.to / s.truly.from) ** own.next();
    const pays = s.truly === null || trueMbps === null ? 1 : priceShare(trueMbps, s.truly);
    return { m, own, trueMbps, offer: offerOf(m, gb, pays) };
  });
  const limits = { now: 0, capLeftMicros: null, taken: new Set<string>() };
  const does = new Set(
    sift(
      lots.map((l) => l.offer),
      means.wanted,
      limits,
    ).suitable.map((o) => o.id),
  );
  return lots
    .filter((l) => l.m.rentable && does.has(l.offer.id))
    .map(({ m, own, trueMbps, offer }) => {
      const failing = own.next() < s.badMachines || badHosts.has(m.host) ? own.weighted(s.failings).kind : null;
      const fails = failing === null ? 0 : own.between(...s.fails);
      const usualMs = startMs(m, trueMbps, means.imageBytes, null);
      const isBad = failing !== null || usualMs > means.bootTimeoutMs;
      const free = freeTimes(s, failing !== null, createRandom(`${seed}/${m.id}/others`), horizonMs);
      return {
        offer,
        isBad,
        start(n) {
          const chance = createRandom(`${seed}/${m.id}/start ${n}`);
          const runsAfterMs = startMs(m, trueMbps, means.imageBytes, s.noise ? chance : null);
          if (failing !== null && chance.next() < fails) return { runsAfterMs: runsAt(failing, runsAfterMs), failing };
          const isHiccup = chance.next() < s.hiccups;
          return isHiccup
            ? { runsAfterMs: Number.POSITIVE_INFINITY, failing: 'never' }
            : { runsAfterMs, failing: null };
        },
        isFree: (at) => isWithin(free, at),
      };
    });
}

const runsAt = (failing: Failing, runsAfterMs: number): number =>
  failing === 'silent' ? runsAfterMs : Number.POSITIVE_INFINITY;

/** As the simulator's machines start, and as long as the ranking expects where nothing is drawn. */
function startMs(m: Machine, trueMbps: number | null, imageBytes: number, chance: Random | null): number {
  const overhead = chance === null ? 15 * SECOND : chance.around(15 * SECOND, 0.4);
  const pullMs = (imageBytes * 8) / ((trueMbps ?? m.down) * 1_000);
  return Math.round(overhead + pullMs * (trueMbps === null ? m.drag : 1) * (chance?.around(1, 0.25) ?? 1));
}

/** From `slowestPays` at the slowest to 1 at the fastest, by the logarithm of the speed. */
const priceShare = (mbps: number, t: NonNullable<Setting['truly']>): number =>
  t.slowestPays + (1 - t.slowestPays) * (Math.log(mbps / t.from) / Math.log(t.to / t.from));

/** One GPU of it: a market shows no second offer on a machine where the account has an instance. */
function offerOf(m: Machine, diskGb: number, pays: number): Offer {
  const storage = Math.round(storagePerHour(m, diskGb) * 1e6);
  return {
    id: `${m.id}`,
    granted: {
      cpu: { request: m.coresEffective / m.gpus, limit: 0 },
      memory: { request: (m.ramMib * 2 ** 20) / m.gpus, limit: 0 },
      gpuModel: m.gpu.name,
      gpuCount: 1,
      gpuMemory: Math.max(m.gpu.ramMib * 2 ** 20, m.gpu.ramMib > 20_000 ? 20 * GIB : 0),
      disk: (m.diskGb * 1e9) / m.gpus,
    },
    microsPerHour: Math.round(m.price * pays * 1e6) + storage,
    storageMicrosPerHour: storage,
    machine: `${m.id}`,
    host: `${m.host}`,
    region: m.place?.slice(-2) ?? '',
    reliability: m.reliability,
    downMbps: m.down,
    cuda: m.cuda,
    directPorts: m.ports,
    verified: m.verification === 'verified',
    datacenter: m.datacenter,
    endsAt: m.listedUntilMs,
  };
}

/** When others leave it alone: beginnings and ends of those spans in turn. */
function freeTimes(s: Setting, isFailing: boolean, random: Random, horizonMs: number): readonly number[] {
  const busy = isFailing ? BAD_BUSY_HOURS : s.others.busy;
  let at = random.next() < s.others.free / (s.others.free + busy) ? 0 : lasting(random, busy);
  const toggles = [at];
  for (let free = true; at < horizonMs; free = !free) {
    at += lasting(random, free ? s.others.free : busy);
    toggles.push(at);
  }
  return toggles;
}

/** Exponential [ms]. */
export const lasting = (random: Random, hours: number): number =>
  Math.round(-Math.log(1 - random.next()) * hours * HOUR);

/** Whether `at` is in a span: an odd number of toggles has passed. */
function isWithin(toggles: readonly number[], at: EpochMs): boolean {
  let [passed, beyond] = [0, toggles.length];
  while (passed < beyond) {
    const middle = (passed + beyond) >> 1;
    if ((toggles[middle] ?? 0) <= at) passed = middle + 1;
    else beyond = middle;
  }
  return passed % 2 === 1;
}
