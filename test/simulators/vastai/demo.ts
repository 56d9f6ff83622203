import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BerthClient, createClient, type Quote, type Session } from '../../../clients/typescript/src/client.ts';
import { eventually } from '../../support/eventually.ts';
import { endEverything } from '../../support/instance-processes.ts';
import { berthCommand } from '../../support/run-cli.ts';
import { unlessAborted } from '../../support/unless-aborted.ts';
import { type SimProcess, startSimProcess } from '../../support/vast-simulator.ts';

// `npm run demo:vastai`: a broker and the simulator together, without an account. What costs money on Vast.ai costs the
// simulator's here, and its minutes are seconds.

const CLASS = 'gpu';
/** Of all times of the provider. */
const PACE = 0.02;
const BOOT_FACTOR = 0.1;
const INSTALLATION = `demo-${process.pid}`;
/** Everything answers within this, or the demo has failed [ms]. */
const PATIENCE_MS = 60_000;
/** A broker that was told to end gives everything up first [ms]. */
const ENDS_WITHIN_MS = 15_000;

const CLASSES = `classes:
  ${CLASS}:
    provider: vastai
    proxy: auto
    image: example/echo:1
    ports: [{ name: http, number: 8000 }]
    resources:
      gpus: { count: 1 }
    placement:
      gpu_models: ["RTX 4090", "RTX 3090"]
      regions: [Europe, North America]
      max_price: 0.60
      image_size: 2GB
    readiness:
      http: { path: /healthz, expect: 200 }
      interval: 100ms
    boot_timeout: 9s
`;

const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

async function play(client: BerthClient, sim: SimProcess): Promise<void> {
  say('\nWhat a session of class gpu would get now: berth quote gpu');
  showQuote(await client.quote({ class: CLASS, maxOffers: 4 }));

  say('\nA session that nothing was kept ready for:');
  const cold = await acquire(client);
  await use(cold);

  say('\nKeeping one instance ready: berth reserve set gpu 1');
  await client.setReserve(CLASS, 1);
  await until('a full reserve', async () => (await client.reserves(CLASS))[0]?.ready === 1);
  say('A session from the reserve:');
  const warm = await acquire(client);
  await use(warm);
  await client.setReserve(CLASS, 0);
  await until('the end of what was refilled', async () => (await sim.state()).meter.alive === 2);

  const elsewhere = await banned(client, sim);
  await use(elsewhere);

  say('\nReleasing all three.');
  for (const { id } of [cold, warm, elsewhere]) await client.release({ id });
  await until('the end of every instance', async () => (await sim.state()).meter.alive === 0);
  await until('the end of every record', async () => (await left(client)) === 0);
  await showMoney(client, sim, [cold, warm, elsewhere]);
}

/** A machine that never boots: found out once, and not met again. */
async function banned(client: BerthClient, sim: SimProcess): Promise<Session> {
  const [next] = (await client.quote({ class: CLASS })).offers;
  if (next === undefined) throw new Error('nothing is on offer any more');
  say(`\nMachine ${next.machineId} is the best one next. In the simulator it breaks now: it never boots again.`);
  await sim.steer('POST', `machines/${next.machineId}`, { habit: 'never_boots' });
  const session = await acquire(client);
  if (session.instance?.machineId === next.machineId) throw new Error('a machine that never boots has booted');
  say(`  it runs on machine ${session.instance?.machineId} instead, after ${session.attempts} attempts`);

  say('\nberth hosts --banned');
  for await (const { machineId, hostId, ban } of client.hosts({ bannedOnly: true }))
    say(
      `  machine ${machineId} of host ${hostId}: ${ban?.reason} until ${ban?.endTime?.toISOString()}; ${ban?.evidence}`,
    );
  const quote = await client.quote({ class: CLASS, maxOffers: 4 });
  if (quote.offers.some((o) => o.machineId === next.machineId)) throw new Error('a banned machine is still on offer');
  say('berth quote gpu, without it:');
  showQuote(quote);
  return session;
}

function showQuote({ offers, suitable, refused }: Quote): void {
  for (const o of offers) {
    const start = o.expectedStartMs === null ? '' : `, starts in about ${seconds(o.expectedStartMs)}`;
    const price = `$${o.pricePerHour.toFixed(3)}/h`;
    say(`  machine ${o.machineId} of host ${o.hostId}, ${o.region}: ${o.granted.gpuModel}, ${price}${start}`);
  }
  const rules = Object.entries(refused).map(([rule, n]) => `${rule} ${n}`);
  say(`  ${suitable} would do${rules.length === 0 ? '' : `; refused: ${rules.join(', ')}`}`);
}

