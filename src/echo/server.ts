// The server of the session class `echo`: something to see, to test and to measure with. Run by itself as
// `node server.ts`; uses nothing of berth's, and loads what only some need when they come.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';

const HIDDEN = new Set(['authorization', 'cookie', 'proxy-authorization']);
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

const instance = process.env.BERTH_INSTANCE_ID ?? '';
const port = Number(process.env.BERTH_PORT_HTTP ?? 'NaN');
if (!Number.isInteger(port)) {
  console.error('BERTH_PORT_HTTP must name the port to listen on');
  process.exit(2);
}

function answer(req: IncomingMessage, res: ServerResponse): void {
  const path = req.url ?? '/';
  const method = req.method ?? 'GET';
  res.setHeader('x-berth-instance', instance);
  if (path === '/healthz') send(res, 'text/plain', 'ok\n');
  else if (path === '/' && method === 'GET') send(res, 'application/json', greeting());
  else if (WITH_BODY.has(method)) echoBody(req, res, method, path);
  else send(res, 'application/json', toJson({ instance, method, path, headers: shown(req) }));
}

const greeting = (): string =>
  toJson({ greeting: `hello from ${instance}`, instance, pid: process.pid, uptimeSeconds: process.uptime() });

/** As it comes in, so that a body of any size needs no memory. */
function echoBody(req: IncomingMessage, res: ServerResponse, method: string, path: string): void {
  res.setHeader('x-echo-method', method);
  res.setHeader('x-echo-path', path);
  res.setHeader('content-type', req.headers['content-type'] ?? 'application/octet-stream');
  req.pipe(res);
  req.once('error', () => res.destroy());
}

const shown = (req: IncomingMessage) =>
  Object.fromEntries(Object.entries(req.headers).filter(([name]) => !HIDDEN.has(name)));

const toJson = (value: unknown): string => `${JSON.stringify(value)}\n`;

function send(res: ServerResponse, type: string, body: string): void {
  res.setHeader('content-type', type);
  res.setHeader('content-length', Buffer.byteLength(body));
  res.end(body);
}

let sockets: Promise<WebSocketServer> | null = null;

/** Loaded with the first socket: it takes a third of the start otherwise. */
async function loadSockets(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({ noServer: true, maxPayload: 16 * 1024 * 1024 });
}

async function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  sockets ??= loadSockets();
  const server = await sockets;
  server.handleUpgrade(req, socket, head, echoMessages);
}

function echoMessages(ws: WebSocket): void {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  ws.on('error', () => ws.terminate());
}

const server = createServer(answer);
server.on('upgrade', (req, socket, head) => {
  upgrade(req, socket, head).catch(() => socket.destroy());
});
server.on('error', (err) => {
  console.error(`cannot listen on 127.0.0.1:${port}: ${err.message}`);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => console.log(`${instance} listens on 127.0.0.1:${port}`));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
