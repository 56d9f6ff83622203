import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanProcesses } from '../../../src/adapters/process/proc.ts';
import { newTag } from '../../contract/compute-provider.contract.ts';
import { eventually } from '../../support/eventually.ts';
import { never, processWorld, type World } from './world.ts';

/** A broker's part that matters here, in a process of its own. With `diesAt`, SIGKILL comes at that write of a record. */
const BROKER = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [dir, installationId, tag, diesAt] = process.argv.slice(1);
let records = 0;
const write = fs.writeFileSync;
fs.writeFileSync = (file, ...rest) => {
  if (String(file).endsWith('instance.json.new') && ++records === Number(diesAt)) process.kill(process.pid, 'SIGKILL');
  return write(file, ...rest);
};
syncBuiltinESMExports();
const { createProcessProvider } = await import('${join(import.meta.dirname, '../../../src/adapters/process/provider.ts')}');
const { createSystemClock } = await import('${join(import.meta.dirname, '../../../src/adapters/system/clock.ts')}');
const provider = createProcessProvider({ dir, installationId, portRange: { from: 21000, to: 29999 }, clock: createSystemClock() });
const amount = { request: 0, limit: 0 };
const granted = { cpu: amount, memory: amount, gpuModel: '', gpuCount: 0, gpuMemory: 0, disk: 0 };
const offer = { id: 'local', granted, microsPerHour: 0, machine: '', host: '', region: '' };
const ports = [{ name: 'http', protocol: 'http' }];
await provider.create({ tag, offer, command: ['sh', '-c', 'echo up; exec sleep 600'], env: {}, ports }, new AbortController().signal);
console.log('created');
setInterval(() => {}, 1000);
`;

describe('a broker that is killed', () => {
  let world: World;
  let broker: ChildProcess | null = null;

  beforeEach(() => {
    world = processWorld();
  });

  afterEach(async () => {
    if (broker !== null && broker.exitCode === null && broker.signalCode === null) {
      broker.kill('SIGKILL');
      await once(broker, 'exit');
    }
    broker = null;
    await world.clear();
    await world.close();
  });

  function startBroker(tag: string, diesAt: number): ChildProcess {
    const args = ['--input-type=module', '-e', BROKER, world.dir, world.installation, tag, `${diesAt}`];
    broker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    return broker;
  }

  const living = async (tag: string) =>
    (await scanProcesses()).filter((p) => p.environ.includes(`\0BERTH_INSTANCE_ID=${tag}\0`));

  it('after a create leaves an instance that runs on and is found', async () => {
    const tag = newTag();
    const child = startBroker(tag, 0);
    if (child.stdout) await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [owned, ...others] = await world.provider.listOwned(never);
    expect(others).toEqual([]);
    expect(owned).toMatchObject({ tag, seen: { status: 'running', addresses: [{ name: 'http' }] } });
    await eventually('its output', () => readFileSync(join(world.dir, tag, 'log'), 'utf8') === 'up\n');
    await world.clear();
    expect(await living(tag)).toEqual([]);
  });

  it('between directory and process leaves nothing that runs, and a directory that can be cleared', async () => {
    const tag = newTag();
    await once(startBroker(tag, 1), 'exit');
    expect(await living(tag)).toEqual([]);
    expect(await world.provider.listOwned(never)).toMatchObject([{ tag, seen: { status: 'exited' } }]);
    await world.clear();
  });

  it('between process and record leaves an instance that is found by its environment and can be ended', async () => {
    const tag = newTag();
    await once(startBroker(tag, 2), 'exit');
    expect(JSON.parse(readFileSync(join(world.dir, tag, 'instance.json'), 'utf8')).leader).toBeNull();
    await eventually('the program to run', async () => (await living(tag)).length > 0);
    expect(await world.provider.listOwned(never)).toMatchObject([{ tag, seen: { status: 'running' } }]);
    await world.clear();
    expect(await living(tag)).toEqual([]);
  });
});
