import type { MachineRecord } from './host-registry.ts';
import type { Offer } from './offer.ts';
import { modelKey, type Wanted } from './placement.ts';
import type { Micros } from './resources.ts';
import type { Placement } from './search.ts';
import { MINUTE } from './time.ts';

/** From the image pulled to the first answer on a machine that was never seen: container, address, first probes. As
 *  long as the median of a start with a small image on a marketplace. */
const BASE_START_MS = MINUTE;
/** Of the bandwidth that a machine measured, what a registry gives and unpacking leaves. */
const PULL_SHARE = 0.5;
/** Where a machine does not tell its bandwidth: the least that classes usually ask for. */
const ASSUMED_MBPS = 100;

/** Upper middle: with two samples the worse one, since waiting costs more than a fair guess saves. */
function median(samples: readonly number[]): number | null {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? null;
}

/** How long a start on this offer takes [ms]: the median of its machine's own starts, else of its host's machines',
 *  else what its bandwidth makes of the image's size. null: nothing tells. */
export function expectedStartMs(
  offer: Offer,
  machine: MachineRecord | undefined,
  ofHost: readonly MachineRecord[],
  placement: Placement | null,
): number | null {
  const own = median((machine?.starts ?? []).map((s) => s.ms));
  if (own !== null) return own;
  const hosts = median(ofHost.flatMap((m) => m.starts.map((s) => s.ms)));
  if (hosts !== null || placement === null) return hosts;
  const mbps = offer.downMbps === undefined || offer.downMbps <= 0 ? ASSUMED_MBPS : offer.downMbps;
  return BASE_START_MS + Math.round((placement.imageBytes * 8) / (mbps * PULL_SHARE * 1_000));
}

/** An offer with what it is compared by. */
export type Ranked = {
  readonly offer: Offer;
  /** null: nothing tells. */
  readonly startMs: number | null;
  /** What it costs as long as it is expected to be used, with what the wait for it is worth. */
  readonly scoreMicros: Micros;
};

/** Offers that do, the best first: models in the order wanted, then price × expected hours plus the value of a minute ×
 *  the expected start; of equals the more reliable, the cheaper, the one with the lower id. Without a market only the
 *  price counts. */
export function rank(
  offers: readonly Offer[],
  wanted: Wanted,
  startMsOf: (o: Offer) => number | null,
): readonly Ranked[] {
  const { placement } = wanted.search;
  const place = (o: Offer): number =>
    wanted.models.length > 0 ? wanted.models.indexOf(modelKey(o.granted.gpuModel)) : 0;
  const ranked = offers.map((offer) => {
    const startMs = startMsOf(offer);
    return { offer, startMs, scoreMicros: score(offer, startMs ?? 0, placement), place: place(offer) };
  });
  ranked.sort(
    (a, b) =>
      a.place - b.place ||
      a.scoreMicros - b.scoreMicros ||
      (b.offer.reliability ?? 0) - (a.offer.reliability ?? 0) ||
      a.offer.microsPerHour - b.offer.microsPerHour ||
      (a.offer.id < b.offer.id ? -1 : a.offer.id > b.offer.id ? 1 : 0),
  );
  return ranked.map(({ offer, startMs, scoreMicros }) => ({ offer, startMs, scoreMicros }));
}

function score(o: Offer, startMs: number, placement: Placement | null): Micros {
  if (placement === null) return o.microsPerHour;
  return (
    Math.round(o.microsPerHour * placement.expectedHours) + Math.round((startMs / MINUTE) * placement.microsPerMinute)
  );
}
