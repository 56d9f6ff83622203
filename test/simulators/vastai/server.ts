import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAdmin } from './admin.ts';
import { answerApi, type Request } from './api.ts';
import { fetchResult } from './manage.ts';
import { newMark, startGuard, sweepOrphans, sweepOwn } from './proc.ts';
import { failed, html, Refusal, type Reply } from './reply.ts';
import { createWorld, type SimOptions, type World } from './world.ts';

export type VastSimulator = {
  /** What a client is pointed at; the page is there, too. */
  readonly url: string;
  /** Ends every instance, and returns when nothing of it is left. */
  close(): Promise<void>;
};

const MAX_BODY = 1024 * 1024;
const PAGE = new URL('./page.html', import.meta.url);

/** Starts it, after ending what a killed one has left. */
export async function startVastSimulator(options: SimOptions = {}): Promise<VastSimulator> {
  sweepOrphans();
  const mark = newMark();
  const world = createWorld(options, mark);
  const guard = startGuard(mark);
  const server = createServer((req, res) => void serve(world, req, res));
  // A client that keeps its connections for long must not meet one that was just closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(world.settings.port, '127.0.0.1', resolve);
  }).catch(async (err: unknown) => {
    await guard.stop();
    throw err;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await world.clock.close();
      await Promise.all([...world.instances.values()].map((i) => endProgram(i)));
      sweepOwn(mark);
      await guard.stop();
    },
  };
}

function endProgram(i: {
  program: { kill(): Promise<void> } | null;
  goneMs: number | null;
}): Promise<void> | undefined {
  i.goneMs ??= 0;
  return i.program?.kill();
}

async function serve(w: World, req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.on('error', () => undefined);
  try {
    send(req, res, await answer(w, await read(req)));
  } catch (err) {
    if (err instanceof Refusal) return send(req, res, err.reply);
    // The client has gone while it was still asking.
    if (req.socket.destroyed) return;
    console.error('simulator failed', err);
    send(req, res, failed(500, 'simulator_error', String(err)));
  }
}

async function answer(w: World, r: Request): Promise<Reply> {
  if (r.path.startsWith('/_sim/')) return (await answerAdmin(w, r)) ?? failed(404, 'not_found', 'see /_sim/state');
  if (r.path.startsWith('/s3/')) {
    await w.clock.settle();
    return fetchResult(w, r.path, r.authorization !== null);
  }
  if (r.path === '/' && r.method === 'GET') return html(readFileSync(PAGE, 'utf8'));
  return answerApi(w, r);
}

async function read(req: IncomingMessage): Promise<Request> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of req) {
    size += (piece as Buffer).length;
    if (size > MAX_BODY) throw new Refusal(failed(413, 'bad_request', 'the body is too large'));
    pieces.push(piece as Buffer);
  }
  const url = new URL(req.url ?? '/', 'http://simulator');
  return {
    method: req.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    authorization: req.headers.authorization ?? null,
    address: req.socket.remoteAddress ?? '',
    body: Buffer.concat(pieces).toString('utf8'),
    base: `http://${req.headers.host ?? '127.0.0.1'}`,
  };
}

function send(req: IncomingMessage, res: ServerResponse, reply: Reply): void {
  if (reply.how === 'hang') return;
  if (reply.how === 'reset') return void req.socket.resetAndDestroy();
  const body = Buffer.from(reply.body);
  res.writeHead(reply.status, { 'content-type': reply.type, 'content-length': body.length, ...reply.headers });
  if (reply.how !== 'torn') return void res.end(body);
  res.write(body.subarray(0, Math.floor(body.length / 2)), () => req.socket.destroy());
}
