import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Bed, openBed } from './bed.ts';
import { marked, sweepOrphans } from './proc.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const REAL = { image: 'example/app:1', env: { '-p 8000:8000': '1', BERTH_PORT_HTTP: '8000', SECRET: 'given' } };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('Simulated instances are real processes', () => {
  let bed: Bed;
  afterEach(() => bed.close());

  const pidOf = async (id: number): Promise<number> =>
    (await bed.state()).instances.find((i) => i.id === id)?.pid ?? Number.NaN;
  const portOf = async (id: number): Promise<string> =>
    (await bed.shown(id)).ports['8000/tcp']?.[0]?.HostPort ?? 'none';
  const ask = (port: string, path = '/'): Promise<Response> =>
    eventually('the instance answers', () => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null));

  it('that answer on their own ports, several at once, and end with their instance', async () => {
    bed = await openBed();
    const ids = [await bed.rent({ ...REAL, label: 'a' }), await bed.rent({ ...REAL, label: 'b' })];
    const greetings: string[] = [];
    for (const id of ids) greetings.push(await (await ask(await portOf(id))).text());
    expect(greetings).toEqual([expect.stringContaining('hello from a'), expect.stringContaining('hello from b')]);
    const [first, second] = [await pidOf(ids[0] ?? 0), await pidOf(ids[1] ?? 0)];
    await bed.destroy(ids[0] ?? 0);
    expect([isAlive(first), isAlive(second)]).toEqual([false, true]);
  });

  it('that turn the instance to exited when they die', async () => {
    bed = await openBed();
    const id = await bed.rent(REAL);
    await ask(await portOf(id));
    process.kill(await pidOf(id), 'SIGKILL');
    await eventually('it is seen', async () => (await bed.shown(id)).actual_status === 'exited');
  });

  it('that get what Vast.ai gives a container, with the local port in place of its own', async () => {
    const print = 'console.log(JSON.stringify(process.env)); setInterval(() => {}, 1e6)';
    bed = await openBed({ images: [{ match: '*', command: ['{{node}}', '-e', print] }] });
    const id = await bed.rent(REAL);
    const port = await portOf(id);
    const env = await eventually('it has written', async () => {
      const { body } = await bed.api('PUT', `/api/v0/instances/request_logs/${id}`, { tail: '100' });
      await bed.advance(1);
      const text = await (await fetch(body.result_url ?? '')).text();
      return text.startsWith('{') ? (JSON.parse(text) as Readonly<Record<string, string>>) : null;
    });
    expect(env).toMatchObject({
      SECRET: 'given',
      BERTH_PORT_HTTP: port,
      VAST_TCP_PORT_8000: port,
      PUBLIC_IPADDR: '127.0.0.1',
      CONTAINER_ID: `${id}`,
      CONTAINER_API_KEY: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(Object.values(env)).not.toContain('sim-key');
  });

  it('that run the arguments of the call where the image says so', async () => {
    const images = [{ match: 'args:*', command: ['{{node}}', '-e', 'console.log(process.argv[1])', '{{args}}'] }];
    bed = await openBed({ images });
    const id = await bed.rent({ ...REAL, image: 'args:1', args: ['from the call'] });
    await eventually('it has ended', async () => (await bed.shown(id)).actual_status === 'exited');
    const { body } = await bed.api('PUT', `/api/v0/instances/request_logs/${id}`, { filter: 'call' });
    await bed.advance(1);
    // A container that has ended still has its log.
    expect(await (await fetch(body.result_url ?? '')).text()).toBe('from the call\n');
  });

  it('and so is what they start, which ends with them, also out of their process group', async () => {
    const script = 'setsid sleep 1000 & sleep 1000 & echo started; wait';
    bed = await openBed({ images: [{ match: '*', command: ['/bin/sh', '-c', script] }] });
    const id = await bed.rent(REAL);
    const pid = await pidOf(id);
    const mine = () => marked().filter((m) => m.mark.startsWith(`${process.pid}-`));
    await eventually('all three run', () => mine().length === 3);
    await bed.destroy(id);
    expect(isAlive(pid)).toBe(false);
    await eventually('the group has ended', () => mine().length === 1);
    await bed.close();
    await eventually('nothing is left', () => mine().length === 0);
  });

  it('that take what they have started with them when they end by themselves', async () => {
    bed = await openBed({ images: [{ match: '*', command: ['/bin/sh', '-c', 'sleep 1000 & exit 3'] }] });
    const id = await bed.rent(REAL);
    await eventually('it has ended', async () => (await bed.shown(id)).actual_status === 'exited');
    await eventually('nothing is left', () => marked().every((m) => !m.mark.startsWith(`${process.pid}-`)));
  });

  it('of which none is left when the simulator is closed', async () => {
    bed = await openBed();
    const pids: number[] = [];
    for (let n = 0; n < 3; n++) pids.push(await pidOf(await bed.rent(REAL)));
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await bed.close();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
  });

  it('that a sweep for what was left behind does not touch while their simulator lives', async () => {
    bed = await openBed();
    const pid = await pidOf(await bed.rent(REAL));
    sweepOrphans();
    expect(isAlive(pid)).toBe(true);
  });
});

