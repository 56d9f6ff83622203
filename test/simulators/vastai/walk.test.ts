import { describe, expect, it } from 'vitest';
import { type Bed, openBed } from './bed.ts';
import { FAULTS } from './faults.ts';
import { createRandom, type Random } from './random.ts';

const STEPS = 400;
const ACTIONS = ['exit', 'offline', 'unknown', 'preempt', 'restart', 'vanish'];

/** What a client or the world may do at any time. */
const MOVES: readonly {
  readonly weight: number;
  readonly run: (bed: Bed, random: Random, ids: number[]) => Promise<unknown>;
}[] = [
  {
    weight: 8,
    async run(bed, random, ids) {
      const [offer] = await bed.search({
        rented: { eq: 'any' },
        limit: 1,
        dph_total: { gte: random.between(0.05, 1) },
      });
      const call = offer === undefined ? null : bed.create(offer.id, { cancel_unavail: random.next() < 0.5 });
      const answer = await call?.catch(() => null);
      if (answer?.body.new_contract !== undefined) ids.push(answer.body.new_contract);
    },
  },
  { weight: 4, run: (bed, random, ids) => bed.destroy(pick(random, ids)) },
  { weight: 2, run: (bed, random, ids) => change(bed, pick(random, ids), 'stopped') },
  { weight: 2, run: (bed, random, ids) => change(bed, pick(random, ids), 'running') },
  { weight: 2, run: (bed, random, ids) => bed.api('PUT', `/api/v0/instances/recycle/${pick(random, ids)}/`, {}) },
  {
    weight: 3,
    run: (bed, random, ids) =>
      bed.sim('POST', `instances/${pick(random, ids)}/${random.pick(ACTIONS)}`).catch(() => undefined),
  },
  { weight: 6, run: (bed, random) => bed.advance(random.around(60, 1.5)) },
];

const pick = (random: Random, ids: readonly number[]): number => (ids.length === 0 ? 1 : random.pick(ids));
const change = (bed: Bed, id: number, state: string) => bed.api('PUT', `/api/v0/instances/${id}/`, { state });

type MachineSeen = { readonly id: number; readonly gpu: string; readonly free: number };

describe('A seeded walk through everything that may happen', () => {
  it.each(['1', '2'])('loses no GPU, no port and no money, with the seed %s', async (seed) => {
    const bed = await openBed({ seed, machines: 30, badness: 2, boot_factor: 1, ports: { from: 19_800, to: 19_899 } });
    const random = createRandom(`walk/${seed}`);
    for (const [fault, { at }] of Object.entries(FAULTS))
      if (at !== 'http' && fault !== 'create_hang_rented') await bed.fault(fault, { probability: 0.04 });
    const ids: number[] = [];
    let spent = 0;
    for (let step = 0; step < STEPS; step++) {
      await random.weighted(MOVES).run(bed, random, ids);
      const { meter, instances } = await bed.sim<Awaited<ReturnType<Bed['state']>>>('GET', 'state?recent=0');
      expect(meter.spent).toBeGreaterThanOrEqual(spent - 1e-9);
      expect(meter.alive).toBe(instances.length);
      expect(new Set(instances.flatMap((i) => Object.values(i.ports))).size).toBe(
        instances.flatMap((i) => Object.values(i.ports)).length,
      );
      spent = meter.spent;
    }
    await bed.sim('DELETE', 'faults');
    for (const { id } of (await bed.state()).instances) await bed.destroy(id);
    // Who outbid us gives back what he took after an hour.
    await bed.advance(4000);
    const machines = await bed.sim<readonly MachineSeen[]>('GET', 'machines');
    expect(machines.filter((m) => !m.gpu.startsWith(`${m.free}x `))).toEqual([]);
    expect((await bed.state()).meter).toMatchObject({ alive: 0, dollars_per_hour: 0 });
    // All hundred ports can be given again.
    await bed.sim('POST', 'boot', { factor: 0 });
    for (const m of machines) await bed.sim('POST', `machines/${m.id}`, { habit: 'good', rentable: true });
    const env = (from: number) =>
      Object.fromEntries(Array.from({ length: 45 }, (_, n) => [`-p ${from + n}:${from + n}`, '1']));
    for (const from of [1000, 2000]) {
      const id = await bed.rent({ env: env(from) }, { verified: { eq: 'any' }, num_gpus: { gte: 1 } });
      expect(Object.keys((await bed.shown(id)).ports)).toHaveLength(45);
    }
    await bed.close();
  });
});
