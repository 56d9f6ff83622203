import { afterEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { Requirements } from '../../../src/domain/resources.ts';
import type { Placement } from '../../../src/domain/search.ts';
import { wishOf } from '../../../src/engine/market/launch.ts';
import { createMarket } from '../../../src/engine/market/market.ts';
import { createMirror } from '../../../src/engine/records/mirror.ts';
import { aClass, instanceId, PLACEMENT } from '../../support/fixtures.ts';
import { image, never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

/** The engine's market in front of the real client, which asks the simulator. */
async function open(placement: Partial<Placement> = {}) {
  world = await vastWorld({}, { limits: { offersMs: 60_000 } });
  const w = world;
  const c = aClass({ provider: 'vastai', resources: oneGpu(), placement: { ...PLACEMENT, ...placement } });
  const market = createMarket({ mirror: createMirror(), clock: createSystemClock(), maxMicrosPerHour: 1e9 });
  return {
    w,
    async choose(need: Requirements = {}) {
      const chosen = await market.choose({ c, wish: wishOf(c, need), provider: w.provider, signal: never });
      if ('why' in chosen) throw new Error(chosen.why);
      return chosen.offer;
    },
    searches: async () => (await w.bed.state()).endpoints.search?.calls ?? 0,
  };
}

describe('The engine on the market of Vast.ai', () => {
  it('gives twenty at once an offer each from the searches of one, and all of them can be rented', async () => {
    const bed = await open();
    const first = await bed.choose();
    const before = await bed.searches();
    const chosen = [first, ...(await Promise.all(Array.from({ length: 19 }, () => bed.choose())))];
    expect(new Set(chosen.map((o) => o.id)).size).toBe(20);
    expect(await bed.searches()).toBe(before);
    for (const [n, offer] of chosen.slice(0, 3).entries()) {
      const order = { offer, mark: { class: 'echo', recipe: 'r', reserve: false }, image: image(), env: {}, ports: [] };
      const made = await bed.w.provider.create({ ...order, tag: instanceId(n + 1), command: ['sleep', '600'] }, never);
      expect(made.ref).toMatchObject({ machine: offer.machine, host: offer.host });
    }
  });

  it('finds what is wanted in a place of the world, within the price and on the models that are liked', async () => {
    const bed = await open();
    const offer = await bed.choose({
      regions: ['Europe'],
      gpuModels: ['RTX_3090', 'RTX 4090'],
      maxMicrosPerHour: 1_000_000,
    });
    expect(['RTX 3090', 'RTX 4090']).toContain(offer.granted.gpuModel);
    expect(offer.microsPerHour).toBeLessThanOrEqual(1_000_000);
    expect(offer).toMatchObject({ verified: true, region: expect.stringMatching(/^[A-Z]{2}$/) });
  });

  it('tells the price of the disk that is wanted, as a search for just that disk does', async () => {
    const bed = await open();
    const offer = await bed.choose({ disk: 40e9 });
    expect(offer.granted.disk).toBe(40e9);
    const rows = await bed.w.bed.search({
      num_gpus: { eq: 1 },
      allocated_storage: 40,
      limit: 64,
      order: [['dph_total', 'asc']],
    });
    const row = rows.find((r) => `${r.id}` === offer.id);
    expect(Math.abs(offer.microsPerHour - (row?.dph_total ?? 0) * 1e6)).toBeLessThanOrEqual(2);
  });
});
