import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../simulators/vastai/random.ts';
import { startBroker } from '../../support/broker-process.ts';
import { endEverything } from '../../support/instance-processes.ts';
import { startRedis } from '../../support/redis-server.ts';
import { type SimProcess, startSimProcess } from '../../support/vast-simulator.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { addMix } from './mix.ts';
import { type CampaignOptions, classFile } from './options.ts';

/** Beside those of all other tests, and below those that the kernel gives out. */
const PORTS = { processes: '19000-19099', proxies: '19100-19499', gRPC: { from: 19_500, to: 19_599 } };
/** Cheap, so that hundreds of sessions are. */
const IMAGES = [
  { match: '*no-such-image*', missing: true },
  { match: '*', command: 'inline', size_gb: 2 },
];
/** Large enough for bans to leave something to rent. */
const MACHINES = 500;

let campaigns = 0;

/** A simulator, a store, and a broker that is kept running on it: all of a campaign's own. */
export type CampaignWorld = {
  readonly sim: SimProcess;
  readonly keeper: Keeper;
  /** Where gRPC is served, by whichever broker is there. */
  readonly address: string;
  readonly installation: string;
  /** Instances that somebody else has rented on the same account. */
  readonly foreign: readonly number[];
  /** Lines of the brokers' log that hold any of these words, the last ones. */
  logOf(words: readonly string[], most: number): Promise<readonly string[]>;
  end(): Promise<void>;
};

export async function openWorld(o: CampaignOptions): Promise<CampaignWorld> {
  const parts = new AsyncDisposableStack();
  try {
    return await build(o, parts);
  } catch (err) {
    await parts.disposeAsync();
    throw err;
  }
}

async function build(o: CampaignOptions, parts: AsyncDisposableStack): Promise<CampaignWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-campaign-'));
  parts.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const installation = `campaign-${process.pid}-${++campaigns}`;
  const logFile = o.logFile ?? join(dir, 'brokers.log');
  await writeFile(join(dir, 'images.json'), JSON.stringify(IMAGES));
  await writeFile(join(dir, 'classes.yaml'), classFile(o));

  const sim = await startSimProcess({
    seed: o.seed,
    machines: MACHINES,
    badness: 0.5,
    bootFactor: o.factor,
    limitsFactor: o.factor,
    searches: 1_000_000,
    images: join(dir, 'images.json'),
  });
  parts.defer(() => sim.stop());
  // The limits hold for whoever has the key.
  await sim.steer('POST', 'limits', { factor: 0 });
  // What berth must never touch: on the same account, without a tag of this installation.
  const foreign = [await sim.rent('somebody-else'), await sim.rent('berth/other-one/i-1')];
  // Told in whole seconds, which are minutes at this factor; a rule of the mix tells one now and then.
  await sim.steer('POST', 'limits', { factor: o.factor, retry_after: 'never' });
  await addMix(sim);

  const address = `127.0.0.1:${await freePortIn(PORTS.gRPC)}`;
  const env = {
    BERTH_DATA_DIR: join(dir, 'data'),
    BERTH_STORE: await storeOf(o, dir, parts),
    BERTH_INSTALLATION_ID: installation,
    BERTH_CLASSES: join(dir, 'classes.yaml'),
    BERTH_LISTEN: address,
    BERTH_HTTP_LISTEN: 'off',
    BERTH_LEASE: '3s',
    BERTH_LEASE_RENEW: '500ms',
    BERTH_PROCESS_PORTS: PORTS.processes,
    BERTH_PROXY_PORTS: PORTS.proxies,
    BERTH_MAX_INSTANCES: `${o.maxInstances}`,
    BERTH_MAX_DOLLARS_PER_HOUR: `${o.maxDollarsPerHour}`,
    ...sim.env(o.factor),
    BERTH_BAN_LOSS_WINDOW: '72s',
  };
  parts.defer(() => endEverything(installation, join(dir, 'data', 'proxies')));
  const keeper = await createKeeper(() => startBroker(env, logFile), createRandom(`${o.seed}/kills`));
  parts.defer(() => keeper.stop());
  return {
    sim,
    keeper,
    address,
    installation,
    foreign,
    async logOf(words, most) {
      const lines = (await readFile(logFile, 'utf8')).split('\n');
      return lines.filter((line) => words.some((word) => line.includes(word))).slice(-most);
    },
    end: () => parts.disposeAsync(),
  };
}

async function storeOf(o: CampaignOptions, dir: string, parts: AsyncDisposableStack): Promise<string> {
  if (o.store === 'sqlite') return `sqlite:${join(dir, 'berth.db')}`;
  const redis = await startRedis();
  parts.defer(() => redis.stop());
  return redis.url;
}

async function freePortIn({ from, to }: { readonly from: number; readonly to: number }): Promise<number> {
  for (let port = from; port <= to; port++) if (await isFree(port)) return port;
  throw new Error(`no free port in ${from}-${to}`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
