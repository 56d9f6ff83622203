import { describe, expect, it } from 'vitest';
import {
  ACQUIRE,
  countsOf,
  fitsAgainMs,
  gpusOf,
  leaked,
  NO_QUOTA,
  type Quota,
  type QuotaCount,
  RATE,
  usedOf,
} from '../../src/domain/quota.ts';
import type { Session, SessionPhase } from '../../src/domain/session.ts';
import { aSession, GRANTED } from '../support/fixtures.ts';

const FULL: Quota = { sessions: 10, gpus: 4, rate: { perMinute: 30, burst: 5 }, classes: new Map([['echo', 3]]) };
const counted = (phase: SessionPhase, gpus = 0): Session => ({ ...aSession(phase), counted: { gpus } }) as Session;

const made: readonly (readonly [string, number, Quota, readonly QuotaCount[]])[] = [
  [
    'nothing is limited',
    0,
    NO_QUOTA,
    [
      { name: 'sessions', add: 1 },
      { name: 'class:echo', add: 1 },
    ],
  ],
  [
    'everything is limited',
    2,
    FULL,
    [
      { name: 'sessions', add: 1, max: 10 },
      { name: 'class:echo', add: 1, max: 3 },
      { name: 'gpus', add: 2, max: 4 },
      { name: RATE, add: ACQUIRE, max: 5 * ACQUIRE },
    ],
  ],
  [
    'another class is limited, and this one is lifted',
    0,
    { ...NO_QUOTA, classes: new Map([['gpu', 1] as const, ['echo', null] as const]) },
    [
      { name: 'sessions', add: 1 },
      { name: 'class:echo', add: 1 },
    ],
  ],
  [
    'none is allowed',
    1,
    { ...NO_QUOTA, sessions: 0, gpus: 0 },
    [
      { name: 'sessions', add: 1, max: 0 },
      { name: 'class:echo', add: 1 },
      { name: 'gpus', add: 1, max: 0 },
    ],
  ],
];

describe('a session that is made', () => {
  it.each(made)('counts, where %s', (_, gpus, quota, counts) => {
    expect(countsOf(undefined, counted('queued', gpus), quota)).toEqual(counts);
    expect(countsOf(undefined, counted('active', gpus), quota)).toEqual(counts);
  });

  it('counts the most GPUs that it may be given', () => {
    const resources = { ...GRANTED, gpuCount: 2 };
    expect([{}, { gpuCount: 1 }, { gpuCount: 8 }].map((asked) => gpusOf(resources, asked))).toEqual([2, 2, 8]);
    expect(gpusOf(GRANTED, {})).toBe(0);
  });
});

describe('a session that is there', () => {
  const living = ['queued', 'starting', 'activating', 'active'] as const;

  it.each(living)('gives back once what it added, when it ends from %s', (phase) => {
    const back = [
      { name: 'sessions', add: -1 },
      { name: 'class:echo', add: -1 },
      { name: 'gpus', add: -2 },
    ];
    // Whatever the quota is by then, and without the rate: that only leaks.
    for (const quota of [FULL, NO_QUOTA])
      expect(countsOf(counted(phase, 2), counted('releasing', 2), quota)).toEqual(back);
  });

  it.each([
    ...living.map((to) => ['queued', to] as const),
    ['active', 'active'],
    ['releasing', 'releasing'],
    ['releasing', 'released'],
  ] as const)('counts nothing from %s to %s', (from, to) => {
    expect(countsOf(counted(from, 2), counted(to, 2), FULL)).toEqual([]);
  });

  it('gives nothing back when it was never counted', () => {
    expect(countsOf(aSession('active'), aSession('releasing'), FULL)).toEqual([]);
  });
});

describe('the rate of acquires', () => {
  const rate = { perMinute: 30, burst: 5 };

  it('leaks by the second, and never below nothing', () => {
    expect([1, 2, 60].map((seconds) => leaked(2 * ACQUIRE, rate, seconds))).toEqual([30, 60, 120]);
    expect(leaked(7, rate, 1)).toBe(7);
    expect(leaked(0, rate, 1)).toBe(0);
  });

  it('is forgotten at once where there is none any more', () => {
    expect(leaked(10 * ACQUIRE, null, 1)).toBe(10 * ACQUIRE);
  });

  it.each([
    [5 * ACQUIRE, 2_000],
    [5 * ACQUIRE - 30, 1_000],
    [8 * ACQUIRE, 8_000],
    [4 * ACQUIRE + 1, 1_000],
  ])('with %d in the bucket has room again after %d ms', (value, ms) => {
    expect(fitsAgainMs(value, rate)).toBe(ms);
    expect(value - leaked(value, rate, ms / 1_000) + ACQUIRE).toBeLessThanOrEqual(rate.burst * ACQUIRE);
  });

  it('is told in acquires', () => {
    expect([usedOf(RATE, 0), usedOf(RATE, 1), usedOf(RATE, 3 * ACQUIRE), usedOf('gpus', 3)]).toEqual([0, 1, 3, 3]);
  });
});
