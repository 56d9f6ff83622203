import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findLimits } from '../../../src/adapters/process/cgroup.ts';
import { orderOf } from '../../contract/compute-provider.contract.ts';
import { eventually } from '../../support/eventually.ts';
import { never, processWorld, resources, type World } from './world.ts';

const MiB = 2 ** 20;
const NODE = process.execPath;

describe('limits of an instance', () => {
  let world: World | null = null;
  let fakeRoot: string | null = null;

  afterEach(async () => {
    await world?.clear();
    await world?.close();
    world = null;
    if (fakeRoot !== null) rmSync(fakeRoot, { recursive: true, force: true });
    fakeRoot = null;
  });

  it('say what holds on this machine, and hold it: memory is either limited or said not to be', async () => {
    world = processWorld();
    const granted = resources({ memory: { request: 0, limit: 64 * MiB }, cpu: { request: 0.1, limit: 0.5 } });
    const eat =
      'const all = []; for (let i = 0; i < 300; i++) all.push(Buffer.alloc(2 ** 20, 1)); console.log("ate it")';
    const offer = { id: 'local', granted, microsPerHour: 0, machine: '', host: '', region: '' };
    const { ref } = await world.provider.create(orderOf(offer, [NODE, '-e', eat]), never);
    const detail = await eventually('its end', async () => {
      const seen = await world?.provider.inspect(ref, never);
      return seen?.status === 'exited' ? seen.detail : null;
    });
    const limited = world.provider.describeLimits().startsWith('memory');
    expect(detail).toBe(limited ? 'killed: over its memory limit of 64 MiB' : 'exit code 0: ate it');
    // What the broker that comes next says must be the same.
    expect(await world.make().inspect(ref, never)).toEqual({ status: 'exited', detail });
  });

  it('leave no cgroup behind', async () => {
    world = processWorld();
    const offer = { id: 'local', granted: resources(), microsPerHour: 0, machine: '', host: '', region: '' };
    const order = orderOf(offer, ['sleep', '600']);
    await world.provider.create(order, never);
    const record = JSON.parse(readFileSync(join(world.dir, order.tag, 'instance.json'), 'utf8'));
    const groups: string[] = record.cgroups;
    expect(groups.every((g) => existsSync(g))).toBe(true);
    await world.clear();
    expect(groups.filter((g) => existsSync(g))).toEqual([]);
    await world.close();
    expect(groups.filter((g) => existsSync(dirname(g)))).toEqual([]);
  });

  function root(files: Readonly<Record<string, string>>): string {
    fakeRoot = mkdtempSync(join(tmpdir(), 'berth-cgroup-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(fakeRoot, name, '..'), { recursive: true });
      writeFileSync(join(fakeRoot, name), text);
    }
    return fakeRoot;
  }

  it('are none, with the reason, where there are no cgroups', () => {
    expect(findLimits('berth-x', '/no/such/place').describe()).toBe('none: /no/such/place does not exist');
    expect(findLimits('berth-x', '/proc').describe()).toBe('none: /proc is not writable');
  });

  it('are none where cgroup v2 does not hand memory and cpu down', () => {
    const here = root({ 'cgroup.controllers': 'cpuset io pids\n', 'cgroup.procs': '', 'cgroup.subtree_control': '' });
    expect(findLimits('berth-x', here).describe()).toBe(
      "none: the memory and cpu controller is not delegated to the broker's cgroup",
    );
  });

  it('use only the controllers that are writable in cgroup v1', () => {
    const here = root({ 'memory/cgroup.procs': '' });
    const limits = findLimits('berth-x', here);
    expect(limits.describe()).toBe('memory by cgroup v1');
    expect(limits.plan('i-1')).toEqual([join(here, 'memory/berth-x/i-1')]);
  });
});
