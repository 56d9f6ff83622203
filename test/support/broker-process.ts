import { fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BerthClient, createClient } from '../../clients/typescript/src/client.ts';
import type { Answer, Question } from './broker-program.ts';
import type { CrashPoint, MutatingCall } from './crash-point.ts';
import { COMPILED } from './run-cli.ts';
import type { StoreRecords } from './store-records.ts';

const PROGRAM = fileURLToPath(new URL('./broker-program.ts', import.meta.url));

export type BrokerProcess = {
  readonly pid: number;
  /** Where gRPC is served. */
  readonly address: string;
  /** A client that never tries again by itself: what a test sees is what the broker said. */
  readonly client: BerthClient;
  isAlive(): boolean;
  arm(point: CrashPoint): Promise<void>;
  /** What the ports were asked since `arm`. */
  calls(): Promise<readonly MutatingCall[]>;
  /** What is in the store, read past the broker's memory. */
  records(): Promise<StoreRecords>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended, by whatever. */
  readonly ended: Promise<void>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
};

/** What V8 made of the code is kept: the same sources are started hundreds of times.
 *  @param env of the broker: BERTH_ variables. @param logFile gets what it writes, after what is there */
export async function startBroker(env: Readonly<Record<string, string>>, logFile: string): Promise<BrokerProcess> {
  const log = openSync(logFile, 'a');
  const { PATH = '' } = process.env;
  const child = fork(PROGRAM, [], {
    env: { PATH, NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting = new Map<number, (a: Answer) => void>();
  child.on('message', (a: Answer) => waiting.get(a.id)?.(a));
  void ended.then(() => {
    for (const [id, done] of waiting) done({ id, error: 'the broker has ended' });
  });
  let asked = 0;

  const answered = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(id, (a) => {
        waiting.delete(id);
        if (a.error === undefined) resolve(a.value);
        else reject(new Error(a.error));
      });
    });
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const ask = (q: DistributiveOmit<Question, 'id'>): Promise<unknown> => {
    if (!isAlive()) return Promise.reject(new Error('the broker has ended'));
    const id = ++asked;
    const answer = answered(id);
    child.send({ id, ...q }, () => undefined);
    return answer;
  };
  async function end(name: NodeJS.Signals): Promise<void> {
    client.close();
    if (isAlive()) child.kill(name);
    await ended;
  }

  const address = await answered(0).catch((err: unknown) => {
    throw new Error(`the broker did not start: ${String(err)}\n${logTail(logFile)}`);
  });
  const client = createClient({ address: String(address), retryForMs: 0 });
  return {
    pid: child.pid ?? 0,
    address: String(address),
    client,
    isAlive,
    arm: async (point) => void (await ask({ ask: 'arm', point })),
    calls: async () => (await ask({ ask: 'calls' })) as readonly MutatingCall[],
    records: async () => (await ask({ ask: 'records' })) as StoreRecords,
    signal: (name) => void child.kill(name),
    ended,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The last lines, for the message of a failed test. */
export const logTail = (file: string, lines = 40): string =>
  readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
