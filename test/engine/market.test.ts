import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { Requirements } from '../../src/domain/resources.ts';
import type { Search } from '../../src/domain/search.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { wishOf } from '../../src/engine/market/launch.ts';
import { createMarket } from '../../src/engine/market/market.ts';
import { createMirror } from '../../src/engine/records/mirror.ts';
import { anOffer, GPU, offers } from '../support/a-market.ts';
import { createCostlessProvider, createCostlessWorld } from '../support/costless-provider.ts';
import { NEVER } from '../support/engine-bed.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aClass, anInstance, instanceId, PLACEMENT, REF, T0 } from '../support/fixtures.ts';

const REF_ON_M1 = { ...REF, machine: 'm1', host: 'h1' };
const CLASS = aClass({ resources: GPU, placement: PLACEMENT, provider: 'costless' });

/** A market whose offers are told, without an engine around it. */
function aBed(o: { readonly offersMs?: number; readonly capMicros?: number } = {}) {
  const clock = fakeClock(T0);
  const mirror = createMirror();
  const asked: Search[] = [];
  const state: { now: readonly Offer[]; more: boolean; fail: Error | null; hang: Promise<void> | null } = {
    now: offers(10),
    more: false,
    fail: null,
    hang: null,
  };
  const limits = { offersMs: o.offersMs ?? 30 * SECOND };
  const provider = {
    ...createCostlessProvider({ world: createCostlessWorld({ host: '127.0.0.1', port: 9 }), limits }),
    async listOffers(search: Search) {
      asked.push(search);
      const told = { offers: state.now, refused: { unreadable: 2 }, more: state.more };
      await state.hang;
      if (state.fail !== null) throw state.fail;
      return told;
    },
  };
  const market = createMarket({ mirror, clock, maxMicrosPerHour: o.capMicros ?? 1e9 });
  const asker = (need: Requirements = {}, c: SessionClass = CLASS) => ({
    c,
    wish: wishOf(c, need),
    provider,
    signal: NEVER,
  });
  return {
    clock,
    mirror,
    market,
    provider,
    asked,
    state,
    asker,
    /** The id of the offer that is chosen, or why there is none. */
    async choose(need: Requirements = {}, c: SessionClass = CLASS): Promise<string> {
      const chosen = await market.choose(asker(need, c));
      return 'why' in chosen ? chosen.why : chosen.offer.id;
    },
  };
}

