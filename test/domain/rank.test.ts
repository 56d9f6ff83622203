import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineRecord } from '../../src/domain/host-registry.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { wantedOf } from '../../src/domain/placement.ts';
import { expectedStartMs, rank } from '../../src/domain/rank.ts';
import type { Placement } from '../../src/domain/search.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { anOffer, GPU } from '../support/a-market.ts';
import { PLACEMENT, searchFor, T0 } from '../support/fixtures.ts';

const machine = (name: string, ...startsMs: number[]): MachineRecord => ({
  provider: 'vastai',
  machine: name,
  host: 'h1',
  ban: null,
  starts: startsMs.map((ms) => ({ at: T0, ms })),
  losses: [],
});
/** A dollar an hour, and one for a minute. */
const EVEN = { ...PLACEMENT, expectedHours: 1, microsPerMinute: 1_000_000 };
const wanted = (over: Partial<Placement> = {}, need = {}) =>
  wantedOf(searchFor(GPU, need, { placement: { ...EVEN, ...over } }));
const ids = (
  all: readonly Offer[],
  startMs: Readonly<Record<string, number>>,
  over: Partial<Placement> = {},
  need = {},
) => rank(all, wanted(over, need), (o) => startMs[o.id] ?? null).map((r) => r.offer.id);
const at = (id: string, dollars: number, over: Partial<Offer> = {}): Offer =>
  anOffer({ id, microsPerHour: dollars * 1_000_000, ...over });
const gpu = (gpuModel: string) => ({ granted: { ...anOffer().granted, gpuModel } });

describe('the order of offers', () => {
  it.each<[string, readonly Offer[], Readonly<Record<string, number>>, Partial<Placement>, readonly string[]]>([
    ['the cheaper first', [at('a', 2), at('b', 1)], {}, {}, ['b', 'a']],
    ['the sooner first', [at('a', 1), at('b', 1)], { a: 2 * MINUTE, b: MINUTE }, {}, ['b', 'a']],
    [
      'a dearer one whose start saves more than it costs',
      [at('a', 1), at('b', 2)],
      { a: 5 * MINUTE, b: MINUTE },
      {},
      ['b', 'a'],
    ],
    [
      'the cheaper where the session is long',
      [at('a', 1), at('b', 2)],
      { a: 5 * MINUTE, b: MINUTE },
      { expectedHours: 10 },
      ['a', 'b'],
    ],
    [
      'the cheaper where waiting is worth nothing',
      [at('a', 1), at('b', 2)],
      { a: 60 * MINUTE },
      { microsPerMinute: 0 },
      ['a', 'b'],
    ],
    ['the more reliable of equals', [at('a', 1, { reliability: 0.95 }), at('b', 1)], {}, {}, ['b', 'a']],
    ['the lower id of what is the same', [at('b', 1), at('a', 1)], {}, {}, ['a', 'b']],
    [
      'the model that is liked best, whatever it costs',
      [at('a', 1, gpu('A')), at('b', 9, gpu('B'))],
      {},
      { gpuModels: ['B', 'A'] },
      ['b', 'a'],
    ],
  ])('is %s', (_, all, startMs, over, order) => {
    expect(ids(all, startMs, over)).toEqual(order);
  });

  it('follows the caller’s order of models, not the class’s', () => {
    const all = [at('a', 1, gpu('A')), at('b', 9, gpu('B'))];
    expect(ids(all, {}, { gpuModels: ['A', 'B'] }, { gpuModels: ['b', 'a'] })).toEqual(['b', 'a']);
  });

  it('counts only the price where there is no market', () => {
    const search = wantedOf(searchFor(GPU));
    expect(rank([at('a', 2), at('b', 1)], search, () => null).map((r) => r.offer.id)).toEqual(['b', 'a']);
  });

  it('tells price and start in whole micro-dollars', () => {
    const [best] = rank([at('a', 0.123)], wanted({ expectedHours: 1 / 3 }), () => 1_234);
    expect(best).toMatchObject({ startMs: 1_234, scoreMicros: Math.round(123_000 / 3) + Math.round(1_234_000 / 60) });
  });

  const some = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.constantFrom(0.9, 0.99)), {
      minLength: 1,
      maxLength: 12,
    })
    .map((rows) =>
      rows.map(([price, start, reliability], n) => ({ offer: at(`o${n}`, price, { reliability }), start })),
    );

  it('does not depend on the order told: it is total', () => {
    fc.assert(
      fc.property(
        some.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))),
        ([rows, shuffled]) => {
          const startMs = Object.fromEntries(rows.map((r) => [r.offer.id, r.start * MINUTE]));
          const order = (all: typeof rows) =>
            ids(
              all.map((r) => r.offer),
              startMs,
            );
          expect(order(shuffled)).toEqual(order(rows));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('never puts an offer behind for being cheaper, all else equal', () => {
    fc.assert(
      fc.property(
        some,
        fc.nat(),
        fc.integer({ min: 1, max: 999_999 }),
        fc.constantFrom(0.000_1, 1, 8),
        (rows, n, less, hours) => {
          const chosen = rows[n % rows.length];
          if (chosen === undefined) throw new Error('there is none');
          const startMs = Object.fromEntries(rows.map((r) => [r.offer.id, r.start * MINUTE]));
          const cheaper = { ...chosen.offer, microsPerHour: Math.max(0, chosen.offer.microsPerHour - less) };
          const all = rows.map((r) => r.offer);
          const place = (offers: readonly Offer[]) =>
            ids(offers, startMs, { expectedHours: hours }).indexOf(chosen.offer.id);
          expect(place(all.map((o) => (o === chosen.offer ? cheaper : o)))).toBeLessThanOrEqual(place(all));
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  });
});

describe('the expected start', () => {
  it.each<[string, MachineRecord | undefined, readonly MachineRecord[], number]>([
    ['the median of the machine’s own', machine('m1', 10, 90, 30), [machine('m2', 1)], 30],
    ['the later of the machine’s own two', machine('m1', 10, 90), [], 90],
    ['the median of all that its host’s machines had', undefined, [machine('m2', 10, 20), machine('m3', 40)], 20],
    ['its host’s where its own has none', machine('m1'), [machine('m2', 7)], 7],
  ])('is %s', (_, own, ofHost, ms) => {
    expect(expectedStartMs(anOffer(), own, ofHost, PLACEMENT)).toBe(ms);
  });

  it('is a minute and the image at half its bandwidth on a machine never seen before', () => {
    const placement = { ...PLACEMENT, imageBytes: 1e9 };
    expect(expectedStartMs(anOffer({ downMbps: 800 }), undefined, [], placement)).toBe(MINUTE + 20_000);
    expect(expectedStartMs(anOffer({ downMbps: 8_000 }), undefined, [], placement)).toBe(MINUTE + 2_000);
  });

  it('takes 100 Mbit/s for a machine that does not tell', () => {
    const { downMbps: _, ...silent } = anOffer();
    const asSlow = expectedStartMs(anOffer({ downMbps: 100 }), undefined, [], PLACEMENT);
    expect(expectedStartMs(silent, undefined, [], PLACEMENT)).toBe(asSlow);
    expect(expectedStartMs(anOffer({ downMbps: 0 }), undefined, [], PLACEMENT)).toBe(asSlow);
  });

  it('is not known where there is neither a market nor a start that was measured', () => {
    expect(expectedStartMs(anOffer(), undefined, [], null)).toBeNull();
    expect(expectedStartMs(anOffer(), machine('m1', 5), [], null)).toBe(5);
  });
});