describe('The simulator as a program', () => {
  let child: ChildProcess | null = null;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  async function start(...args: readonly string[]): Promise<{ readonly url: string; readonly child: ChildProcess }> {
    const started = spawn(process.execPath, [MAIN, '--port', '0', '--boot-factor', '0', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    const lines = createInterface({ input: started.stdout });
    const [url] = (await once(lines, 'line')) as [string];
    return { url, child: started };
  }
  async function rent(url: string, key = 'sim-key'): Promise<number> {
    const headers = { authorization: `Bearer ${key}` };
    const found = await fetch(`${url}/api/v0/bundles/`, { method: 'POST', headers, body: '{"limit":1}' });
    const { offers } = (await found.json()) as { readonly offers: readonly { readonly id: number }[] };
    const body = JSON.stringify({ image: 'example/app:1', disk: 10, env: { '-p 80:80': '1' } });
    await fetch(`${url}/api/v0/asks/${offers[0]?.id}/`, { method: 'PUT', headers, body });
    return eventually('it runs', async () => {
      const state = (await (await fetch(`${url}/_sim/state`)).json()) as {
        readonly instances: readonly { readonly pid: number | null }[];
      };
      return state.instances[0]?.pid;
    });
  }

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('leaves no instance after %s', async (signal) => {
    const { url, child } = await start('--badness', '0');
    const pid = await rent(url);
    expect(isAlive(pid)).toBe(true);
    child.kill(signal);
    await once(child, 'exit');
    await eventually('the instance has ended', () => !isAlive(pid));
  });

  it('ends with the program that has forked it', async () => {
    const forked = fork(MAIN, ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
    child = forked;
    await once(forked.stdout ?? forked, 'data');
    const exited = once(forked, 'exit');
    forked.disconnect();
    expect((await exited)[0]).toBe(0);
  });

  it('ends at its next start what a killed one could not', async () => {
    const { url, child } = await start('--badness', '0');
    const pid = await rent(url);
    // Without its guard, which would end the instance at once.
    for (const guard of await guardsOf(child.pid ?? 0)) process.kill(guard, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(pid)).toBe(true);
    const next = await start();
    await eventually('it was swept', () => !isAlive(pid));
    next.child.kill('SIGTERM');
    await once(next.child, 'exit');
  });

  it('takes its settings from the command line', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'berth-sim-'));
    const images = join(dir, 'images.json');
    await writeFile(images, JSON.stringify([{ match: '*', command: ['sleep', '1000'] }]));
    const args = ['--key', 'other', '--seed', 'x', '--machines', '20', '--badness', '0', '--credit', '7'];
    const { url, child } = await start(...args, '--limits-factor', '0.5', '--images', images);
    const state = await (await fetch(`${url}/_sim/state`)).json();
    expect(state).toMatchObject({
      seed: 'x',
      market: { machines: 20 },
      meter: { credit: 7 },
      limits: { factor: 0.5 },
      boot_factor: 0,
    });
    expect(await rent(url, 'other')).toBeGreaterThan(0);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await rm(dir, { recursive: true });
  });
});

/** The children of a simulator that are not its instances. */
async function guardsOf(parent: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  const instances = new Set(marked().map((m) => m.pid));
  return children
    .trim()
    .split(' ')
    .map(Number)
    .filter((pid) => !instances.has(pid));
}
