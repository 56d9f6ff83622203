import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/domain/offer.ts';
import { type Limits, rejectReason, sift, wantedOf } from '../../src/domain/placement.ts';
import type { Requirements, Resources } from '../../src/domain/resources.ts';
import type { Placement, Search } from '../../src/domain/search.ts';
import { HOUR } from '../../src/domain/time.ts';
import { anOffer, GPU } from '../support/a-market.ts';
import { PLACEMENT, searchFor, T0 } from '../support/fixtures.ts';

const LIMITS: Limits = { now: T0, capLeftMicros: null, taken: new Set() };
type Case = {
  readonly offer?: Partial<Offer>;
  readonly granted?: Partial<Resources>;
  readonly need?: Requirements;
  readonly placement?: Partial<Placement> | null;
  readonly limits?: Partial<Limits>;
  readonly search?: Partial<Search>;
};
const bare = (o: Offer, ...absent: (keyof Offer)[]): Offer => {
  const left: Partial<Record<keyof Offer, unknown>> = { ...o };
  for (const name of absent) delete left[name];
  return left as Offer;
};
const reasonFor = (k: Case, o: Offer = anOffer()): string | null => {
  const offer = { ...o, ...k.offer, granted: { ...o.granted, ...k.granted } };
  const placement = k.placement === null ? null : { ...PLACEMENT, ...k.placement };
  const wanted = wantedOf(searchFor(GPU, k.need, { placement, ...k.search }));
  return rejectReason(offer, { ...wanted, ...LIMITS, ...k.limits });
};

describe('an offer', () => {
  it('does when it has what is wanted', () => {
    expect(reasonFor({})).toBeNull();
  });

  it.each<[string, Case]>([
    ['machine-banned', { search: { avoid: { machines: new Set(['m1']), hosts: new Set() } } }],
    ['host-banned', { search: { avoid: { machines: new Set(), hosts: new Set(['h1']) } } }],
    ['gpu-model', { placement: { gpuModels: ['A100 SXM4'] } }],
    ['gpu-model', { need: { gpuModels: ['A100 SXM4'] } }],
    ['gpu-model', { placement: { gpuModels: ['RTX 4090'] }, need: { gpuModels: ['A100 SXM4'] } }],
    ['gpu-count', { granted: { gpuCount: 0 } }],
    ['gpu-memory', { granted: { gpuMemory: 8e9 } }],
    ['gpu-memory', { need: { gpuMemory: 48e9 }, search: { resources: { ...GPU, gpuMemory: 48e9 } } }],
    ['cpu', { granted: { cpu: { request: 1, limit: 1 } } }],
    ['cpu', { need: { cpuLimit: 64 } }],
    ['memory', { granted: { memory: { request: 1, limit: 1 } } }],
    ['memory', { need: { memoryLimit: 2 ** 50 } }],
    ['disk', { granted: { disk: 1e9 } }],
    ['region', { placement: { regions: ['US', 'CA'] } }],
    ['region', { need: { regions: ['North America'] } }],
    ['region', { need: { regions: ['Atlantis'] } }],
    ['region', { offer: { region: '' }, need: { regions: ['europe'] } }],
    ['region', { placement: { regions: ['europe'] }, need: { regions: ['fr'] } }],
    ['price', { placement: { maxMicrosPerHour: 399_999 } }],
    ['price', { placement: { maxMicrosPerHour: 500_000 }, need: { maxMicrosPerHour: 399_999 } }],
    ['price', { placement: { maxMicrosPerHour: 399_999 }, need: { maxMicrosPerHour: 500_000 } }],
    ['price-cap', { limits: { capLeftMicros: 399_999 } }],
    ['reliability', { placement: { minReliability: 0.991 } }],
    ['reliability', { placement: { minReliability: 0.5 }, need: { minReliability: 0.991 } }],
    ['download', { placement: { minDownMbps: 801 } }],
    ['cuda', { placement: { minCuda: 12.9 } }],
    ['ports', { search: { ports: 11 } }],
    ['unverified', { offer: { verified: false } }],
    ['not-datacenter', { placement: { datacenter: true } }],
    ['ends-soon', { offer: { endsAt: T0 + HOUR }, placement: { minRemainingMs: HOUR + 1 } }],
    ['interruptible', { offer: { interruptible: true } }],
    [
      'interruptible',
      { offer: { interruptible: true }, placement: { interruptible: true }, need: { interruptible: false } },
    ],
    ['interruptible', { offer: { interruptible: true }, need: { interruptible: true } }],
    ['taken', { limits: { taken: new Set(['o1']) } }],
  ])('is refused by %s for %j', (rule, k) => {
    expect(reasonFor(k)).toBe(rule);
  });

  it.each<[string, Case]>([
    ['a model however it is written', { placement: { gpuModels: ['rtx_4090'] }, need: { gpuModels: ['RTX 4090'] } }],
    ['more than asked', { need: { gpuCount: 1, cpuRequest: 1 } }],
    ['a region by its word', { placement: { regions: ['Europe'] }, need: { regions: ['Germany', 'fr'] } }],
    ['the world', { offer: { region: '' }, need: { regions: ['world'] } }],
    ['just the price', { need: { maxMicrosPerHour: 400_000 }, limits: { capLeftMicros: 400_000 } }],
    ['just the rest of its time', { offer: { endsAt: T0 + HOUR }, placement: { minRemainingMs: HOUR } }],
    [
      'what may be taken back, where that is welcome',
      { offer: { interruptible: true }, placement: { interruptible: true } },
    ],
  ])('does with %s', (_, k) => {
    expect(reasonFor(k)).toBeNull();
  });

  it.each<[keyof Offer, string | null, Partial<Placement>]>([
    ['reliability', 'reliability', { minReliability: 0.9 }],
    ['downMbps', 'download', { minDownMbps: 1 }],
    ['cuda', 'cuda', { minCuda: 1 }],
    ['verified', 'unverified', {}],
    ['datacenter', 'not-datacenter', { datacenter: true }],
    ['directPorts', null, {}],
    ['endsAt', null, { minRemainingMs: 1e12 }],
    ['interruptible', null, {}],
  ])('that does not tell its %s is refused by %s where that matters', (field, rule, placement) => {
    expect(reasonFor({ placement }, bare(anOffer(), field))).toBe(rule);
  });

  it('that tells nothing does where nothing is demanded', () => {
    const silent = bare(anOffer(), 'reliability', 'downMbps', 'cuda', 'verified', 'datacenter', 'directPorts');
    expect(reasonFor({ placement: { verified: false } }, silent)).toBeNull();
  });

  it('of a provider without a market is held against what it gives, not what it tells of machines', () => {
    const own = bare({ ...anOffer(), machine: '', host: '', region: '' }, 'reliability', 'verified', 'downMbps');
    expect(reasonFor({ placement: null, need: { minReliability: 0.9 } }, own)).toBeNull();
    expect(reasonFor({ placement: null, granted: { gpuCount: 0 } }, own)).toBe('gpu-count');
    const nameless = { avoid: { machines: new Set(['']), hosts: new Set(['']) } };
    expect(reasonFor({ placement: null, search: nameless }, own)).toBeNull();
  });

  it('is refused by the first rule that it breaks', () => {
    const limits = { taken: new Set(['o1']) };
    expect(reasonFor({ offer: { verified: false }, limits })).toBe('unverified');
    expect(reasonFor({ offer: { verified: false }, need: { regions: ['us'] }, limits })).toBe('region');
  });
});

