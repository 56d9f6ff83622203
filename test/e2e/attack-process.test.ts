import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noLimits } from '../../src/adapters/process/limits.ts';
import { never, processWorld, resources, sh, type World } from '../adapters/process/world.ts';
import { orderOf } from '../contract/compute-provider.contract.ts';
import { eventually } from '../support/eventually.ts';
import { searchFor } from '../support/fixtures.ts';
import { instanceProcesses } from '../support/instance-processes.ts';

/** What instances of the process provider have tried, and reviews have found to work. */

const offer = { id: 'local', granted: resources(), microsPerHour: 0, machine: '', host: '', region: '' };

for (const caps of [null, noLimits('the test says so')]) {
  describe(`an instance that removes its own directory, ${caps === null ? 'with cgroups' : 'without cgroups'}`, () => {
    let world: World;

    beforeEach(() => {
      world = processWorld(caps === null ? {} : { caps });
    });

    afterEach(async () => {
      await world.clear();
      await world.close();
    });

    it('is still there while it runs, and ends when that is asked for', async () => {
      const order = orderOf(offer, sh('cd /; rm -rf "$(dirname "$HOME")"; while :; do sleep 1; done'));
      const { ref } = await world.provider.create(order, never);
      const home = join(world.dir, order.tag);
      await eventually('its directory to go', () => statSync(home, { throwIfNoEntry: false }) === undefined);
      const owned = await world.provider.listOwned(never);
      expect(owned).toMatchObject([{ tag: order.tag, seen: { status: 'running' } }]);
      expect(await world.provider.inspect(ref, never)).toMatchObject({ status: 'running' });
      await world.provider.destroy(ref, never);
      await eventually('it to end', async () => (await world.provider.listOwned(never)).length === 0);
      expect(await world.provider.inspect(ref, never)).toEqual({ status: 'absent' });
      expect(instanceProcesses(world.installation)).toEqual([]);
    });
  });
}

describe('a process provider', () => {
  let world: World;

  afterEach(async () => {
    await world.clear();
    await world.close();
  });

  it('goes on when its folder is removed under it, and still ends what runs', async () => {
    world = processWorld();
    const { provider, dir } = world;
    const order = orderOf(offer, world.runsFor([]));
    const { ref } = await provider.create(order, never);
    rmSync(dir, { recursive: true });
    expect(await provider.listOwned(never)).toMatchObject([{ tag: order.tag, seen: { status: 'running' } }]);
    const second = orderOf(offer, world.runsFor([]));
    await provider.create(second, never);
    await provider.destroy(ref, never);
    const tags = async () => (await provider.listOwned(never)).map((o) => o.tag);
    await eventually('the first to end', async () => !(await tags()).includes(order.tag));
    expect(await tags()).toEqual([second.tag]);
  });

  it('offers nothing while its instances have every port, and says so', async () => {
    world = processWorld({ portRange: { from: 16_900, to: 16_901 } });
    const { provider } = world;
    const ports = ['a', 'b'].map((name) => ({ name, protocol: 'http' as const }));
    const { ref } = await provider.create(orderOf(offer, world.runsFor([]), { ports }), never);
    await expect(provider.listOffers(searchFor(resources()), never)).rejects.toMatchObject({
      code: 'no-capacity',
      message: 'no free port is left in 16900-16901',
    });
    await provider.destroy(ref, never);
    await eventually('it to end', async () => (await provider.listOwned(never)).length === 0);
    expect((await provider.listOffers(searchFor(resources()), never)).offers).toHaveLength(1);
  });
});
