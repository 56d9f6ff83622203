import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type HostRecord,
  isBanned,
  type Lesson,
  learn,
  learnOfBan,
  type MachineRecord,
  newHost,
  newMachine,
} from '../../src/domain/host-registry.ts';
import {
  afterFailure,
  afterStart,
  holdsStart,
  isGuarded,
  NO_HISTORY,
  type StartHistory,
  withRecent,
} from '../../src/domain/reserve.ts';
import { DAY, type EpochMs, MINUTE, SECOND } from '../../src/domain/time.ts';
import { aClass, BANS, T0 } from '../support/fixtures.ts';

const BAD: readonly Lesson[] = ['slow-start', 'pull-failed', 'runtime-failed', 'lost'];
const policy = aClass().reserve;

/** A market in stepped time on which one class starts instances, as the registry would judge them. */
function createMarket(machines: number, perHost: number, outcome: (machine: number) => Lesson) {
  const known = new Map<number, MachineRecord>();
  const hosts = new Map<number, HostRecord>();
  let history: StartHistory = NO_HISTORY;
  let now: EpochMs = T0;
  const bans: { readonly machine: number; readonly at: EpochMs; readonly until: EpochMs }[] = [];

  const hostOf = (machine: number) => Math.floor(machine / perHost);
  const isOpen = (m: number) => !isBanned(known.get(m)?.ban, now) && !isBanned(hosts.get(hostOf(m))?.ban, now);

  function judge(m: number, lesson: Lesson, startedAt: EpochMs): void {
    const before = known.get(m) ?? newMachine('market', `m${m}`, `h${hostOf(m)}`);
    history = withRecent(history, { machine: before.machine, slow: lesson !== 'came-up', at: now });
    const learnt = { lesson, startMs: MINUTE, seen: 'x', at: now, isGuarded: isGuarded(history) };
    const after = learn(before, learnt, BANS);
    known.set(m, after);
    if (after.ban !== null && after.ban !== before.ban) {
      bans.push({ machine: m, at: now, until: after.ban.until });
      const host = hosts.get(hostOf(m)) ?? newHost('market', before.host);
      hosts.set(hostOf(m), learnOfBan(host, before.machine, now, BANS));
    }
    history = lesson === 'came-up' ? afterStart(history, MINUTE) : afterFailure(history, 'x', policy, now, startedAt);
  }

  return {
    bans,
    hosts,
    history: () => history,
    /** As many starts at once as `wanted`, or as may be made, on machines picked by `pick`. @returns how many */
    starts(wanted: number, pick: number): number {
      const open = Array.from({ length: machines }, (_, m) => m).filter(isOpen);
      const startedAt = now;
      const under: number[] = [];
      for (let n = 0; n < wanted && n < open.length; n++) {
        if (holdsStart(history, under.length, now) !== null) break;
        under.push(open[(pick + n) % open.length] ?? 0);
      }
      if (under.length > 0) now += MINUTE;
      for (const m of under) judge(m, outcome(m), startedAt);
      return under.length;
    },
    pass(ms: number): void {
      now += ms;
    },
    bannedAt: (at: EpochMs) => [...known.values()].filter((m) => isBanned(m.ban, at)),
  };
}

const steps = fc.array(
  fc.record({ wanted: fc.integer({ min: 1, max: 30 }), pick: fc.nat(500), pauseMs: fc.nat(2 * DAY) }),
  { minLength: 20, maxLength: 120 },
);
const anyBad = fc.constantFrom(...BAD);
const runs = { seed: 5, numRuns: 200 };

describe('bans on a market', () => {
  it('hit only the bad machine of a healthy one', () => {
    fc.assert(
      fc.property(steps, anyBad, fc.nat(39), (all, how, bad) => {
        const market = createMarket(40, 4, (m) => (m === bad ? how : 'came-up'));
        for (const s of all) {
          market.starts(s.wanted, s.pick);
          market.pass(s.pauseMs);
        }
        expect(market.bans.every((b) => b.machine === bad)).toBe(true);
        expect([...market.hosts.values()].every((h) => h.ban === null)).toBe(true);
      }),
      runs,
    );
  });

  it('hit the bad machine of a healthy one with its first slow start', () => {
    const market = createMarket(10, 4, (m) => (m === 3 ? 'slow-start' : 'came-up'));
    market.starts(10, 0);
    expect(market.bans).toMatchObject([{ machine: 3 }]);
  });

  it('hit fewer than five machines where the image is broken, however many start at once', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(anyBad, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (all, how, per) => {
          // Whatever it looks like on each machine, and however many times they are tried.
          const market = createMarket(60, per, (m) => how[m % how.length] ?? 'slow-start');
          for (const s of all) {
            market.starts(s.wanted, s.pick);
            // Ends of bans would let the same machines be banned once more.
            market.pass(Math.min(s.pauseMs, (5 * DAY) / all.length));
          }
          expect(new Set(market.bans.map((b) => b.machine)).size).toBeLessThan(5);
        },
      ),
      runs,
    );
  });

  it('always end, and nothing is out of reach for ever', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.constantFrom('came-up' as const, ...BAD), { minLength: 1, maxLength: 20 }),
        (all, how) => {
          const market = createMarket(20, 2, (m) => how[m % how.length] ?? 'came-up');
          for (const s of all) {
            market.starts(s.wanted, s.pick);
            market.pass(s.pauseMs);
          }
          const last = Math.max(T0, ...market.bans.map((b) => b.at));
          expect(market.bans.every((b) => b.until - b.at === BANS.termMs)).toBe(true);
          expect(market.bannedAt(last + BANS.termMs)).toEqual([]);
        },
      ),
      runs,
    );
  });

  it('end a class that is suspected with its first start that comes up', () => {
    let isBroken = true;
    const market = createMarket(60, 1, () => (isBroken ? 'slow-start' : 'came-up'));
    market.starts(30, 0);
    expect(market.bans).toHaveLength(4);
    expect(market.history()).toMatchObject({
      suspect: { trials: 0 },
      lastFailure: expect.stringContaining('10 of the last 10'),
    });
    expect(market.starts(30, 0)).toBe(0);
    isBroken = false;
    market.pass(policy.maxRetryMs);
    expect(market.starts(30, 40)).toBe(1);
    expect(market.history()).toMatchObject({ failures: 0, retryAt: null, lastFailure: '' });
    expect(market.history().suspect).toBeUndefined();
    expect(market.starts(30, 0)).toBe(30);
  });

  it('makes trials of a suspected class one at a time, at pauses that double up to the longest', () => {
    const market = createMarket(60, 1, () => 'slow-start');
    market.starts(30, 0);
    const pauses: number[] = [];
    for (let waited = 0; pauses.length < 8; waited += SECOND) {
      const made = market.starts(7, pauses.length * 7);
      expect(made).toBeLessThanOrEqual(1);
      if (made === 1) {
        pauses.push(waited / SECOND);
        waited = 0;
      }
      market.pass(SECOND);
    }
    expect(market.bans).toHaveLength(4);
    expect(pauses).toEqual([30, 60, 120, 240, 480, 600, 600, 600]);
  });
});
