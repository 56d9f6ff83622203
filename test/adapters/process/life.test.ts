import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noLimits } from '../../../src/adapters/process/limits.ts';
import { hasEnded, procStat, scanProcesses } from '../../../src/adapters/process/proc.ts';
import type { InstanceId } from '../../../src/domain/ids.ts';
import type { Offer } from '../../../src/domain/offer.ts';
import type { Order } from '../../../src/ports/compute-provider.ts';
import { newTag, orderOf, textOf } from '../../contract/compute-provider.contract.ts';
import { eventually } from '../../support/eventually.ts';
import { searchFor } from '../../support/fixtures.ts';
import { never, processWorld, resources, sh, type World } from './world.ts';

const offer: Offer = { id: 'local', granted: resources(), microsPerHour: 0, machine: '', host: '', region: '' };

/** All living processes that carry the tag, whatever group or session they are in. */
async function carrying(tag: InstanceId): Promise<readonly number[]> {
  return (await scanProcesses()).filter((p) => p.environ.includes(`BERTH_INSTANCE_ID=${tag}`)).map((p) => p.pid);
}

for (const caps of [null, noLimits('the test says so')]) {
  describe(`an instance of the process provider, ${caps === null ? 'with cgroups' : 'without cgroups'}`, () => {
    let world: World;

    beforeEach(() => {
      world = processWorld(caps === null ? {} : { caps });
    });

    afterEach(async () => {
      await world.clear();
      await world.close();
    });

    async function start(command: readonly string[], over: Partial<Order> = {}) {
      const order = orderOf(offer, command, over);
      const { ref } = await world.provider.create(order, never);
      return { order, ref, home: join(world.dir, order.tag) };
    }

    const logOf = (tag: InstanceId) => readFileSync(join(world.dir, tag, 'log'), 'utf8');

    const wrote = (tag: InstanceId, text: string) => eventually(`"${text}"`, () => logOf(tag).includes(text));

    async function exited(ref: { readonly id: string }): Promise<string> {
      return eventually('the end of the program', async () => {
        const seen = await world.provider.inspect({ machine: '', host: '', region: '', ...ref }, never);
        return seen.status === 'exited' ? seen.detail : null;
      });
    }

    const gone = (home: string) =>
      eventually('its directory to go', () => statSync(home, { throwIfNoEntry: false }) === undefined);

    it('kills a program that ignores SIGTERM after the grace, not before', async () => {
      const { order, ref, home } = await start(sh('trap "" TERM; echo deaf; while :; do sleep 1; done'));
      await wrote(order.tag, 'deaf');
      const asked = performance.now();
      await world.provider.destroy(ref, never);
      await gone(home);
      expect(performance.now() - asked).toBeGreaterThanOrEqual(290);
      expect(await carrying(order.tag)).toEqual([]);
    });

    it('lets a program end in good order at SIGTERM', async () => {
      const { order, ref, home } = await start(
        sh('trap "echo bye > ../../good-bye; exit 0" TERM; echo up; sleep 600 & wait'),
      );
      await wrote(order.tag, 'up');
      await world.provider.destroy(ref, never);
      await gone(home);
      expect(readFileSync(join(world.dir, 'good-bye'), 'utf8')).toBe('bye\n');
    });

    it('kills grandchildren, in the group and in sessions of their own, also when their parent has ended', async () => {
      const { order, ref, home } = await start(
        sh('sleep 600 & setsid sleep 601 & setsid sh -c "trap \'\' TERM; sleep 602; sleep 603" & sleep 0.1; exit 0'),
      );
      await exited(ref);
      expect((await carrying(order.tag)).length).toBeGreaterThanOrEqual(3);
      await world.provider.destroy(ref, never);
      await gone(home);
      expect(await carrying(order.tag)).toEqual([]);
    });

    it('goes on with a kill that the broker before it had begun', async () => {
      const { order, ref, home } = await start(sh('trap "" TERM; echo deaf; while :; do sleep 1; done'));
      await wrote(order.tag, 'deaf');
      const before = world.make({ graceMs: 600_000 });
      await before.destroy(ref, never);
      await before.close();
      const askedAt = readFileSync(join(home, 'terminate'), 'utf8');
      const next = world.make({ graceMs: 50 });
      await next.destroy(ref, never);
      expect(readFileSync(join(home, 'terminate'), 'utf8')).toBe(askedAt);
      await gone(home);
      expect(await carrying(order.tag)).toEqual([]);
    });

    it('keeps a program running that closed its output', async () => {
      const { order, ref } = await start(sh('echo bye; exec >&- 2>&-; touch closed; exec sleep 600'));
      await eventually('output to be closed', () => readdirSync(join(world.dir, order.tag, 'work')).includes('closed'));
      expect((await world.provider.inspect(ref, never)).status).toBe('running');
    });

    it('tells the signal that a program died of, and its last words', async () => {
      const { ref } = await start(sh('printf "fine\\n\\033[31mtoo hot\\033[0m\\n\\n"; kill -SEGV $$'));
      expect(await exited(ref)).toBe('killed by SIGSEGV: too hot');
    });

    it('notices that a program ended at once, though nobody asked before', async () => {
      const { ref } = await start(['true']);
      expect(await exited(ref)).toBe('exit code 0');
    });

    it('knows the exit code of a program that ended while no broker ran', async () => {
      const { ref, home } = await start(sh('until [ -e go ]; do sleep 0.02; done; echo went; exit 7'));
      await world.provider.close();
      const { pid } = JSON.parse(readFileSync(join(home, 'instance.json'), 'utf8')).leader;
      writeFileSync(join(home, 'work', 'go'), '');
      await eventually('the end', () => hasEnded(procStat(pid)));
      expect(await world.make().inspect(ref, never)).toEqual({ status: 'exited', detail: 'exit code 7: went' });
    });

    it('does not take another process for its own when the pid was used again', async () => {
      const { order, ref, home } = await start(sh('exec sleep 600'));
      const file = join(home, 'instance.json');
      const record = JSON.parse(readFileSync(file, 'utf8'));
      const other = { ...record, leader: { ...record.leader, pid: process.pid, startTime: '1' } };
      await world.provider.destroy(ref, never);
      await gone(home);
      mkdirSync(home);
      writeFileSync(file, JSON.stringify(other));
      const next = world.make();
      expect(await next.inspect(ref, never)).toMatchObject({ status: 'exited' });
      await next.destroy(ref, never);
      await gone(home);
      expect(await carrying(order.tag)).toEqual([]);
    });

    it('finds a process that was started but not recorded when the broker died', async () => {
      const { order, ref, home } = await start(sh('exec sleep 600'));
      const file = join(home, 'instance.json');
      const record = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...record, leader: null }));
      const next = world.make();
      expect(await next.inspect(ref, never)).toEqual({ status: 'running', addresses: record.ports });
      expect(JSON.parse(readFileSync(file, 'utf8')).leader).toEqual(record.leader);
      await next.destroy(ref, never);
      await gone(home);
      expect(await carrying(order.tag)).toEqual([]);
    });

    it('says of a directory without a process that nothing was started, and clears it', async () => {
      const tag = newTag();
      mkdirSync(join(world.dir, tag));
      const [owned] = await world.provider.listOwned(never);
      expect(owned).toMatchObject({ tag, seen: { status: 'exited' } });
      if (owned) await world.provider.destroy(owned.ref, never);
      await gone(join(world.dir, tag));
    });
  });
}

