import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../src/config/nearest.ts';
import { formatDuration, parseCores, parseDuration, parseRange, parseSize } from '../../src/config/units.ts';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['20m', 1_200_000],
    ['7d', 604_800_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['0', 0],
    ['0s', 0],
  ])('reads %s as %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '90', '-1s', '1 s', 's', '1w', '1h 30m', '1e3s', 'Infinity', '999999999999d', '1s\n', '١s'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it('reads back whatever it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('sizes and cores', () => {
  it.each([
    ['512Mi', 536_870_912],
    ['2Gi', 2_147_483_648],
    ['2GiB', 2_147_483_648],
    ['10GB', 10_000_000_000],
    ['1.5G', 1_500_000_000],
    ['64 Mi', 67_108_864],
    ['100', 100],
    [1_048_576, 1_048_576],
    [0, 0],
  ])('reads %j as %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'Mi', '-1Mi', '1Zi', '9999999P', '1e9', -5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %j as a size',
    (value) => {
      expect(parseSize(value)).toBeNull();
    },
  );

  it('reads cores and thousandths of cores', () => {
    expect([parseCores('0.5'), parseCores('500m'), parseCores(2), parseCores('two'), parseCores(-1)]).toEqual([
      0.5,
      0.5,
      2,
      null,
      null,
    ]);
  });

  it('reads a range, or one value as both of its ends', () => {
    expect(parseRange('0.1..1', parseCores)).toEqual({ from: 0.1, to: 1 });
    expect(parseRange('64Mi .. 1Gi', parseSize)).toEqual({ from: 67_108_864, to: 1_073_741_824 });
    expect(parseRange(2, parseCores)).toEqual({ from: 2, to: 2 });
  });

  it.each(['1..0.5', '1..', '..1', '1..2..3', '..', 'a..b'])('refuses the range %s', (text) => {
    expect(parseRange(text, parseCores)).toBeNull();
  });
});

describe('suggestions', () => {
  it('names the closest known word', () => {
    expect(nearest('lifetme', ['lifetime', 'reserve'])).toBe('lifetime');
    expect(didYouMean('BERTH_STOR', ['BERTH_LEASE', 'BERTH_STORE'])).toBe('; did you mean "BERTH_STORE"?');
  });

  it('names nothing when nothing is close', () => {
    expect(didYouMean('zebra', ['lifetime', 'reserve'])).toBe('');
  });
});
