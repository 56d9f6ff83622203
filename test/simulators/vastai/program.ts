import { spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { killNow } from './proc.ts';

/** What runs in a rented instance. */
export type Program = {
  /** null: it runs inside the simulator. */
  readonly pid: number | null;
  /** Resolves when it has ended, by whatever. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** The end of what it wrote. */
  log(): string;
  /** Ends it with everything that it started. */
  kill(): Promise<void>;
};

const LOG_BYTES = 64 * 1024;

/** A process group of its own. */
export function startProcess(command: readonly string[], env: Readonly<Record<string, string>>): Program {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  let over = false;
  const keep = (piece: string): void => {
    log = (log + piece).slice(-LOG_BYTES);
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
  const ended = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      if (!over) keep(`[${why}]\n`);
      over = true;
      // What the program left running ends with it, as with a container.
      if (child.pid !== undefined) killNow(-child.pid);
      resolve();
    };
    child.once('exit', (code, signal) => end(`ended: ${signal ?? code}`));
    child.once('error', (err) => end(`did not start: ${err.message}`));
  });
  return {
    pid: child.pid ?? null,
    ended,
    hasEnded: () => over,
    log: () => log,
    kill() {
      if (!over && child.pid !== undefined) killNow(-child.pid);
      return ended;
    },
  };
}

/** A server inside the simulator, for hundreds of instances at once: `/healthz`, and a greeting on every other path. */
export function startInline(port: number, name: string): Program {
  const server = createHttpServer((req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(
      req.url === '/healthz' ? '"ok"\n' : `${JSON.stringify({ greeting: `hello from ${name}`, instance: name })}\n`,
    );
  });
  return served(server, port, () => server.closeAllConnections());
}

/** Accepts connections and never answers, as behind a broken address translation. */
export function startSilent(port: number): Program {
  const open = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  return served(server, port, () => {
    for (const socket of open) socket.destroy();
  });
}

function served(server: Server, port: number, cut: () => void): Program {
  let over = false;
  let log = `listening on ${port}\n`;
  const ended = new Promise<void>((resolve) => server.once('close', resolve)).then(() => {
    over = true;
  });
  server.on('error', (err) => {
    log += `${err.message}\n`;
    server.close();
  });
  server.listen(port, '127.0.0.1');
  server.unref();
  return {
    pid: null,
    ended,
    hasEnded: () => over,
    log: () => log,
    kill() {
      server.close();
      cut();
      return ended;
    },
  };
}
