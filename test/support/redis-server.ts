import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type RedisServerOptions = {
  /** Default: true, as berth advises. */
  readonly appendonly?: boolean;
  /** More arguments for redis-server, such as `--requirepass x`. */
  readonly args?: readonly string[];
  /** Sent before everything by this helper when the server wants a password. */
  readonly password?: string;
};

/** A real redis-server on a free port of 127.0.0.1, with a data folder of its own. */
export type RedisServer = {
  readonly port: number;
  readonly url: string;
  /** Of the data folder. */
  readonly dir: string;
  /** One command, answered as Redis writes it (RESP). */
  command(...words: readonly string[]): Promise<string>;
  /** SIGSTOP: accepts connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** SIGKILL; the data folder stays. */
  kill(): Promise<void>;
  /** Again on the same port and data, after `kill`. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
};

const READY_WITHIN = 10_000;

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  assertInstalled();
  const dir = await mkdtemp(join(tmpdir(), 'berth-redis-'));
  const port = await freePort();
  const { appendonly = true, args = [], password } = options;
  const common = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--daemonize', 'no'];
  const all = [...common, '--appendonly', appendonly ? 'yes' : 'no', ...args];
  let server = await startServer(all, port, password);

  const command = (...words: readonly string[]) => commandOn(port, words, password);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };

  return {
    port,
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    dir,
    command,
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      server = await startServer(all, port, password);
    },
    async stop() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A sentinel that watches `master` under the name `berth` and fails over after half a second. */
export async function startSentinel(master: RedisServer): Promise<{ port: number; stop: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-sentinel-'));
  const port = await freePort();
  const config = join(dir, 'sentinel.conf');
  await writeFile(
    config,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor berth 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds berth 500',
      'sentinel failover-timeout berth 3000',
    ].join('\n'),
  );
  const server = await startServer([config, '--sentinel'], port, undefined);
  return {
    port,
    async stop() {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function assertInstalled(): void {
  if (spawnSync('redis-server', ['--version']).error !== undefined)
    throw new Error('redis-server is not installed: these tests need a real one. Run: apt-get install redis-server');
}

async function startServer(args: readonly string[], port: number, password: string | undefined): Promise<ChildProcess> {
  const server = spawn('redis-server', [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const note = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4_000);
  };
  server.stdout.on('data', note);
  server.stderr.on('data', note);
  const deadline = performance.now() + READY_WITHIN;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`redis-server ended at once:\n${output}`);
    const answer = await commandOn(port, ['PING'], password).catch(() => '');
    if (answer.startsWith('+PONG')) return server;
    if (performance.now() > deadline) {
      server.kill('SIGKILL');
      throw new Error(`redis-server was not ready within ${READY_WITHIN} ms:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** One command on a connection of its own, answered as Redis or a sentinel writes it (RESP). */
export async function commandOn(port: number, words: readonly string[], password?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.setTimeout(2_000, () => socket.destroy(new Error('redis-server does not answer')));
    await once(socket, 'connect');
    if (password !== undefined) await exchange(socket, ['AUTH', password]);
    return await exchange(socket, words);
  } finally {
    socket.destroy();
  }
}

async function exchange(socket: ReturnType<typeof connect>, words: readonly string[]): Promise<string> {
  const text = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
  socket.write(`*${words.length}\r\n${text}`);
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}