async function acquire(client: BerthClient): Promise<Session> {
  const begun = performance.now();
  let last = '';
  const session = await client.acquire(
    { class: CLASS, owner: 'demo' },
    {
      onProgress(s) {
        const where = s.instance?.machineId ? ` on machine ${s.instance.machineId}` : '';
        const line = `${s.phase}${where}  ${s.progress || s.waitingFor}`.trimEnd();
        if (line !== last && s.phase !== 'active') say(`  ${seconds(performance.now() - begun).padStart(7)}  ${line}`);
        last = line;
      },
    },
  );
  const { instance, fromReserve } = session;
  const what = `machine ${instance?.machineId} at $${instance?.pricePerHour.toFixed(3)}/h`;
  say(
    `  ${seconds(performance.now() - begun).padStart(7)}  active ${fromReserve ? 'from the reserve, ' : ''}on ${what}`,
  );
  return session;
}

async function use(session: Session): Promise<void> {
  const url = session.endpoint?.ports[0]?.url ?? '';
  const answer = await fetch(`${url}/hello`, { method: 'POST', body: 'berth' });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  say(`  HTTP     ${url} answers ${answer.status}${session.endpoint?.stable ? ', through its own nginx' : ''}`);
}

async function showMoney(client: BerthClient, sim: SimProcess, sessions: readonly Session[]): Promise<void> {
  for (const { id } of sessions) {
    const s = await client.get({ id });
    say(`  session ${s.id}: ${s.phase} (${s.endReason}), cost $${s.cost.toFixed(6)}`);
  }
  const { alive, dollars_per_hour: rate, spent } = (await sim.state()).meter;
  say(`The provider's meter: ${alive} instances, $${rate}/h; spent $${spent.toFixed(6)}, failed starts included.`);
}

async function left(client: BerthClient): Promise<number> {
  const { sessions, instances, proxies } = await client.status();
  return [sessions, instances, proxies].flatMap((by) => Object.values(by)).reduce((sum, n) => sum + n, 0);
}

const until = (what: string, holds: () => Promise<boolean>): Promise<boolean> => eventually(what, holds, PATIENCE_MS);

type Running = { readonly address: string; readonly child: ChildProcess };

async function startBroker(dir: string, sim: SimProcess): Promise<Running> {
  await writeFile(join(dir, 'classes.yaml'), CLASSES);
  const [program = '', ...args] = berthCommand(['serve']);
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH ?? '',
      BERTH_DATA_DIR: dir,
      BERTH_INSTALLATION_ID: INSTALLATION,
      BERTH_CLASSES: join(dir, 'classes.yaml'),
      BERTH_LISTEN: '127.0.0.1:0',
      BERTH_HTTP_LISTEN: 'off',
      BERTH_CLEAR_ON_EXIT: 'true',
      ...sim.env(PACE),
      BERTH_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, as the simulator's: an interrupt from the terminal is for the demo, which ends its broker once.
    detached: true,
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the broker ended with code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, address } = JSON.parse(line) as { readonly msg?: string; readonly address?: string };
      if (msg === 'broker.started' && address !== undefined) resolve({ address, child });
    });
  });
}

async function stopBroker({ child }: Running): Promise<void> {
  child.removeAllListeners('exit');
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  await ended;
  clearTimeout(late);
}

/** Whatever ends it, the broker, its sessions and the simulator end with it. */
async function demo(signal: AbortSignal): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'berth-demo-'));
  parts.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  parts.defer(() => endEverything(INSTALLATION, join(dir, 'proxies')));
  say('Starting a simulator of Vast.ai, and a broker that rents there. Nothing leaves this machine.');
  const sim = await startSimProcess({ badness: 0, bootFactor: BOOT_FACTOR, limitsFactor: PACE });
  parts.defer(() => sim.stop());
  // It may come while the parts start.
  signal.throwIfAborted();
  const broker = await startBroker(dir, sim);
  parts.defer(() => stopBroker(broker));
  using client = createClient({ address: broker.address });
  say('  machines start ten times as fast as on the real market, and faster than a quote expects;');
  say(`  the simulator's page is ${sim.url}/ while this runs; berth serves gRPC at ${broker.address}`);
  signal.throwIfAborted();
  await unlessAborted(play(client, sim), signal);
  say('Nothing is left. The broker and the simulator end.\n');
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interrupt.abort(new Error(`interrupted by ${name}`)));
try {
  await demo(interrupt.signal);
} catch (err) {
  say(interrupt.signal.aborted ? '\nInterrupted; everything was ended.' : `\nThe demo has failed: ${String(err)}`);
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
}
process.exit();
