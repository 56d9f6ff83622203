import { describe, expect, it } from 'vitest';
import { expectedActive, fairOrder } from '../../src/domain/queue.ts';
import { SECOND } from '../../src/domain/time.ts';
import { aSession, T0 } from '../support/fixtures.ts';

/** `a1` is the first session of tenant a. */
const waiting = (...names: readonly string[]) =>
  names.map((name, n) => aSession('queued', { tenant: name.slice(0, 1), requestId: name, createdAt: T0 + n }));
const order = (names: readonly string[], turns: Readonly<Record<string, number>> = {}) =>
  fairOrder(waiting(...names), new Map(Object.entries(turns))).map((s) => s.requestId);

describe('the order of those who wait', () => {
  it('is that of arrival for one tenant', () => {
    expect(order(['a1', 'a2', 'a3'])).toEqual(['a1', 'a2', 'a3']);
  });

  it('lets tenants take turns, however many one of them asks for', () => {
    expect(order(['a1', 'a2', 'a3', 'b1', 'c1', 'b2'])).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('begins with the tenant whose turn is longest ago, and with one that had none before all', () => {
    expect(order(['a1', 'b1', 'c1'], { a: 2, b: 1 })).toEqual(['c1', 'b1', 'a1']);
  });

  it('costs no more where one tenant waits with thousands and thousands wait with one', () => {
    const [one] = waiting('a1');
    if (one === undefined) throw new Error('there is none');
    const many = Array.from({ length: 40_000 }, () => ({ ...one, tenant: 'big' }));
    const others = Array.from({ length: 40_000 }, (_, n) => ({ ...one, tenant: `t${n}` }));
    const startedAt = performance.now();
    expect(fairOrder([...many, ...others], new Map())).toHaveLength(80_000);
    // Turn by turn through all of them it would be 1.6 billion steps.
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('keeps nobody waiting for ever behind a tenant that keeps asking', () => {
    const turns = new Map<string, number>();
    const names = ['a1', 'a2', 'a3', 'a4', 'b1'];
    const served: string[] = [];
    for (let turn = 1; served.length < 2; turn++) {
      const [next] = fairOrder(waiting(...names), turns);
      if (next === undefined) break;
      served.push(next.requestId);
      names.splice(names.indexOf(next.requestId), 1, `a${turn + 4}`);
      turns.set(next.tenant, turn);
    }
    expect(served).toEqual(['a1', 'b1']);
  });

  it('of 10,000 is made in one go', () => {
    const many = waiting(...Array.from({ length: 10_000 }, (_, n) => `${'abcdefghij'[n % 10]}${n}`));
    const made = fairOrder(many, new Map());
    expect(new Set(made).size).toBe(10_000);
  });
});

describe('when a waiting session should be active', () => {
  const now = T0 + 100 * SECOND;
  const placed = [T0 + 40 * SECOND, T0 + 60 * SECOND, T0 + 80 * SECOND];

  it.each([
    ['nothing was measured', 1, placed, null, null],
    ['it is the first and the queue has not moved', 1, [], 5 * SECOND, now + 5 * SECOND],
    ['it is not the first and the queue has not moved', 2, [], 5 * SECOND, null],
    ['it is the first of a queue that moves', 1, placed, 5 * SECOND, now + 5 * SECOND],
    ['it is the third of a queue that moves every 20 s', 3, placed, 5 * SECOND, now + 45 * SECOND],
  ])('%s', (_, position, placedAt, startMs, expected) => {
    expect(expectedActive(position, placedAt, startMs, now)).toBe(expected);
  });

  it('moves away while the queue stands still', () => {
    const later = expectedActive(3, placed, 5 * SECOND, now + 60 * SECOND) ?? 0;
    expect(later - (expectedActive(3, placed, 5 * SECOND, now) ?? 0)).toBeGreaterThan(60 * SECOND);
  });
});
