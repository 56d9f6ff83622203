import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instance } from '../../src/domain/instance.ts';
import {
  afterFailure,
  afterStart,
  expectedStart,
  NO_HISTORY,
  planReserve,
  type StartHistory,
} from '../../src/domain/reserve.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { aClass, anInstance, instanceId, sessionId, T0 } from '../support/fixtures.ts';

const policy = aClass().reserve;
const member = (
  n: number,
  phase: 'intended' | 'requested' | 'booting' | 'ready' = 'ready',
  over: Partial<Instance> = {},
) => ({ ...anInstance(phase), id: instanceId(n), for: null, createdAt: T0 + n, ...over }) as Instance;
const plan = (members: readonly Instance[], target: number, history: StartHistory = NO_HISTORY, now = T0) =>
  planReserve(members, target, 'recipe-1', policy, history, now);
const ids = (p: ReturnType<typeof plan>) => p.giveBack.map((g) => g.instance.id);

describe('planning a reserve', () => {
  it.each([
    ['nothing is there', [], 3, 3, 'short'],
    ['more are missing than may start at once', [], 9, 4, 'short'],
    ['some are on their way', [member(1, 'booting'), member(2, 'intended')], 9, 2, 'short'],
    ['enough are on their way', [member(1, 'booting'), member(2, 'requested')], 2, 0, 'enough'],
    ['as many start as may at once', [1, 2, 3, 4].map((n) => member(n, 'booting')), 9, 0, 'short'],
    ['all are ready', [member(1), member(2)], 2, 0, 'enough'],
  ] as const)('makes what is missing when %s', (_, members, target, create, why) => {
    expect(plan(members, target)).toMatchObject({ create, why, giveBack: [] });
  });

  it('gives surplus back: those that still start first, then the youngest', () => {
    const members = [member(1), member(4), member(2, 'booting'), member(3)];
    expect(ids(plan(members, 2))).toEqual([instanceId(2), instanceId(4)]);
    expect(plan(members, 2)).toMatchObject({ create: 0, why: 'surplus' });
    expect(ids(plan(members, 0))).toHaveLength(4);
  });

  it('replaces members of an older recipe', () => {
    const p = plan([member(1, 'ready', { recipe: 'recipe-0' }), member(2)], 2);
    expect(p).toMatchObject({ create: 1, giveBack: [{ instance: { id: instanceId(1) }, why: 'outdated' }] });
  });

  it('counts nobody who has a session or is on the way out', () => {
    const others = [
      anInstance('bound', { for: null }),
      anInstance('destroying', { for: null }),
      anInstance('gone'),
      anInstance('ready', { for: sessionId() }),
    ];
    expect(plan(others, 1)).toMatchObject({ create: 1, giveBack: [] });
    expect(plan(others, 0)).toMatchObject({ create: 0, giveBack: [] });
  });

  it('makes nothing while it is backing off, then one trial at a time', () => {
    const backingOff = { ...NO_HISTORY, failures: 3, retryAt: T0 + MINUTE };
    expect(plan([], 4, backingOff)).toEqual({ create: 0, giveBack: [], why: 'backing-off', lookAt: T0 + MINUTE });
    expect(plan([], 4, backingOff, T0 + MINUTE)).toMatchObject({ create: 1, why: 'backing-off' });
    expect(plan([member(1, 'booting')], 4, backingOff, T0 + MINUTE)).toMatchObject({ create: 0 });
    expect(plan([member(1)], 4, backingOff, T0 + MINUTE)).toMatchObject({ create: 1 });
  });

  it('never plans beyond its target or its starts at once, whatever is there', () => {
    const phases = ['intended', 'requested', 'booting', 'ready'] as const;
    const anyMember = fc.record({ n: fc.nat(1_000), phase: fc.constantFrom(...phases), old: fc.boolean() });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyMember, { selector: (m) => m.n, maxLength: 20 }),
        fc.nat(20),
        fc.boolean(),
        (all, target, failing) => {
          const members = all.map((m) => member(m.n, m.phase, { recipe: m.old ? 'old' : 'recipe-1' }));
          const p = plan(members, target, failing ? { ...NO_HISTORY, retryAt: T0 } : NO_HISTORY);
          const gone = new Set(ids(p));
          const kept = members.filter((m) => !gone.has(m.id));
          expect(gone.size).toBe(p.giveBack.length);
          expect(kept.every((m) => m.recipe === 'recipe-1')).toBe(true);
          expect(kept.length + p.create).toBeLessThanOrEqual(target);
          expect(p.create === 0 || kept.filter((m) => m.phase !== 'ready').length + p.create <= policy.maxAtOnce).toBe(
            true,
          );
          const surplusWhileShort = p.create > 0 && p.giveBack.some((g) => g.why === 'surplus');
          expect(surplusWhileShort).toBe(false);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('what is learnt from starts', () => {
  const fail = (h: StartHistory, now = T0) => afterFailure(h, 'no disk', policy, now);

  it('backs off from the last allowed failure on, twice as long each time, up to the longest pause', () => {
    let h = NO_HISTORY;
    const pauses: (number | null)[] = [];
    for (let n = 0; n < 9; n++) {
      h = fail(h);
      pauses.push(h.retryAt === null ? null : (h.retryAt - T0) / SECOND);
    }
    expect(pauses).toEqual([null, null, 30, 60, 120, 240, 480, 600, 600]);
    expect(h).toMatchObject({ failures: 9, lastFailure: 'no disk' });
  });

  it('keeps its longest pause finite after any number of failures', () => {
    expect(fail({ ...NO_HISTORY, failures: 10_000 }).retryAt).toBe(T0 + policy.maxRetryMs);
  });

  it('forgets failures with the first start that comes up', () => {
    expect(afterStart(fail(fail(fail(NO_HISTORY))), 700)).toEqual({ ...NO_HISTORY, startsMs: [700] });
  });

  it('expects the median of the last twenty starts', () => {
    let h = NO_HISTORY;
    expect(expectedStart(h)).toBeNull();
    for (let ms = 1; ms <= 30; ms++) h = afterStart(h, ms);
    expect(h.startsMs).toEqual(Array.from({ length: 20 }, (_, n) => 11 + n));
    expect(expectedStart(h)).toBe(20);
    expect(expectedStart({ ...h, startsMs: [9, 1, 5] })).toBe(5);
  });
});
