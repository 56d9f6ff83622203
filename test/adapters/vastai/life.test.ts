import { afterEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { Seen } from '../../../src/ports/compute-provider.ts';
import { orderOf } from '../../contract/compute-provider.contract.ts';
import type { SimOptions } from '../../simulators/vastai/world.ts';
import { eventually } from '../../support/eventually.ts';
import { searchFor } from '../../support/fixtures.ts';
import { image, never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

async function open(sim: SimOptions = {}): Promise<VastWorld> {
  world = await vastWorld(sim);
  return world;
}

async function make(w: VastWorld, source = image({ image: 'example/inline:1' })) {
  const [offer] = (await w.provider.listOffers(searchFor(oneGpu()), never)).offers;
  if (offer === undefined) throw new Error('no offer');
  return (await w.provider.create(orderOf(offer, [], { image: source }), never)).ref;
}

/** By the list and alone: both say the same. */
async function seen(w: VastWorld): Promise<Seen> {
  const [one] = await w.provider.listOwned(never);
  if (one === undefined) throw new Error('there is none');
  expect(await w.provider.inspect(one.ref, never)).toEqual(one.seen);
  return one.seen;
}

describe('The life of an instance as the simulator has it', () => {
  it('goes from its making over the pull to its addresses, with what is said of it', async () => {
    const w = await open({ boot_factor: 1 });
    await make(w);
    expect(await seen(w)).toEqual({ status: 'starting', detail: 'is being made' });
    const texts = new Set<string>();
    await eventually('it to run', async () => {
      await w.bed.advance(2);
      const now = await seen(w);
      if ('detail' in now) texts.add(now.detail.replace(/[\d.]+GB.*|\[.*/, ''));
      return now.status === 'running';
    });
    expect([...texts]).toContain('4f4fb700ef54: Downloading ');
  });

  it('waits for ports that come late', async () => {
    const w = await open();
    await w.bed.fault('late_ports', { with: { for_s: 25 } });
    await make(w);
    expect(await seen(w)).toEqual({ status: 'starting', detail: 'waits for its ports' });
    await w.bed.advance(26);
    expect((await seen(w)).status).toBe('running');
  });

  it.each<[string, object, object]>([
    ['oci_error', {}, { status: 'exited', cause: 'runtime' }],
    ['exits', { after_s: 5 }, { status: 'exited', cause: 'exited' }],
    ['preempted', { after_s: 5 }, { status: 'exited', cause: 'preempted' }],
    ['restarts', { after_s: 5 }, { status: 'starting', detail: 'rebooting' }],
  ])('shows the fault %s for what it is', async (fault, numbers, expected) => {
    const w = await open({ boot_factor: 1 });
    await w.bed.sim('POST', 'boot', { factor: 0 });
    await w.bed.fault(fault, { with: numbers });
    await make(w);
    await w.bed.sim('POST', 'boot', { factor: 1 });
    await w.bed.advance(6);
    expect(await seen(w)).toMatchObject(expected);
  });

  it.each([
    ['goes_offline', 'offline'],
    ['goes_unknown', 'offline'],
    ['sits_stopped', 'preempted'],
  ])('is waited for a while with the fault %s, and then given up', async (fault, cause) => {
    const w = await open();
    await w.bed.fault(fault, { with: fault === 'sits_stopped' ? {} : { after_s: 1 } });
    await make(w);
    await w.bed.advance(2);
    const patient = w.make({ pace: 1 });
    expect((await patient.listOwned(never))[0]?.seen.status).toBe(fault === 'sits_stopped' ? 'starting' : 'unreadable');
    const last = await eventually('it to be given up', async () => {
      const [now] = await w.provider.listOwned(never);
      return now?.seen.status === 'exited' ? now.seen : null;
    });
    expect(last).toMatchObject({ cause });
  });

  it('is our own failing where there is no such image', async () => {
    const w = await open();
    await make(w, image({ image: 'example/no-such-image:1' }));
    expect(await seen(w)).toMatchObject({
      status: 'exited',
      cause: 'ours',
      detail: expect.stringContaining('manifest'),
    });
  });

  it('is the failing of a machine that leads into a private network', async () => {
    const w = await open();
    await make(w);
    const strict = w.make({ upstreams: [] });
    const [owned] = await strict.listOwned(never);
    expect(owned?.seen).toMatchObject({
      status: 'exited',
      cause: 'runtime',
      detail: expect.stringContaining('127.0.0.1'),
    });
  });

  it('ends with its offer', async () => {
    const w = await open();
    await make(w);
    await w.bed.advance(400 * 86_400);
    const later = { wall: () => Date.now() + 400 * 86_400_000, monotonic: () => performance.now() };
    const calm = w.make({ clock: createSystemClock(later) });
    expect((await calm.listOwned(never))[0]?.seen).toMatchObject({ status: 'exited', detail: 'its offer has ended' });
  });
});