describe('what an instance of the process provider is given', () => {
  let world: World;

  beforeEach(() => {
    world = processWorld({
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', TZ: 'UTC', BERTH_ADMIN_TOKEN_FILE: '/secret', AWS_KEY: 'secret' },
    });
  });

  afterEach(async () => {
    await world.clear();
    await world.close();
  });

  it('has an environment of its own, with nothing of the broker but what every program needs', async () => {
    const order = orderOf(offer, ['env'], {
      env: { USER_SECRET: 'hunter2', BERTH_INSTANCE_ID: 'not me' },
      ports: [{ name: 'my-http', protocol: 'http' }],
    });
    const { ref, seen } = await world.provider.create(order, never);
    const text = await textOf(world.provider.logs(ref, { follow: true, tailLines: null }, never));
    const env = Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((l) => l.split(/=(.*)/s).slice(0, 2)),
    );
    const home = join(world.dir, order.tag);
    const port = seen.status === 'running' ? seen.addresses[0]?.port : 'none';
    expect(env).toEqual({
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      HOME: join(home, 'work'),
      TMPDIR: join(home, 'tmp'),
      PWD: join(home, 'work'),
      USER_SECRET: 'hunter2',
      BERTH_INSTANCE_ID: order.tag,
      BERTH_INSTALLATION_ID: world.installation,
      BERTH_PORT_MY_HTTP: `${port}`,
    });
  });

  it('keeps secrets out of its files and command lines, and others out of its directory', async () => {
    const order = orderOf(offer, ['sleep', '600'], { env: { USER_SECRET: 'hunter2' } });
    await world.provider.create(order, never);
    const home = join(world.dir, order.tag);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    for (const name of ['instance.json', 'log'])
      expect(readFileSync(join(home, name), 'utf8')).not.toContain('hunter2');
    for (const pid of await carrying(order.tag))
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('hunter2');
  });

  it('finds its ports in its command', async () => {
    const order = orderOf(offer, ['echo', 'on {{port.http}} and {{port.http}}']);
    const { ref, seen } = await world.provider.create(order, never);
    const port = seen.status === 'running' ? seen.addresses[0]?.port : 'none';
    const text = await textOf(world.provider.logs(ref, { follow: true, tailLines: null }, never));
    expect(text).toBe(`on ${port} and ${port}\n`);
  });

  it.each([
    ['a program that does not exist', ['no-such-program'], /"no-such-program" was not found in PATH/],
    ['a path that does not exist', ['/no/such/program'], /not an executable file/],
    ['a directory', ['/tmp'], /not an executable file/],
    ['a relative path', ['./program'], /not given by its full path/],
    ['no command', [], /empty/],
    ['a port that it does not have', ['echo', '{{port.grpc}}'], /the port "grpc".*it has: http/],
  ])('is refused for %s, and nothing is left', async (_, command, message) => {
    const order = orderOf(offer, command);
    await expect(world.provider.create(order, never)).rejects.toMatchObject({
      code: 'refused-by-provider',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(world.dir)).toEqual([]);
    expect(await world.provider.listOwned(never)).toEqual([]);
  });

  it('is never given a port that somebody listens on, or that another instance has, also after a restart', async () => {
    const range = { from: 17_100, to: 17_103 };
    const small = world.make({ portRange: range });
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(17_101, '0.0.0.0', resolve));
    try {
      const ports: number[] = [];
      for (const provider of [small, small, world.make({ portRange: range })]) {
        const { seen } = await provider.create(orderOf(offer, ['sleep', '600']), never);
        if (seen.status === 'running') ports.push(...seen.addresses.map((a) => a.port));
      }
      expect(ports.sort()).toEqual([17_100, 17_102, 17_103]);
      await expect(small.create(orderOf(offer, ['sleep', '600']), never)).rejects.toMatchObject({
        code: 'no-capacity',
        message: 'no free port is left in 17100-17103',
      });
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it('is offered only what the machine has', async () => {
    const p = world.make({ machine: { cores: 4, memory: 2 ** 30 } });
    const offers = async (over: Parameters<typeof resources>[0], need = {}) =>
      (await p.listOffers(searchFor(resources(over), need), never)).offers.length;
    expect(await offers({ cpu: { request: 4, limit: 4 }, memory: { request: 0, limit: 2 ** 30 } })).toBe(1);
    expect(await offers({ cpu: { request: 4.1, limit: 4.1 } })).toBe(0);
    expect(await offers({ memory: { request: 0, limit: 2 ** 30 + 1 } })).toBe(0);
    expect(await offers({ gpuCount: 1 })).toBe(0);
    expect(await offers({}, { regions: ['DE'] })).toBe(0);
    expect(await offers({}, { regions: [], maxMicrosPerHour: 0 })).toBe(1);
  });
});
