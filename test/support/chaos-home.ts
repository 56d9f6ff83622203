import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrokerProcess, logTail, startBroker } from './broker-process.ts';
import { eventually } from './eventually.ts';
import { endEverything, instanceProcesses } from './instance-processes.ts';
import { type Picture, safetyViolations, takePicture, unsettled } from './invariants.ts';

/** One class, `web`: the shipped echo server, without limits, without a reserve until one is asked for. An instance that
 *  is lost in use is replaced where there is a proxy that can lead to another. */
const CLASSES = `
classes:
  web:
    proxy: PROXY
    command: ["{{node}}", "{{berth}}/echo/server.cjs"]
    ports: [{ name: http, protocol: http }]
    lifetime: { default: 1h, min: 1s }
    confirm_timeout: CONFIRM
    readiness:
      http: { path: /healthz, expect: 200 }
      interval: 50ms
      ready_interval: 500ms
    reserve: { target: 0, max_at_once: 4, retry: 1s }
ON_LOSS`;

export type HomeOptions = {
  /** Default: a file of its own. */
  readonly redis?: string;
  /** Instead of the folder for data that is made. */
  readonly dataDir?: string;
  /** More BERTH_ variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: `direct`. */
  readonly proxy?: 'direct' | 'nginx-local';
  /** Default: 5m. */
  readonly confirmTimeout?: string;
};

/** One installation of a test's own: folder, store, ports, and whatever brokers it starts on them. */
export type ChaosHome = {
  readonly installation: string;
  readonly dataDir: string;
  /** Another broker on the same store and folder. */
  start(env?: Readonly<Record<string, string>>): Promise<BrokerProcess>;
  picture(broker: BrokerProcess): Promise<Picture>;
  /** Waits until all invariants hold. @throws Error telling what does not, with the end of the log */
  settled(broker: BrokerProcess, withinMs?: number): Promise<Picture>;
  log(lines?: number): string;
  /** Ends every broker and instance, removes everything. */
  end(): Promise<void>;
};

let homes = 0;

/** 100 ports of its own for instances and for proxies each: below those that the kernel gives out, and not those that
 *  brokers give out by default. */
function portRanges(): { readonly processes: string; readonly proxies: string } {
  const worker = Number(process.env.VITEST_POOL_ID ?? 1) % 2;
  const slot = worker * 20 + (homes++ % 20);
  const range = (from: number) => `${from + slot * 100}-${from + slot * 100 + 99}`;
  return { processes: range(10_000), proxies: range(15_000) };
}

const classes = (o: HomeOptions): string =>
  CLASSES.replace('CONFIRM', o.confirmTimeout ?? '5m')
    .replace('PROXY', o.proxy ?? 'direct')
    .replace('ON_LOSS', o.proxy === 'nginx-local' ? '    on_loss: { replace: { attempts: 3, within: 1m } }\n' : '');

export async function openHome(o: HomeOptions = {}): Promise<ChaosHome> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-chaos-'));
  const installation = `chaos-${dir
    .slice(-6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}-${process.pid}`;
  const dataDir = o.dataDir ?? join(dir, 'data');
  const logFile = join(dir, 'brokers.log');
  const ports = portRanges();
  await writeFile(join(dir, 'classes.yaml'), classes(o));
  const env = {
    BERTH_DATA_DIR: dataDir,
    BERTH_STORE: o.redis ?? 'sqlite:berth.db',
    BERTH_REDIS_PREFIX: installation,
    BERTH_INSTALLATION_ID: installation,
    BERTH_CLASSES: join(dir, 'classes.yaml'),
    BERTH_LISTEN: '127.0.0.1:0',
    BERTH_HTTP_LISTEN: 'off',
    BERTH_LEASE: '1s',
    BERTH_LEASE_RENEW: '200ms',
    BERTH_PROCESS_PORTS: ports.processes,
    BERTH_PROXY_PORTS: ports.proxies,
    BERTH_LOG_LEVEL: 'info',
    ...o.env,
  };
  if (o.redis === undefined) env.BERTH_STORE = `sqlite:${join(dataDir, 'berth.db')}`;
  const brokers: BrokerProcess[] = [];
  const log = (lines?: number) => logTail(logFile, lines);
  const picture = (broker: BrokerProcess) => takePicture(broker, installation, dataDir);

  return {
    installation,
    dataDir,
    log,
    picture,
    async start(more = {}) {
      const broker = await startBroker({ ...env, ...more }, logFile);
      brokers.push(broker);
      return broker;
    },
    async settled(broker, withinMs = 15_000) {
      const deadline = performance.now() + withinMs;
      for (let calm = 0; ; ) {
        const seen = await picture(broker);
        const never = safetyViolations(seen);
        if (never.length > 0) throw new Error(`must never be: ${never.join('; ')}\n${log()}`);
        const bad = unsettled(seen);
        // The picture is put together from several looks; two in a row are not both mixed up.
        calm = bad.length === 0 ? calm + 1 : 0;
        if (calm === 2) return seen;
        if (performance.now() > deadline) throw new Error(`not settled: ${bad.join('; ')}\n${log()}`);
        await sleep(20);
      }
    },
    async end() {
      for (const broker of brokers) await broker.kill();
      endEverything(installation, join(dataDir, 'proxies'));
      while (instanceProcesses(installation).length > 0) await sleep(5);
      // The kernel lets go of a group a moment after the last process in it has ended.
      await eventually('the groups of the installation to be removed', () => removeCgroups(installation));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A broker that was killed leaves its group of each kind of limit, in which there is nothing any more. */
function removeCgroups(installation: string): boolean {
  const root = '/sys/fs/cgroup';
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const group = join(root, name, `berth-${installation}`);
    if (!existsSync(group)) continue;
    for (const child of readdirSync(group, { withFileTypes: true }))
      if (child.isDirectory() && !isRemoved(join(group, child.name))) return false;
    if (!isRemoved(group)) return false;
  }
  const unified = join(root, `berth-${installation}`);
  return !existsSync(unified) || isRemoved(unified);
}

function isRemoved(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'EBUSY') return false;
    throw err;
  }
}
