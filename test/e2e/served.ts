import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BerthClient, createClient } from '../../clients/typescript/src/client.ts';
import { berthCommand, COMPILED, type Ran, runCli } from '../support/run-cli.ts';

export type LogLine = { readonly msg: string; readonly address?: string; readonly detail?: string };

/** `berth serve` as people run it, in a process of its own. */
export type Served = {
  readonly address: string;
  readonly http: string;
  readonly client: BerthClient;
  readonly log: readonly LogLine[];
  /** Everything it wrote, as text. */
  said(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** The command against this broker. */
  cli(...args: readonly string[]): Promise<Ran>;
};

/** A folder of its own for the data and the class file. */
export async function startHome(
  classes: string,
): Promise<{ readonly dir: string; readonly classFile: string; end(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-e2e-'));
  const classFile = join(dir, 'classes.yaml');
  await writeFile(classFile, classes);
  return { dir, classFile, end: () => rm(dir, { recursive: true, force: true }) };
}

const ANY_PORT = { BERTH_LISTEN: '127.0.0.1:0', BERTH_HTTP_LISTEN: '127.0.0.1:0' };

export async function serve(env: Readonly<Record<string, string>>, flags: readonly string[] = []): Promise<Served> {
  const [program = '', ...args] = berthCommand(['serve', ...flags]);
  const { PATH = '' } = process.env;
  const child = spawn(program, args, {
    env: { PATH, NODE_COMPILE_CACHE: COMPILED, ...ANY_PORT, BERTH_MAX_INSTANCES: '20', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const started = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(JSON.parse(line) as LogLine);
      if (log.at(-1)?.msg === 'broker.started') resolve();
    });
  });
  const early = exited.then((code) => Promise.reject(new Error(`berth serve ended with ${code}: ${errors}`)));
  await Promise.race([started, early]);
  early.catch(() => undefined);
  const find = (msg: string): string => log.find((l) => l.msg === msg)?.address ?? '';
  const address = find('broker.started');
  const client = createClient({ address, retryForMs: 0 });
  return {
    address,
    http: `http://${find('http.started')}`,
    client,
    log,
    said: () => `${log.map((l) => JSON.stringify(l)).join('\n')}${errors}`,
    signal: (name) => void child.kill(name),
    async stop() {
      client.close();
      child.kill('SIGTERM');
      return exited;
    },
    cli: (...rest) => runCli(['--address', address, ...rest]),
  };
}

export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