describe('the shared market', () => {
  it('asks once for all who want the same at once, and gives each an offer of its own, the best first', async () => {
    const bed = aBed();
    const chosen = await Promise.all(Array.from({ length: 10 }, () => bed.choose()));
    expect(chosen).toEqual(offers(10).map((o) => o.id));
    expect(bed.asked).toHaveLength(1);
    expect(await bed.choose()).toBe(
      'costless has nothing with these resources (offers refused: taken 10, unreadable 2)',
    );
    expect(bed.asked).toHaveLength(1);
  });

  it('asks again when its answer is too old to be compared', async () => {
    const bed = aBed();
    await bed.choose();
    await bed.clock.advance(30 * SECOND - 1);
    await bed.choose();
    expect(bed.asked).toHaveLength(1);
    await bed.clock.advance(1);
    await bed.choose();
    expect(bed.asked).toHaveLength(2);
  });

  it('asks earlier, but not at once, when all that would do is taken', async () => {
    const bed = aBed();
    bed.state.now = offers(1);
    expect(await bed.choose()).toBe('o1');
    bed.state.now = [anOffer({ id: 'new' })];
    await bed.clock.advance(10 * SECOND - 1);
    expect(await bed.choose()).toContain('taken 1');
    await bed.clock.advance(1);
    expect(await bed.choose()).toBe('new');
    expect(bed.asked).toHaveLength(2);
  });

  it('offers an offer again that a search which began after it was taken still shows, unless somebody has it', async () => {
    const bed = aBed();
    bed.state.now = offers(1);
    const taken = await bed.choose();
    const i = anInstance('intended', { offer: taken });
    bed.mirror.apply('instance', i.id, 1, i);
    await bed.clock.advance(30 * SECOND);
    expect(await bed.choose()).toContain('taken 1');
    bed.mirror.apply('instance', i.id, 2, undefined);
    await bed.clock.advance(30 * SECOND);
    expect(await bed.choose()).toBe('o1');
  });

  it('does not take the answer of a search that was under way for news of what was taken meanwhile', async () => {
    const bed = aBed();
    bed.state.now = offers(1);
    let answer = () => {};
    bed.state.hang = new Promise((resolve) => {
      answer = resolve;
    });
    const first = bed.choose();
    const second = bed.choose();
    answer();
    expect(await Promise.all([first, second])).toEqual(['o1', expect.stringContaining('taken 1')]);
  });

  it('gives an offer back that was not rented, and keeps one that turned out to be gone', async () => {
    const bed = aBed();
    bed.state.now = offers(2);
    expect([await bed.choose(), await bed.choose()]).toEqual(['o1', 'o2']);
    bed.market.release('costless', 'o2');
    expect(await bed.choose()).toBe('o2');

    const requested = anInstance('requested', { offer: 'o1' });
    const gone = { ...anInstance('gone'), offer: 'o1', why: 'create-failed', cause: 'offer-gone' } as const;
    bed.market.learn({ kind: 'instance', before: requested, after: gone });
    await bed.clock.advance(30 * SECOND);
    expect(await bed.choose()).toBe('o2');
    await bed.clock.advance(10 * MINUTE);
    expect(await bed.choose()).toBe('o1');
  });

  it('keeps from a machine that had no room after all, under whatever name it is offered, for a while', async () => {
    const bed = aBed();
    bed.state.now = offers(2);
    expect(await bed.choose()).toBe('o1');
    const on = (over: object) => ({ ...anInstance('booting', { offer: 'o1', ref: REF_ON_M1, ...over }) });
    const back = { ...anInstance('destroying'), offer: 'o1', why: 'lost', cause: 'preempted' } as const;
    bed.market.learn({ kind: 'instance', before: on({}), after: { ...back, phase: 'destroying' } });
    bed.market.learn({ kind: 'instance', before: back, after: { ...anInstance('gone'), offer: 'o1' } });
    bed.state.now = offers(2, (i) => ({ id: `again${i + 1}` }));
    await bed.clock.advance(30 * SECOND);
    expect(await bed.choose()).toBe('again2');
    await bed.clock.advance(10 * MINUTE);
    expect(await bed.choose()).toBe('again1');
  });

  it.each([
    ['it was lost in use and nobody bids for it', anInstance('bound', { offer: 'o1', ref: REF_ON_M1 }), 'preempted'],
    ['it failed otherwise', anInstance('booting', { offer: 'o1', ref: REF_ON_M1 }), 'exited'],
  ] as const)('stays with a machine when %s', async (_, before, cause) => {
    const bed = aBed();
    bed.state.now = offers(1);
    await bed.choose();
    const after = { ...anInstance('destroying'), offer: 'o1', why: 'lost', cause } as const;
    bed.market.learn({ kind: 'instance', before, after });
    bed.market.learn({ kind: 'instance', before: after, after: { ...anInstance('gone'), offer: 'o1' } });
    await bed.clock.advance(30 * SECOND);
    expect(await bed.choose()).toBe('o1');
  });

  it('gives an offer back that was never asked for, for what the provider’s limits left no time to do', async () => {
    const bed = aBed();
    bed.state.now = offers(1);
    await bed.choose();
    const gone = { ...anInstance('gone'), offer: 'o1', why: 'create-failed', cause: 'limited' } as const;
    bed.market.learn({ kind: 'instance', before: anInstance('requested', { offer: 'o1' }), after: gone });
    expect(await bed.choose()).toBe('o1');
  });

  it('asks at longer and longer intervals while nothing does: 10 s to 90 s', async () => {
    const bed = aBed();
    bed.state.now = [];
    const at: number[] = [];
    for (let s = 0; s < 400; s++) {
      const before = bed.asked.length;
      await bed.choose();
      if (bed.asked.length > before) at.push(s);
      await bed.clock.advance(SECOND);
    }
    expect(at.map((s, n) => s - (at[n - 1] ?? 0))).toEqual([0, 10, 20, 40, 80, 90, 90]);
    bed.state.now = offers(3);
    await bed.clock.advance(90 * SECOND);
    expect(await bed.choose()).toBe('o1');
    bed.state.now = [];
    await bed.clock.advance(30 * SECOND);
    await bed.choose();
    const count = bed.asked.length;
    await bed.clock.advance(10 * SECOND);
    await bed.choose();
    expect(bed.asked).toHaveLength(count + 1);
  });

  it('never asks 10,000 times for 10,000 different requirements', async () => {
    const bed = aBed();
    bed.state.more = true;
    const refusals: string[] = [];
    for (let n = 1; n <= 10_000; n++) {
      const need = {
        maxMicrosPerHour: n,
        regions: ['asia'],
        disk: n * 1e9,
        cpuRequest: n / 1000,
        gpuModels: [`M${n}`],
      };
      refusals.push(await bed.choose(need));
    }
    expect(bed.asked).toHaveLength(5);
    expect(new Set(refusals).size).toBeGreaterThan(1);
    await bed.clock.advance(30 * SECOND);
    for (let n = 1; n <= 1_000; n++) await bed.choose({ disk: n * 1e9, gpuModels: [`M${n}`] });
    // One more of those, and the class's own question: for n = 20 its search does.
    expect(bed.asked).toHaveLength(7);
  });

  it('narrows what the class’s own search found for whoever wants less, without another search', async () => {
    const bed = aBed();
    bed.state.now = offers(10, (i) => ({ region: i < 5 ? 'US' : 'DE', reliability: i === 7 ? 0.999 : 0.9 }));
    expect(await bed.choose()).toBe('o1');
    expect(await bed.choose({ regions: ['europe'] })).toBe('o6');
    expect(await bed.choose({ minReliability: 0.99 })).toBe('o8');
    expect(await bed.choose({ maxMicrosPerHour: 401_000 })).toBe('o2');
    expect(bed.asked).toHaveLength(1);
  });

  it('asks more narrowly where the provider has more than it told and nothing of that does', async () => {
    const bed = aBed();
    bed.state.more = true;
    await bed.choose();
    bed.state.now = [anOffer({ id: 'jp', region: 'JP' })];
    expect(await bed.choose({ regions: ['asia'], maxMicrosPerHour: 700_000 })).toBe('jp');
    expect(bed.asked).toHaveLength(2);
    expect(bed.asked[1]?.placement?.regions).toContain('JP');
    expect(bed.asked[1]?.placement?.maxMicrosPerHour).toBeGreaterThanOrEqual(700_000);
  });

  it('asks for what the class’s search leaves out: more GPUs, a larger disk, what must not be taken back', async () => {
    const bed = aBed();
    const bids = { ...CLASS, placement: { ...PLACEMENT, interruptible: true } };
    await bed.choose({ gpuCount: 4 });
    await bed.choose({ disk: 33e9 });
    await bed.choose({ interruptible: false }, bids);
    expect(bed.asked.map((s) => [s.resources.gpuCount, s.resources.disk, s.placement?.interruptible])).toEqual([
      [4, 20e9, false],
      [1, 64e9, false],
      [1, 20e9, false],
    ]);
  });

  it('tells the exact price of the disk that is wanted, though it asked for a larger one', async () => {
    const bed = aBed();
    const granted = { ...anOffer().granted, disk: 64e9 };
    bed.state.now = [anOffer({ granted, microsPerHour: 464_000, storageMicrosPerHour: 64_000 })];
    const chosen = await bed.market.choose(bed.asker({ disk: 40e9, maxMicrosPerHour: 440_000 }));
    expect(chosen).toMatchObject({
      offer: { granted: { disk: 40e9 }, microsPerHour: 440_000, storageMicrosPerHour: 40_000 },
    });
  });

  it('keeps from banned machines and hosts, in the search and in what it finds, until the ban ends', async () => {
    const bed = aBed();
    bed.state.now = offers(3);
    const ban = { at: T0, until: T0 + HOUR, reason: 'slow-start', evidence: '', by: 'x' } as const;
    const machine = { provider: 'costless', machine: 'm1', host: 'h1', ban, starts: [], losses: [] };
    const host = { provider: 'costless', host: 'h2', ban, banned: [] };
    await bed.choose();
    bed.market.release('costless', 'o1');
    bed.mirror.apply('machine', 'costless:m1', 1, machine);
    bed.mirror.apply('machine', 'elsewhere:m3', 1, { ...machine, provider: 'elsewhere', machine: 'm3' });
    bed.mirror.apply('host', 'costless:h2', 1, host);
    expect(await bed.choose()).toBe('o3');
    expect(await bed.choose()).toBe(
      'costless has nothing with these resources (offers refused: unreadable 2, machine-banned 1, host-banned 1, taken 1)',
    );
    await bed.clock.advance(30 * SECOND);
    await bed.choose();
    expect(bed.asked.at(-1)?.avoid).toEqual({ machines: new Set(['m1']), hosts: new Set(['h2']) });
    await bed.clock.advance(HOUR);
    expect(await bed.choose()).toBe('o1');
    expect(bed.asked.at(-1)?.avoid).toEqual({ machines: new Set(), hosts: new Set() });
  });

  it('prefers a machine whose starts were quick, by what a minute is worth', async () => {
    const bed = aBed();
    bed.state.now = offers(3);
    const starts = [{ at: T0, ms: 5 * SECOND }];
    const quick = { provider: 'costless', machine: 'm3', host: 'h3', ban: null, starts, losses: [] };
    bed.mirror.apply('machine', 'costless:m3', 1, quick);
    expect(await bed.choose()).toBe('o3');
  });

  it('takes what the cap leaves, and else the best, so that the commit tells of the cap', async () => {
    const bed = aBed({ capMicros: 800_500 });
    bed.state.now = [
      anOffer({ id: 'dear', downMbps: 100_000 }),
      anOffer({ id: 'cheap', microsPerHour: 350_000, downMbps: 100 }),
    ];
    const i = anInstance('booting', { microsPerHour: 420_000 });
    bed.mirror.apply('instance', i.id, 1, i);
    expect(await bed.choose()).toBe('cheap');
    bed.market.release('costless', 'cheap');
    const j = anInstance('booting', { id: instanceId(2), microsPerHour: 300_000 });
    bed.mirror.apply('instance', j.id, 1, j);
    expect(await bed.choose()).toBe('dear');
  });

  it('asks nothing while the provider lets nothing through, and tells why; what is fresh is still to be had', async () => {
    const bed = aBed();
    expect(await bed.choose()).toBe('o1');
    bed.state.fail = new BrokerError('no-capacity', 'no more searches today', { retryAfterMs: 2 * HOUR });
    expect(await bed.choose({ gpuCount: 2 })).toBe('no more searches today');
    expect(await bed.choose()).toBe('o2');
    await bed.clock.advance(HOUR);
    expect(await bed.choose()).toBe('no more searches today');
    expect(bed.asked).toHaveLength(2);
    bed.state.fail = null;
    await bed.clock.advance(HOUR);
    expect(await bed.choose()).toBe('o1');
  });

  it('waits a little after an error that does not say how long, and passes on what is a defect', async () => {
    const bed = aBed();
    bed.state.fail = new BrokerError('unavailable', 'the provider is away');
    expect([await bed.choose(), await bed.choose()]).toEqual(['the provider is away', 'the provider is away']);
    expect(bed.asked).toHaveLength(1);
    await bed.clock.advance(10 * SECOND);
    bed.state.fail = new TypeError('a defect');
    await expect(bed.choose()).rejects.toThrow('a defect');
    bed.state.fail = null;
    expect(await bed.choose()).toBe('o1');
  });

  it('keeps nobody waiting for the search of another, and says when it is answered', async () => {
    const bed = aBed();
    const answer = Promise.withResolvers<void>();
    bed.state.hang = answer.promise;
    const calls: unknown[] = [];
    const later = (err?: unknown) => void calls.push(err);
    const two = async () => bed.market.choose({ ...bed.asker({ gpuCount: 2 }), later });
    bed.state.now = offers(2, () => ({ granted: { ...anOffer().granted, gpuCount: 2 } }));
    expect(await two()).toMatchObject({ why: expect.stringContaining('is being asked') });
    expect(await two()).toMatchObject({ why: expect.stringContaining('is being asked') });
    answer.resolve();
    await bed.clock.advance(0);
    expect(calls).toEqual([undefined, undefined]);
    expect(await two()).toMatchObject({ offer: { id: 'o1' } });
    expect(bed.asked).toHaveLength(1);
    await bed.clock.advance(MINUTE);
    bed.state.fail = new TypeError('a defect');
    expect(await two()).toMatchObject({ why: expect.stringContaining('is being asked') });
    await bed.clock.advance(0);
    expect(calls.at(-1)).toBe(bed.state.fail);
  });

  it('tells meanwhile what it told before, and waits where no answer can be kept', async () => {
    const bed = aBed();
    const later = () => undefined;
    const none = async (of = bed) => of.market.choose({ ...of.asker({ gpuCount: 9 }), later });
    await bed.choose({ gpuCount: 9 });
    await bed.clock.advance(MINUTE);
    expect(await none()).toMatchObject({ refused: { 'gpu-count': 10 } });
    expect(await none(aBed({ offersMs: 0 }))).toMatchObject({ refused: { 'gpu-count': 10 } });
  });

  it('asks for others what the provider takes, while it refuses what one class asks', async () => {
    const bed = aBed();
    const odd = aClass({ ...CLASS, placement: { ...PLACEMENT, query: { gpu_name: 'RTX 4090' } } });
    bed.state.fail = new BrokerError('refused-by-provider', 'q.gpu_name is wrong');
    expect(await bed.choose({}, odd)).toBe('q.gpu_name is wrong');
    bed.state.fail = null;
    expect(await bed.choose()).toBe('o1');
    expect(await bed.choose({}, odd)).toBe('q.gpu_name is wrong');
    expect(bed.asked).toHaveLength(2);
    await bed.clock.advance(10 * SECOND);
    expect(await bed.choose({}, odd)).toMatch(/^o\d$/);
  });

  it('asks each time where offers cannot be kept, and takes none out: they are no single things', async () => {
    const bed = aBed({ offersMs: 0 });
    const own = { ...CLASS, placement: null, resources: GPU };
    bed.state.now = [anOffer()];
    expect([await bed.choose({}, own), await bed.choose({}, own)]).toEqual(['o1', 'o1']);
    expect(bed.asked).toHaveLength(2);
    bed.state.fail = new BrokerError('unavailable', 'away');
    expect(await bed.choose({}, own)).toBe('away');
    bed.state.fail = null;
    expect(await bed.choose({}, own)).toBe('o1');
  });
});
