import { describe, expect, it } from 'vitest';
import { spentMicros } from '../../../src/domain/cost.ts';
import type { MachineRecord } from '../../../src/domain/host-registry.ts';
import { expectedStartMs } from '../../../src/domain/rank.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { compared } from './compare.ts';
import { outdated } from './main.ts';
import type { Lot } from './market.ts';
import { NOTHING, OWN, REGISTRY, WAYS } from './results.ts';
import { lotsOf, type Outcome, runMarket } from './run.ts';
import { SETTINGS, type Setting } from './setting.ts';
import { shippedTerms } from './terms.ts';
import { createTimeline } from './timeline.ts';

const terms = shippedTerms();
const settingOf = (name: string): Setting => {
  const found = SETTINGS.find((s) => s.name === name);
  if (found === undefined) throw new Error(`no setting ${name}`);
  // Long enough for whatever is asserted here.
  return { ...found, days: 3 };
};
const bad = settingOf('20 % bad, bad hosts');
const run = (s: Setting, seed: number, knows = REGISTRY): Outcome =>
  runMarket(s, seed, lotsOf(s, seed, terms), terms, knows);

describe('The model of the market', () => {
  it('gives the page that is committed', () => {
    expect(outdated(false)).toEqual([]);
  });

  it('gives the same again for the same seed, and something else for another', () => {
    const figures = ({ waits, micros }: Outcome) => ({ waits, micros });
    expect(figures(run(bad, 7))).toEqual(figures(run(bad, 7)));
    expect(figures(run(bad, 7))).not.toEqual(figures(run(bad, 8)));
  });

  it('lets clients pay for every rental, failed or not, and for nothing else', () => {
    for (const way of WAYS) {
      const o = run(bad, 3, way);
      const rented = o.rentals.reduce((sum, { lot: { offer }, rentedAt, runningAt, until }) => {
        const { microsPerHour, storageMicrosPerHour = 0 } = offer;
        const price = { microsPerHour, storageMicrosPerHour, rentedAt };
        return sum + spentMicros(runningAt === null ? price : { ...price, runningAt }, rentedAt, until);
      }, 0);
      expect(o.rentals.some((r) => r.failed)).toBe(true);
      expect(o.micros).toBe(rented);
      expect(o.rentals.filter((r) => !r.failed)).toHaveLength(o.waits.length - o.gaveUp);
    }
  });

  it('never has two instances on a machine, nor one that somebody else has', () => {
    const { rentals } = run(settingOf('peak, few offers'), 2);
    const byLot = Map.groupBy(rentals, (r) => r.lot);
    for (const [, of] of byLot) {
      const inOrder = of.toSorted((a, b) => a.rentedAt - b.rentedAt);
      const overlaps = inOrder.slice(1).filter((r, n) => r.rentedAt < (inOrder[n]?.until ?? 0));
      expect(overlaps).toEqual([]);
    }
    expect(byLot.size).toBeGreaterThan(10);
  });

  it('rents no banned machine', () => {
    const { rentals, memory } = run(bad, 5);
    expect(memory.everBanned.size).toBeGreaterThan(0);
    const later = rentals.filter(({ lot, rentedAt }) => {
      const bannedAt = memory.everBanned.get(lot.offer.machine);
      // Creates wait for their turn, chosen before.
      return bannedAt !== undefined && rentedAt > bannedAt + MINUTE && rentedAt < bannedAt + terms.bans.termMs;
    });
    expect(later).toEqual([]);
  });

  it('brings the same with and without the registry where nothing fails and starts take what bandwidths promise', () => {
    const s = { ...settingOf('healthy'), hiccups: 0 };
    const kept = (lot: Lot): Lot => ({
      ...lot,
      // Every machine a host of its own: else its siblings' starts stand for its bandwidth.
      offer: { ...lot.offer, host: lot.offer.machine },
      start: () => ({ runsAfterMs: promised(lot), failing: null }),
    });
    const lots = lotsOf(s, 4, terms).map(kept);
    const [without, own, registry] = [NOTHING, OWN, REGISTRY].map((way) => runMarket(s, 4, lots, terms, way));
    expect(registry?.memory.everBanned.size).toBe(0);
    expect(registry?.rentals).toEqual(without?.rentals);
    expect(own?.rentals).toEqual(without?.rentals);
    expect(registry?.waits).toEqual(without?.waits);
  });

  it('bans machines, and no class of machines: a broken image ends in backing off', () => {
    const o = run({ ...settingOf('broken image for 1 h'), broken: [DAY, DAY + HOUR] }, 1);
    const failed = o.rentals.filter((r) => r.failed && r.rentedAt >= DAY && r.rentedAt < DAY + HOUR);
    const banned = [...o.memory.everBanned.values()].filter((at) => at >= DAY && at < DAY + 2 * HOUR);
    expect(failed.length).toBeGreaterThan(banned.length);
    expect(banned.length).toBeLessThanOrEqual(5);
  });

  it('steps through time in order, and through one moment in the order said', () => {
    const time = createTimeline();
    const seen: string[] = [];
    time.at(2, () => seen.push('b'));
    time.at(1, (at) => {
      seen.push('a');
      time.at(at + 1, () => seen.push('c'));
    });
    time.run((now) => seen.push(`after ${now}`));
    expect(seen).toEqual(['a', 'after 1', 'b', 'c', 'after 2']);
  });

  it('compares two ways seed by seed', () => {
    expect(compared([5, 5, 5], [4, 3, 6], 1)).toBe('−1.0 (2 better, 1 worse)');
    expect(compared([5, 5, 5], [5, 5.04, 5], 1)).toBe('0.0 (0 better, 0 worse)');
  });
});

function promised({ offer }: Lot): number {
  const nobodys: readonly MachineRecord[] = [];
  const ms = expectedStartMs(offer, undefined, nobodys, terms.placement);
  if (ms === null) throw new Error('no bandwidth');
  return ms;
}
