import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Offer } from '../../../src/domain/offer.ts';
import type { Search } from '../../../src/domain/search.ts';
import type { SimOptions } from '../../simulators/vastai/world.ts';
import { PLACEMENT, searchFor } from '../../support/fixtures.ts';
import { localServers } from '../../support/local-servers.ts';
import { never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

async function open(sim: SimOptions = {}): Promise<VastWorld> {
  world = await vastWorld(sim);
  return world;
}

const place = (over: Partial<NonNullable<Search['placement']>> = {}, more: Partial<Search> = {}) =>
  searchFor(oneGpu(), {}, { placement: { ...PLACEMENT, ...over }, ...more });

const offersOf = async (w: VastWorld, search: Search): Promise<readonly Offer[]> =>
  (await w.provider.listOffers(search, never)).offers;

const searches = async (w: VastWorld): Promise<number> => (await w.bed.state()).endpoints.search?.calls ?? 0;

describe('The offers of Vast.ai', () => {
  it('say what is granted, where, from whom and for how much, disk included', async () => {
    const w = await open();
    const row = (await w.bed.search({ num_gpus: { eq: 1 }, allocated_storage: 40, order: [['dph_total', 'asc']] }))[0];
    const offer = (await offersOf(w, searchFor(oneGpu({ disk: 39.5e9 })))).find((o) => o.id === `${row?.id}`);
    expect(offer).toMatchObject({
      machine: `${row?.machine_id}`,
      host: `${row?.host_id}`,
      microsPerHour: Math.ceil((row?.dph_total ?? 0) * 1e6),
      reliability: row?.reliability,
      downMbps: row?.inet_down,
      directPorts: row?.direct_port_count,
      interruptible: false,
      verified: true,
      granted: { gpuModel: row?.gpu_name, gpuCount: 1, gpuMemory: (row?.gpu_ram ?? 0) * 2 ** 20, disk: 40e9 },
    });
    const disk = (40 * (row?.storage_cost ?? 0) * 1e6) / 720;
    expect(offer?.storageMicrosPerHour).toBeGreaterThanOrEqual(Math.floor(disk));
    expect(offer?.storageMicrosPerHour).toBeLessThanOrEqual(Math.ceil(disk) + 1);
    expect(offer?.endsAt).toBe(Math.floor((row?.end_date ?? 0) * 1000));
    expect(offer?.region).toBe((row?.geolocation ?? '').slice(-2));
    expect((await w.bed.state()).ignored_filters).toEqual([]);
  });

  it('meet what a class and a caller ask for together', async () => {
    const w = await open();
    const need = { regions: ['North America'], maxMicrosPerHour: 900_000, minReliability: 0.9 };
    const limits = { minDownMbps: 300, minCuda: 12, maxMicrosPerHour: 2_000_000, regions: ['US', 'CA', 'DE'] };
    const offers = await offersOf(
      w,
      searchFor(oneGpu({ gpuMemory: 20e9 }), need, { ...place(limits), need, ports: 3 }),
    );
    expect(offers.length).toBeGreaterThan(0);
    for (const o of offers) {
      expect(['US', 'CA']).toContain(o.region);
      expect(o.microsPerHour).toBeLessThanOrEqual(900_000);
      expect(o.reliability).toBeGreaterThanOrEqual(0.9);
      expect(o.downMbps).toBeGreaterThanOrEqual(300);
      expect(o.cuda).toBeGreaterThanOrEqual(12);
      expect(o.directPorts).toBeGreaterThanOrEqual(3);
    }
    expect((await w.bed.state()).ignored_filters).toEqual([]);
  });

  it('are of nowhere where class and caller want different countries', async () => {
    const w = await open();
    const search = { ...place({ regions: ['US'] }), need: { regions: ['Germany'] } };
    expect(await offersOf(w, search)).toEqual([]);
  });

  it('leave out machines and hosts that are banned', async () => {
    const w = await open();
    const [one, ...others] = await offersOf(w, place());
    const host = others.find((o) => o.host !== one?.host)?.host ?? '';
    const avoid = { machines: new Set([one?.machine ?? '']), hosts: new Set([host, 'not-a-number']) };
    const left = await offersOf(w, place({}, { avoid }));
    expect(left.length).toBeGreaterThan(0);
    expect(left.some((o) => o.machine === one?.machine || o.host === host)).toBe(false);
  });

  it('are not kept out by what only looks like their number, such as from a blacklist of others', async () => {
    const w = await open();
    const all = await offersOf(w, place());
    const host = Number(all[0]?.host);
    const hosts = new Set([`0x${host.toString(16)}`, `${host}e0`, `${host}.0`, `+${host}`, ` ${host}`]);
    const same = await offersOf(w, place({}, { avoid: { machines: new Set(), hosts } }));
    expect(same.map((o) => o.id)).toEqual(all.map((o) => o.id));
  });

  it('are found by models as people write them, also those that the first 64 hide', async () => {
    const w = await open({ machines: 600 });
    const models = ['H200', 'rtx_4090', 'RTX 3090'];
    const offers = await offersOf(w, place({ gpuModels: ['RTX_3090', 'RTX 4090', 'H200'], verified: false }));
    expect(new Set(offers.map((o) => o.granted.gpuModel))).toEqual(new Set(['RTX 3090', 'RTX 4090', 'H200']));
    expect(offers.length).toBeGreaterThan(64);
    // The spelling of the class counts, whatever the caller's.
    const asked = { ...place({ gpuModels: ['RTX 4090'] }), need: { gpuModels: models } };
    expect(new Set((await offersOf(w, asked)).map((o) => o.granted.gpuModel))).toEqual(new Set(['RTX 4090']));
  });

  it('go on where the first 64 end, each once, and say that there are more', async () => {
    const w = await open({ machines: 600 });
    const { offers, more } = await w.provider.listOffers(place({ verified: false }), never);
    expect(offers.length).toBeGreaterThan(100);
    expect(new Set(offers.map((o) => o.id)).size).toBe(offers.length);
    expect(more).toBe(true);
    expect(await searches(w)).toBe(2);
    const few = await w.provider.listOffers(place({ gpuModels: ['H200'] }), never);
    expect(few.more).toBeUndefined();
  });

  it('for interruptible instances bid a little over the least, and pay the disk beside it', async () => {
    const w = await open();
    const row = (
      await w.bed.search({ num_gpus: { eq: 1 }, type: 'bid', allocated_storage: 10, order: [['dph_total', 'asc']] })
    )[0];
    const offer = (await offersOf(w, place({ interruptible: true }))).find((o) => o.id === `${row?.id}`);
    expect(offer?.interruptible).toBe(true);
    const bid = (offer?.microsPerHour ?? 0) - (offer?.storageMicrosPerHour ?? 0);
    expect(bid / 1e6).toBeCloseTo((row?.min_bid ?? 0) * 1.1, 5);
    // Who wants to keep what he has gets no bid, whatever the class allows.
    const kept = await offersOf(w, { ...place({ interruptible: true }), need: { interruptible: false } });
    expect(new Set(kept.map((o) => o.interruptible))).toEqual(new Set([false]));
  });

  it("follow the class's own query where it says more", async () => {
    const w = await open();
    const query = { gpu_name: { in: ['A100 SXM4'] }, verified: { eq: 'any' }, order: [['score', 'desc']], type: 'bid' };
    const offers = await offersOf(w, place({ query, gpuModels: ['RTX 4090'] }));
    expect(offers.length).toBeGreaterThan(0);
    expect(offers.every((o) => o.granted.gpuModel === 'A100 SXM4' && o.interruptible === false)).toBe(true);
  });

  it('are refused with their reason where the class asks for what Vast.ai does not understand', async () => {
    const w = await open();
    await expect(w.provider.listOffers(place({ query: { gpu_name: 'RTX 4090' } }), never)).rejects.toMatchObject({
      code: 'refused-by-provider',
      message: expect.stringContaining('q.gpu_name: Input should be a valid dictionary'),
    });
  });

  it('say which rules left nothing', async () => {
    const w = await open();
    const { offers, refused } = await w.provider.listOffers(place({ maxMicrosPerHour: 1 }), never);
    expect(offers).toEqual([]);
    expect(refused.price).toBeGreaterThan(10);
    const none = await w.provider.listOffers(place({ gpuModels: ['TPU v5'] }), never);
    expect(none).toEqual({ offers: [], refused: { search: 1 } });
  });

  it('may be on a machine where we rent already', async () => {
    const w = await open();
    const [big] = await w.bed.search({ num_gpus: { eq: 2 } });
    await w.bed.rent({}, { num_gpus: { eq: 1 }, machine_id: { eq: big?.machine_id } });
    const search = place({ query: { machine_id: { eq: big?.machine_id } } });
    expect((await offersOf(w, search)).map((o) => o.machine)).toEqual([`${big?.machine_id}`]);
  });

  it('take a single offer for the list that it should be', async () => {
    const w = await open({ switches: { single_offer_as_object: true } });
    const [some] = await offersOf(w, place());
    const query = { ask_contract_id: { eq: Number(some?.id) } };
    expect((await offersOf(w, place({ query }))).map((o) => o.id)).toEqual([some?.id]);
  });
});

describe('Offers that cannot be as they are told', () => {
  const listen = localServers();
  const row = {
    id: 1,
    machine_id: 2,
    host_id: 3,
    gpu_name: 'RTX 4090',
    num_gpus: 1,
    gpu_ram: 24_564,
    disk_space: 100,
    dph_total: 0.4,
    storage_total_cost: 0.01,
    min_bid: 0.1,
  };

  /** A market of one offer. */
  async function told(over: object, place: Search) {
    const w = world ?? (await open());
    const offers = [{ ...row, ...over }];
    const account = { id: 1, credit: 100 };
    const { to } = await listen(
      createServer((req, res) => res.end(JSON.stringify(req.method === 'GET' ? account : { offers }))),
    );
    return w.make({ url: `http://127.0.0.1:${to.port}` }).listOffers(place, never);
  }

  it.each([
    ['dph_total', -0.1],
    ['dph_total', '-1'],
    ['dph_total', 1e300],
    ['dph_total', null],
    ['min_bid', -2],
    ['storage_cost', -5],
    ['storage_total_cost', -5],
  ])('are not read where %s is %s: they would come first', async (column, value) => {
    const { offers, refused } = await told({ [column]: value }, place({ interruptible: column === 'min_bid' }));
    expect(offers).toEqual([]);
    expect(refused.unreadable).toBeGreaterThan(0);
  });

  it.each([undefined, null, 'true', 1, false])(
    'are bid for in a search for bids, also where the row says that is %s: else all is paid',
    async (is_bid) => {
      const { offers } = await told({ is_bid }, place({ interruptible: true }));
      expect(offers).toMatchObject([{ interruptible: true, microsPerHour: 120_000, storageMicrosPerHour: 10_000 }]);
    },
  );

  it('are bid for with the least that Vast.ai takes where the least bid is nothing', async () => {
    const { offers } = await told({ min_bid: 0 }, place({ interruptible: true }));
    expect(offers).toMatchObject([{ microsPerHour: 11_000, storageMicrosPerHour: 10_000 }]);
    const dearDisk = { min_bid: null, storage_total_cost: 1 };
    expect((await told(dearDisk, place({ interruptible: true }))).offers[0]?.microsPerHour).toBe(1_001_000);
  });
});
