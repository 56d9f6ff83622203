import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { Requirements } from '../../src/domain/resources.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { QuoteView } from '../../src/engine/use-cases.ts';
import { ADMIN, ALICE, type EngineBed, engineBed, NEVER, type Replica } from '../support/engine-bed.ts';
import { aClass, PLACEMENT } from '../support/fixtures.ts';

const MARKET = aClass({ placement: { ...PLACEMENT, verified: false } });
const LIMITS = { offersMs: 30 * SECOND };
const MACHINES = ['m1', 'm2', 'm3'].map((machine) => ({ machine, host: 'h1' }));

async function aBed(over: Parameters<typeof engineBed>[0] = {}): Promise<EngineBed> {
  const bed = await engineBed({ classes: [MARKET], limits: LIMITS, ...over });
  bed.world.knobs.machines = MACHINES;
  bed.world.knobs.microsPerHour = 300_000;
  return bed;
}

const ask = (
  bed: EngineBed,
  requirements: Requirements = {},
  { engine }: Replica = bed.first,
  limit = 10,
): Promise<QuoteView> => bed.finish(engine.sessions.quote(ALICE, { class: 'echo', requirements, limit }, NEVER));

describe('a quote', () => {
  it('tells the offers that an acquire would get, with price and expected start, and rents nothing', async () => {
    const bed = await aBed();
    const starts = [{ at: bed.clock.now(), ms: 9_000 }];
    bed.engine.mirror.apply('machine', 'costless:m2', 1, {
      provider: 'costless',
      machine: 'm2',
      host: 'h2',
      ban: null,
      starts,
      losses: [],
    });
    const quote = await ask(bed);
    expect(quote).toMatchObject({ provider: 'costless', ready: 0, suitable: 3, refused: {}, why: '' });
    expect(quote.offers[0]).toMatchObject({
      machine: 'm2',
      microsPerHour: 300_000,
      expectedStartMs: 9_000,
      reliability: null,
    });
    expect((await ask(bed, {}, bed.first, 1)).offers).toHaveLength(1);
    expect(bed.world.calls).toMatchObject({ offers: 1, create: 0 });
  });

  it('tells the reserve members that would do, which come first', async () => {
    const bed = await aBed();
    bed.classes.set([{ ...MARKET, reserve: { ...MARKET.reserve, target: 2 } }]);
    await bed.until('the reserve is full', () => bed.ready() === 2);
    expect(await ask(bed)).toMatchObject({ ready: 2, suitable: 1 });
    expect(await ask(bed, { cpuRequest: 2 })).toMatchObject({ ready: 0 });
  });

  it('is one search however many ask, on whichever replica', async () => {
    const bed = await aBed();
    const other = await bed.replica({ mayLead: false });
    await Promise.all(Array.from({ length: 100 }, (_, n) => ask(bed, {}, n % 2 === 0 ? bed.first : other)));
    expect(bed.world.calls.offers).toBe(1);
    await bed.clock.advance(61 * SECOND);
    await Promise.all(Array.from({ length: 100 }, () => ask(bed, {}, other)));
    expect(bed.world.calls.offers).toBe(2);
  });

  it('takes requirements into account without another search, and tells how many each rule refused', async () => {
    const bed = await aBed();
    expect(await ask(bed, { maxMicrosPerHour: 299_999 })).toMatchObject({
      offers: [],
      suitable: 0,
      refused: { price: 3 },
      why: 'costless has nothing with these resources (offers refused: price 3)',
    });
    expect(await ask(bed, { regions: ['europe'] })).toMatchObject({ suitable: 0, refused: { region: 3 } });
    expect(bed.world.calls.offers).toBe(1);
  });

  it('leaves out what somebody has, what is banned and what the cap does not leave', async () => {
    const bed = await aBed({ maxMicrosPerHour: 650_000 });
    await bed.acquire();
    expect(await ask(bed)).toMatchObject({ suitable: 2, refused: { taken: 1 } });
    const ban = { at: 0, until: bed.clock.now() + HOUR, reason: 'admin', evidence: '', by: 'x' } as const;
    const rest = { provider: 'costless', host: 'h1', starts: [], losses: [] };
    bed.engine.mirror.apply('machine', 'costless:m3', 1, { ...rest, machine: 'm3', ban });
    expect(await ask(bed)).toMatchObject({ suitable: 1, refused: { taken: 1, 'machine-banned': 1 } });
    await bed.acquire();
    await bed.clock.advance(MINUTE);
    bed.engine.mirror.apply('machine', 'costless:m3', 2, { ...rest, machine: 'm3', ban: null });
    expect(await ask(bed)).toMatchObject({ suitable: 0, refused: { taken: 2, 'price-cap': 1 } });
  });

  it('asks for what the class’s own search leaves out, and keeps the answers apart', async () => {
    const bed = await aBed();
    await ask(bed);
    expect(await ask(bed, { gpuCount: 0, disk: 0 })).toMatchObject({ suitable: 3 });
    expect(bed.world.calls.offers).toBe(1);
    const room = { ...MARKET.allow.maxResources, disk: 1e12 };
    bed.classes.set([{ ...MARKET, allow: { ...MARKET.allow, maxResources: room } }]);
    expect(await ask(bed, { disk: 33e9 })).toMatchObject({
      suitable: 3,
      offers: [{ granted: { disk: 33e9 } }, {}, {}],
    });
    expect(bed.world.calls.offers).toBe(2);
  });

  it('refuses what an acquire refuses, in the same words', async () => {
    const bed = await aBed();
    const requirements = { cpuRequest: 9, regions: ['Atlantis'] };
    const acquired = await bed.acquire({ requirements }).catch((err: unknown) => err);
    await expect(ask(bed, requirements)).rejects.toEqual(acquired);
    expect(acquired).toMatchObject({ code: 'invalid', details: { violations: [{}, {}] } });
    const unknown = { class: 'nope', requirements: {}, limit: 1 };
    await expect(bed.engine.sessions.quote(ALICE, unknown, NEVER)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('tells why the provider shows nothing, and looks again soon', async () => {
    const bed = await aBed({ limits: { offersMs: 0 } });
    bed.world.knobs.failOffers = new BrokerError('no-capacity', 'no more searches today', { retryAfterMs: 3 * SECOND });
    expect(await ask(bed)).toMatchObject({ offers: [], suitable: 0, why: 'no more searches today' });
    bed.world.knobs.failOffers = null;
    expect(await ask(bed)).toMatchObject({ why: 'no more searches today' });
    await bed.clock.advance(6 * SECOND);
    expect(await ask(bed)).toMatchObject({ suitable: 3, why: '' });
  });

  it('says that renting is off, and what would be had if it were not', async () => {
    const bed = await aBed();
    await bed.finish(bed.engine.admin.setRenting(ADMIN, false, 'the bill'));
    expect(await ask(bed)).toMatchObject({ suitable: 3, why: 'renting is off: the bill (by root)' });
    await bed.finish(bed.engine.admin.setRenting(ADMIN, true, ''));
    expect(await ask(bed)).toMatchObject({ suitable: 3, why: '' });
  });

  it('says that nobody looks when there is no leader, and works as soon as there is one', async () => {
    const bed = await aBed({ mayLead: false });
    await expect(ask(bed)).rejects.toMatchObject({ code: 'unavailable', details: { reason: 'NO_QUOTE' } });
    const asked = ask(bed);
    await bed.replica({ mayLead: true });
    expect(await asked).toMatchObject({ suitable: 3 });
  });

  it('waits no longer than the caller does', async () => {
    const bed = await aBed({ mayLead: false });
    const gone = new AbortController();
    const quote = bed.engine.sessions.quote(ALICE, { class: 'echo', requirements: {}, limit: 1 }, gone.signal);
    const refused = expect(quote).rejects.toMatchObject({ name: 'AbortError' });
    await bed.clock.settle();
    gone.abort();
    await refused;
  });

  it('answers for a provider without a market the same way', async () => {
    const bed = await engineBed();
    expect(await ask(bed)).toMatchObject({
      suitable: 1,
      offers: [{ machine: '', microsPerHour: 0, expectedStartMs: null }],
    });
    await bed.acquire();
    await bed.until('the start is in its history', () => bed.engine.mirror.history('echo') !== undefined);
    expect(await ask(bed, { cpuRequest: 2 })).toMatchObject({
      suitable: 1,
      offers: [{ expectedStartMs: expect.any(Number) }],
    });
    expect(await ask(bed, { regions: ['de'] })).toMatchObject({ suitable: 0, refused: { region: 1 } });
  });

  it('is forgotten when nobody asks any more, and when its class is gone', async () => {
    const bed = await aBed();
    await ask(bed);
    expect(bed.engine.mirror.size('market')).toBe(1);
    await bed.clock.advance(10 * MINUTE);
    await bed.until('it is forgotten', () => bed.engine.mirror.size('market') === 0);
    await ask(bed);
    bed.classes.set([aClass({ name: 'other' })]);
    await bed.until('it is forgotten with its class', () => bed.engine.mirror.size('market') === 0);
    expect(await bed.store.range('settings', { by: 'member', prefix: 'market/', limit: 9 })).toEqual([]);
  });
});