describe('sifting offers', () => {
  const offers = fc.array(
    fc
      .record({
        id: fc.integer({ min: 1, max: 20 }).map((n) => `o${n}`),
        microsPerHour: fc.integer({ min: 1, max: 900_000 }),
        machine: fc.integer({ min: 1, max: 6 }).map((n) => `m${n}`),
        host: fc.integer({ min: 1, max: 3 }).map((n) => `h${n}`),
        region: fc.constantFrom('DE', 'US', 'JP', ''),
        reliability: fc.float({ min: 0, max: 1, noNaN: true }),
        verified: fc.boolean(),
        interruptible: fc.boolean(),
      })
      .map((over) => ({ ...anOffer(), ...over })),
    { maxLength: 30 },
  );
  const need = fc.record(
    {
      regions: fc.subarray(['europe', 'us', 'jp', 'asia'], { minLength: 1 }),
      maxMicrosPerHour: fc.integer({ min: 1, max: 900_000 }),
      minReliability: fc.float({ min: 0, max: 1, noNaN: true }),
      interruptible: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const placement = fc.record({
    regions: fc.subarray(['europe', 'us', 'jp']),
    maxMicrosPerHour: fc.option(fc.integer({ min: 1, max: 900_000 })),
    minReliability: fc.float({ min: 0, max: 1, noNaN: true }),
    verified: fc.boolean(),
    interruptible: fc.boolean(),
  });

  it('never lets an offer through that a rule refuses, and counts every other once', () => {
    fc.assert(
      fc.property(offers, need, placement, fc.subarray(['m1', 'm2', 'm3']), (all, n, p, banned) => {
        const avoid = { machines: new Set(banned), hosts: new Set<string>() };
        const search = searchFor(GPU, n, { placement: { ...PLACEMENT, ...p }, avoid });
        const { suitable, refused } = sift(all, wantedOf(search), LIMITS);
        expect(suitable.length + Object.values(refused).reduce((a, b) => a + b, 0)).toBe(all.length);
        for (const o of suitable) {
          expect(banned).not.toContain(o.machine);
          expect(o.microsPerHour).toBeLessThanOrEqual(Math.min(p.maxMicrosPerHour ?? 9e9, n.maxMicrosPerHour ?? 9e9));
          expect(o.reliability).toBeGreaterThanOrEqual(Math.max(p.minReliability, n.minReliability ?? 0));
          if (p.verified) expect(o.verified).toBe(true);
          if (!p.interruptible || n.interruptible === false) expect(o.interruptible).toBe(false);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('finds no more for requirements than for the class alone: they only narrow', () => {
    fc.assert(
      fc.property(offers, need, placement, (all, n, p) => {
        const of = (need: Requirements) => {
          const search = searchFor(GPU, need, { placement: { ...PLACEMENT, ...p } });
          return sift(all, wantedOf(search), LIMITS).suitable;
        };
        const without = new Set(of({}));
        for (const o of of(n)) expect(without.has(o)).toBe(true);
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});
