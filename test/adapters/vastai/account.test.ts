import { afterEach, describe, expect, it } from 'vitest';
import { INLINE } from '../../simulators/vastai/bed.ts';
import type { SimOptions } from '../../simulators/vastai/world.ts';
import { eventually } from '../../support/eventually.ts';
import { searchFor } from '../../support/fixtures.ts';
import { KEY, never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

async function open(sim: SimOptions = {}): Promise<VastWorld> {
  world = await vastWorld(sim);
  return world;
}

const calls = async (w: VastWorld, endpoint: string): Promise<number> =>
  (await w.bed.state()).endpoints[endpoint]?.calls ?? 0;

describe('An account at Vast.ai', () => {
  it('tells what is left, and its key to nobody', async () => {
    const w = await open({ credit: 12.5 });
    expect(await w.provider.account(never)).toEqual({ creditMicros: 12_500_000 });
    expect(w.lines).toMatchObject([{ message: 'provider.answered', fields: { method: 'GET', code: '200' } }]);
    expect(JSON.stringify(w.lines)).not.toContain(KEY);
  });

  it('is looked at once for many searches, and below the least nothing is offered', async () => {
    const w = await open({ credit: 0.5 });
    const provider = w.make({ pace: 1 });
    const lacking = {
      code: 'no-capacity',
      message: 'the Vast.ai account has $0.50 left, and nothing is rented below $1.00',
      details: { reason: 'NO_CREDIT' },
    };
    for (let n = 0; n < 3; n++)
      await expect(provider.listOffers(searchFor(oneGpu()), never)).rejects.toMatchObject(lacking);
    expect([await calls(w, 'account'), await calls(w, 'search')]).toEqual([1, 0]);
  });

  it('is looked at again after a while, so that what was paid in counts', async () => {
    const w = await open({ credit: 0.5 });
    await expect(w.provider.listOffers(searchFor(oneGpu()), never)).rejects.toMatchObject({ code: 'no-capacity' });
    await w.bed.sim('POST', 'credit', { credit: 50 });
    await eventually('something to be offered', () =>
      w.provider.listOffers(searchFor(oneGpu()), never).then(
        (o) => o.offers.length > 0,
        () => false,
      ),
    );
  });

  it('that cannot be looked at is no reason not to rent', async () => {
    const w = await open();
    await w.bed.fault('http', { endpoint: 'account', with: { status: 500 }, error: 'error', msg: `for ${KEY}` });
    expect((await w.provider.listOffers(searchFor(oneGpu()), never)).offers.length).toBeGreaterThan(0);
    expect(w.lines.map((l) => l.message)).toContain('provider.credit-unknown');
    expect(JSON.stringify(w.lines)).not.toContain(KEY);
  });

  it('whose key is refused says so, without the key', async () => {
    const w = await open({ switches: { bad_key_status: 404 } });
    const stranger = w.make({ key: async () => 'wrong-wrong-wrong' });
    const calls = [
      () => stranger.account(never),
      () => stranger.listOffers(searchFor(oneGpu()), never),
      () => stranger.listOwned(never),
    ];
    for (const call of calls) {
      const refused = await call().catch((err: unknown) => err);
      expect(refused).toMatchObject({ code: 'unavailable', details: { reason: 'PROVIDER_KEY' } });
      expect(String(refused)).not.toContain('wrong-wrong');
    }
  });

  it('without a key is asked for nothing', async () => {
    const w = await open();
    for (const key of [
      async () => '',
      async () => 'two words',
      async () => Promise.reject(new Error('/secret/path')),
    ]) {
      const refused = await w
        .make({ key })
        .listOwned(never)
        .catch((err: unknown) => err);
      expect(refused).toMatchObject({ code: 'unavailable' });
      expect(String(refused)).not.toContain('/secret/path');
    }
    expect(await calls(w, 'list')).toBe(0);
  });
});

describe('The limits of Vast.ai', () => {
  it('stop searches until midnight when the day is used up, and nothing else', async () => {
    const w = await open({ limits: { factor: 0, searches_per_day: 1 }, start_ms: Date.now() });
    // The second page is one search too many: what the first one found is offered all the same.
    const { offers, more } = await w.provider.listOffers(searchFor(oneGpu()), never);
    expect([offers.length, more]).toEqual([64, true]);
    const used = {
      code: 'no-capacity',
      message: expect.stringMatching(/used up .*; there are more at \d{4}-\d\d-\d\dT(00:00:0|23:59:5)/),
      details: { reason: 'PROVIDER_LIMIT' },
    };
    for (let n = 0; n < 2; n++)
      await expect(w.provider.listOffers(searchFor(oneGpu()), never)).rejects.toMatchObject(used);
    expect(await calls(w, 'search')).toBe(2);
    expect(await w.provider.listOwned(never)).toEqual([]);
  });

  it('are kept with all calls that come at once', async () => {
    // A tenth as fast as may be: what is shown is that each call waits for its own limit, and not how late a machine is.
    const w = await open({ limits: { factor: 0.02 }, frozen: false });
    const provider = w.make({ pace: 0.2 });
    const ref = { id: '123', machine: '', host: '', region: '' };
    const search = searchFor(oneGpu({ gpuModel: 'RTX 3090' }));
    await Promise.all(
      Array.from({ length: 3 }, () => [
        provider.listOwned(never),
        provider.inspect(ref, never),
        provider.destroy(ref, never),
        provider.listOffers(search, never),
        provider.template('x', never).catch(() => undefined),
      ]).flat(),
    );
    const { endpoints } = await w.bed.state();
    for (const name of ['list', 'show', 'destroy', 'search', 'templates'])
      expect(endpoints[name]).toMatchObject({ calls: 3, limited: 0 });
  });
});

describe('A template at Vast.ai', () => {
  const fields = { name: 'mine', image: 'example/app', tag: '2.1' };

  it('is found by its hash and by its number, with what it runs', async () => {
    const w = await open();
    const made = (await w.bed.api('POST', '/api/v0/template/', fields)).body.template;
    const expected = { hash: made?.hash_id, image: 'example/app:2.1' };
    expect(await w.provider.template(`${made?.hash_id}`, never)).toEqual(expected);
    expect(await w.provider.template(`${made?.id}`, never)).toEqual(expected);
  });

  it('has another hash once it was changed', async () => {
    const w = await open();
    const made = (await w.bed.api('POST', '/api/v0/template/', { ...fields, image: INLINE, tag: '9' })).body.template;
    const before = await w.provider.template(`${made?.id}`, never);
    expect(before.image).toBe(INLINE);
    await w.bed.api('PUT', '/api/v0/template/', { hash_id: made?.hash_id, image: 'example/other' });
    const after = await w.provider.template(`${made?.id}`, never);
    expect(after).toMatchObject({ image: 'example/other:9' });
    expect(after.hash).not.toBe(before.hash);
  });

  it('that somebody else has as well is the same, whoever it is of', async () => {
    const w = await open();
    const made = (await w.bed.api('POST', '/api/v0/template/', fields)).body.template;
    await w.bed.sim('POST', 'templates', { ...fields });
    const expected = { hash: made?.hash_id, image: 'example/app:2.1' };
    expect(await w.provider.template(`${made?.hash_id}`, never)).toEqual(expected);
    expect(await calls(w, 'account')).toBe(0);
  });

  it('that there is not is not found', async () => {
    const w = await open();
    await expect(w.provider.template('nowhere', never)).rejects.toMatchObject({ code: 'not-found' });
    await expect(w.provider.template('12345', never)).rejects.toMatchObject({ code: 'not-found' });
  });
});
