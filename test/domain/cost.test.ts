import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../src/domain/bind.ts';
import { costSoFar, spentMicros } from '../../src/domain/cost.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { anInstance, aSession, FACTS, T0 } from '../support/fixtures.ts';

const PRICE = 3_600_000;
const STORAGE = 600_000;

describe('what is spent on an instance', () => {
  it.each([
    ['that is not rented yet is nothing', { rentedAt: null }, 0],
    ['that does not run yet is its storage', { rentedAt: T0 }, STORAGE],
    [
      'that ran for half of the time is storage, and half of the rest',
      { rentedAt: T0, runningAt: T0 + HOUR / 2 },
      2_100_000,
    ],
    ['that ran all the time is all of its price', { rentedAt: T0, runningAt: T0 }, PRICE],
    ['that ran before somebody paid for it is all of its price', { rentedAt: T0 - HOUR, runningAt: T0 - HOUR }, PRICE],
    [
      'that was rented only later is paid from then on',
      { rentedAt: T0 + HOUR / 2, runningAt: T0 + HOUR / 2 },
      PRICE / 2,
    ],
  ])('%s', (_, known, micros) => {
    expect(spentMicros({ microsPerHour: PRICE, storageMicrosPerHour: STORAGE, ...known }, T0, T0 + HOUR)).toBe(micros);
  });

  it('without a part for storage is all of its price from the beginning', () => {
    expect(spentMicros({ microsPerHour: PRICE, rentedAt: null }, T0, T0 + HOUR)).toBe(PRICE);
  });

  const span = fc.integer({ min: 0, max: 30 * 24 * HOUR });
  const price = fc.record({
    microsPerHour: fc.integer({ min: 0, max: 20_000_000 }),
    storageMicrosPerHour: fc.integer({ min: 0, max: 20_000_000 }),
  });

  it('never shrinks as time passes or more becomes known, and is never above price times time', () => {
    fc.assert(
      fc.property(
        price,
        fc.array(span, { minLength: 3, maxLength: 3 }),
        span,
        span,
        (parts, starts, first, further) => {
          const storageMicrosPerHour = Math.min(parts.storageMicrosPerHour, parts.microsPerHour);
          const [from = 0, rentedAt = 0, runningAt = 0] = starts.toSorted((a, b) => a - b).map((ms) => T0 + ms);
          const known = [{}, { rentedAt }, { rentedAt, runningAt }].map((k) => ({
            ...parts,
            storageMicrosPerHour,
            ...k,
          }));
          const costs = known.flatMap((k) => [first, first + further].map((ms) => spentMicros(k, from, from + ms)));
          for (const [n, micros] of costs.entries()) {
            expect(micros).toBeLessThanOrEqual(
              Math.ceil((parts.microsPerHour * (n % 2 === 0 ? first : first + further)) / HOUR),
            );
            expect(micros).toBeGreaterThanOrEqual(n % 2 === 0 ? (costs[n - 2] ?? 0) : (costs[n - 1] ?? 0));
          }
        },
      ),
    );
  });
});

describe('what a session has cost', () => {
  const rented = { ...FACTS, storageMicrosPerHour: STORAGE, microsPerHour: PRICE };
  const booting = anInstance('booting', { rentedAt: T0, microsPerHour: PRICE, storageMicrosPerHour: STORAGE });

  it('while it starts is what is known of its instance by now', () => {
    const s = aSession('starting', { instance: rented });
    expect(costSoFar(s, T0 + HOUR)).toBe(0);
    expect(costSoFar(s, T0 + HOUR, booting)).toBe(STORAGE);
    expect(costSoFar(s, T0 + HOUR, { ...booting, runningAt: T0 })).toBe(PRICE);
  });

  it('is not told by another instance than its own', () => {
    const s = aSession('starting', { instance: rented });
    expect(costSoFar(s, T0 + HOUR, { ...booting, id: 'i-other' })).toBe(0);
  });

  it('is the same for the session and its instance', () => {
    const ready = anInstance('ready', {
      rentedAt: T0,
      runningAt: T0 + MINUTE,
      microsPerHour: PRICE,
      storageMicrosPerHour: STORAGE,
    });
    const s = aSession('active', { instance: factsOf(ready) });
    expect(costSoFar(s, T0 + HOUR, ready)).toBe(spentMicros(ready, T0, T0 + HOUR));
    expect(costSoFar(s, T0 + HOUR)).toBe(costSoFar(s, T0 + HOUR, ready));
  });
});
