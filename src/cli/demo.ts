import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { type BerthClient, createClient, type Session } from '../../clients/typescript/src/client.ts';
import { monotonic } from './system.ts';

/** Everything in the demo answers within this, or it has failed [ms]. */
const PATIENCE_MS = 60_000;
const CLASS = 'echo';

type Running = { readonly address: string; readonly child: ChildProcess };
type Shown = { readonly session: Session; readonly tookMs: number; readonly pid: number };

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const ms = (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} ms`;

/**
 * The main job, for real, on embedded defaults: a broker process of its own, one session started for the demo and one
 * from the reserve, both used over HTTP and WebSocket, released, and nothing left behind: however it ends.
 */
export async function demo(signal: AbortSignal): Promise<void> {
  // A terminal that is closed.
  process.once('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
  const dir = await mkdtemp(join(tmpdir(), 'berth-demo-'));
  let broker: Running | null = null;
  try {
    say('Starting a broker: store sqlite, provider process, no cloud account, no cluster.');
    broker = await startBroker(dir);
    using client = createClient({ address: broker.address });
    say(`  it serves gRPC at ${broker.address}`);
    await unlessAborted(play(client), signal);
    await stopBroker(broker.child);
    say('The broker has stopped.');
  } finally {
    if (broker !== null && runsStill(broker.child)) await stopBroker(broker.child);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    if (signal.aborted) say('\nInterrupted; everything was ended.');
  }
}

/** What is given up ends with the broker that it asks. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  await Promise.race([work, aborted]);
}

const runsStill = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function play(client: BerthClient): Promise<void> {
  await client.setReserve(CLASS, 0);
  await until('an empty reserve', async () => (await left(client)) === 0);

  say('\nA session that nothing was kept ready for:');
  const cold = await acquire(client);
  await use(cold);

  say('\nKeeping two instances ready, as an admin would: berth reserve set echo 2');
  await client.setReserve(CLASS, 2);
  await until('a full reserve', async () => (await client.reserves(CLASS))[0]?.ready === 2);

  say('\nA session from the reserve:');
  const warm = await acquire(client);
  await use(warm);

  say(`\n  acquired cold in ${ms(cold.tookMs)}, from the reserve in ${ms(warm.tookMs)}`);
  if (!warm.session.fromReserve || cold.session.fromReserve)
    throw new Error('the sessions were not served as they should be');

  say('\nReleasing both, and giving the reserve back.');
  for (const { session } of [cold, warm]) await client.release({ id: session.id });
  await client.setReserve(CLASS, 0);
  await until('the end of every instance', async () => (await left(client)) === 0);
  for (const { pid, session } of [cold, warm]) {
    if (runs(pid)) throw new Error(`process ${pid} of session ${session.id} is still there`);
    const { phase, endReason } = await client.get({ id: session.id });
    say(`  session ${session.id}: ${phase} (${endReason}); its process ${pid} is gone`);
  }
  say('Nothing is left: no session, no instance, no process.\n');
}

async function acquire(client: BerthClient): Promise<Shown> {
  const start = monotonic();
  const session = await client.acquire({ class: CLASS, owner: 'demo' });
  const tookMs = monotonic() - start;
  const greeting = (await (await fetch(urlOf(session))).json()) as { readonly pid: number };
  say(`  ${session.id} is ${session.phase} after ${ms(tookMs)}${session.fromReserve ? ', from the reserve' : ''}`);
  return { session, tookMs, pid: greeting.pid };
}

const urlOf = (session: Session): string => {
  const port = session.endpoint?.ports[0];
  if (port === undefined) throw new Error(`session ${session.id} has no endpoint`);
  return port.url;
};

async function use({ session, pid }: Shown): Promise<void> {
  const url = urlOf(session);
  const answer = await fetch(`${url}/hello`, { method: 'POST', body: 'berth' });
  say(`  HTTP      ${url} answers ${answer.status} from process ${pid}`);
  const echoed = await overWebSocket(url.replace('http', 'ws'), 'a message');
  if (echoed !== 'a message') throw new Error(`the WebSocket answered ${JSON.stringify(echoed)}`);
  say(`  WebSocket ${url.replace('http', 'ws')} echoes "${echoed}"`);
}

function overWebSocket(url: string, message: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(message);
    socket.onerror = () => reject(new Error(`no WebSocket at ${url}`));
    socket.onmessage = ({ data }) => {
      resolve(String(data));
      socket.close();
    };
  });
}

async function left(client: BerthClient): Promise<number> {
  const { sessions, instances, proxies } = await client.status();
  return [sessions, instances, proxies].flatMap((by) => Object.values(by)).reduce((sum, n) => sum + n, 0);
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const start = monotonic(); !(await holds()); await pause(50))
    if (monotonic() - start > PATIENCE_MS) throw new Error(`${what} did not come about`);
}

const pause = (n: number): Promise<void> => import('node:timers/promises').then(({ setTimeout: sleep }) => sleep(n));

/** A broker of its own in `dir`, on ports that are free. */
function startBroker(dir: string): Promise<Running> {
  const env = {
    PATH: process.env.PATH ?? '',
    BERTH_DATA_DIR: dir,
    BERTH_LISTEN: '127.0.0.1:0',
    BERTH_HTTP_LISTEN: 'off',
    BERTH_CLEAR_ON_EXIT: 'true',
  };
  const command = process.argv[1] ?? '';
  // A group of its own: an interrupt from the terminal is for the demo, which ends its broker once. Twice, and the broker
  // would leave its sessions behind.
  const child = spawn(process.execPath, [command, 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  process.once('exit', () => {
    if (!child.killed) child.kill('SIGTERM');
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the broker ended with code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, address } = JSON.parse(line) as { readonly msg?: string; readonly address?: string };
      if (msg === 'broker.started' && address !== undefined) resolve({ address, child });
    });
  });
}

function stopBroker(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.removeAllListeners('exit');
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the broker ended with code ${code}`))));
    child.kill('SIGTERM');
  });
}
