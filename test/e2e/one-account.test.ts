import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { type BrokerProcess, startBroker } from '../support/broker-process.ts';
import { eventually } from '../support/eventually.ts';
import { type SimInstance, type SimProcess, startSimProcess } from '../support/vast-simulator.ts';

/** Pauses between calls and starts of the market, against the real ones. */
const FACTOR = 0.005;
const classes = (reserve: number): string => `
classes:
  gpu:
    provider: vastai
    proxy: direct
    image: example/inline:1
    ports: [{ name: http, number: 8000 }]
    placement: { verified: false, min_reliability: 0.1, min_download: 1, image_size: 2GB }
    readiness: { http: { path: /healthz, expect: 200 }, interval: 50ms }
    boot_timeout: 5m
    reserve: { target: ${reserve} }
`;

type World = {
  readonly sim: SimProcess;
  /** A broker of that installation. `store`: another one is another file; `reserve`: what the class keeps ready. */
  start(installation: string, o?: { readonly store?: string; readonly reserve?: number }): Promise<BrokerProcess>;
  alive(): Promise<readonly SimInstance[]>;
};

async function world({ onTestFinished }: TestContext): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-account-'));
  const brokers: BrokerProcess[] = [];
  await writeFile(join(dir, 'images.json'), JSON.stringify([{ match: '*', command: 'inline', size_gb: 2 }]));
  const sim = await startSimProcess({
    seed: 'one-account',
    machines: 60,
    badness: 0,
    bootFactor: 0,
    limitsFactor: FACTOR,
    images: join(dir, 'images.json'),
  });
  onTestFinished(async () => {
    for (const broker of brokers) await broker.kill();
    await sim.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    sim,
    async start(installation, { store = 'first', reserve = 0 } = {}) {
      const classFile = join(dir, `classes-${reserve}.yaml`);
      await writeFile(classFile, classes(reserve));
      const broker = await startBroker(
        {
          BERTH_DATA_DIR: join(dir, installation),
          BERTH_STORE: `sqlite:${join(dir, `${installation}-${store}.db`)}`,
          BERTH_INSTALLATION_ID: installation,
          BERTH_CLASSES: classFile,
          BERTH_LISTEN: '127.0.0.1:0',
          BERTH_HTTP_LISTEN: 'off',
          BERTH_LEASE: '3s',
          BERTH_LEASE_RENEW: '500ms',
          ...sim.env(FACTOR),
        },
        join(dir, `${installation}.log`),
      );
      brokers.push(broker);
      return broker;
    },
    alive: async () => (await sim.state()).instances.filter((i) => !i.destroyed && i.gone_ms === null),
  };
}

const TAG = `i-${'0'.repeat(25)}7`;
const untracked = async (b: BrokerProcess) => {
  const { providers } = await b.client.status();
  return providers.find((p) => p.name === 'vastai')?.untrackedDollarsPerHour ?? null;
};

describe('On an account that others use as well', () => {
  it('two brokers of two installations, and people, end nothing of each other', async (t) => {
    const w = await world(t);
    const others = [
      'somebody-else',
      '',
      'berth',
      'berth/alph',
      `berth/alph/${TAG}/gpu/r/reserve`,
      `berth/alpha-2/${TAG}/gpu/r/reserve`,
      'berth/alpha/i-1/gpu/r/reserve',
      `berth/alpha/${TAG}`,
      `berth/alpha/${TAG}/gpu/r/reserve/more`,
      `x berth/alpha/${TAG}/gpu/r/reserve`,
    ];
    await w.sim.steer('POST', 'limits', { factor: 0 });
    const foreign: number[] = [];
    for (const label of others) foreign.push(await w.sim.rent(label));
    const own = await w.sim.rent(`berth/alpha/${TAG}/gpu/r/personal`);
    const [alpha, beta] = [await w.start('alpha'), await w.start('beta')];
    const sessions = await Promise.all([alpha, beta].map((b) => b.client.acquire({ class: 'gpu' })));
    await eventually('what is ours and unknown is ended', async () => {
      const alive = await w.alive();
      return alive.length === others.length + 2 && alive.every((i) => i.id !== own);
    });
    // Each has looked at the account many times by then.
    await alpha.kill();
    const again = await w.start('alpha');
    expect((await again.client.get({ id: sessions[0]?.id ?? '' })).phase).toBe('active');
    await eventually('it leads and knows the account', async () => (await untracked(again)) === 0);
    for (const [n, b] of [again, beta].entries()) await b.client.release({ id: sessions[n]?.id ?? '' });
    await eventually('only the others are left', async () => (await w.alive()).length === others.length);
    expect((await w.alive()).map((i) => i.id).sort()).toEqual(foreign.sort());
  });

  it('a broker whose store was lost takes over the member that is starting, and ends what may have had a tenant', async (t) => {
    const w = await world(t);
    const first = await w.start('alpha');
    const { instance } = await first.client.acquire({ class: 'gpu' });
    await w.sim.steer('POST', 'boot', { factor: 1 });
    await first.client.setReserve('gpu', 1);
    const member = await eventually('a member is starting', async () =>
      (await first.records()).instances.find((i) => i.phase === 'booting'),
    );
    await first.kill();

    // Not told it once it runs: by then it may have given back, as surplus, what it has taken over.
    const second = await w.start('alpha', { store: 'second', reserve: 1 });
    await eventually('the one that ran is ended', async () => {
      const alive = await w.alive();
      return alive.length > 0 && alive.every((i) => !i.label?.includes(instance?.id ?? '-'));
    });
    await eventually('the one that starts is known', async () =>
      (await second.records()).instances.some((i) => i.id === member.id && i.phase === 'booting'),
    );
    expect((await w.alive()).some((i) => i.label?.includes(member.id))).toBe(true);
  });
});
