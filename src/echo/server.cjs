// The server of the session class `echo`: something to see, to test and to measure with. A program of its own, run as
// `node server.cjs`; it uses nothing of berth's. CommonJS in plain JavaScript since it is to start fast: 43 ms to the
// first answer on a 2-core machine, where an ES module took 79 ms and TypeScript 131 ms.
const { createServer } = require('node:http');

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

const HIDDEN = new Set(['authorization', 'cookie', 'proxy-authorization']);
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

const instance = process.env.BERTH_INSTANCE_ID ?? '';
const port = Number(process.env.BERTH_PORT_HTTP ?? 'NaN');
if (!Number.isInteger(port)) {
  console.error('BERTH_PORT_HTTP must name the port to listen on');
  process.exit(2);
}

/** @type {(req: Request, res: Response) => void} */
function answer(req, res) {
  const path = req.url ?? '/';
  const method = req.method ?? 'GET';
  res.setHeader('x-berth-instance', instance);
  if (path === '/healthz') send(res, 'text/plain', 'ok\n');
  else if (path === '/' && method === 'GET') send(res, 'application/json', greeting());
  else if (WITH_BODY.has(method)) echoBody(req, res, method, path);
  else send(res, 'application/json', toJson({ instance, method, path, headers: shown(req) }));
}

const greeting = () =>
  toJson({ greeting: `hello from ${instance}`, instance, pid: process.pid, uptimeSeconds: process.uptime() });

/** As it comes in, so that a body of any size needs no memory. @type {(req: Request, res: Response, method: string, path: string) => void} */
function echoBody(req, res, method, path) {
  res.setHeader('x-echo-method', method);
  res.setHeader('x-echo-path', path);
  res.setHeader('content-type', req.headers['content-type'] ?? 'application/octet-stream');
  req.pipe(res);
  req.once('error', () => res.destroy());
}

/** @type {(req: Request) => object} */
const shown = (req) => Object.fromEntries(Object.entries(req.headers).filter(([name]) => !HIDDEN.has(name)));

/** @type {(value: unknown) => string} */
const toJson = (value) => `${JSON.stringify(value)}\n`;

/** @type {(res: Response, type: string, body: string) => void} */
function send(res, type, body) {
  res.setHeader('content-type', type);
  res.setHeader('content-length', Buffer.byteLength(body));
  res.end(body);
}

/** @type {import('ws').WebSocketServer | null} */
let sockets = null;

/** Loaded with the first socket, not at the start. */
function socketServer() {
  const { WebSocketServer } = require('ws');
  sockets ??= new WebSocketServer({ noServer: true, maxPayload: 16 * 1024 * 1024 });
  return sockets;
}

/** @type {(ws: import('ws').WebSocket) => void} */
function echoMessages(ws) {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  ws.on('error', () => ws.terminate());
}

const server = createServer(answer);
server.on('upgrade', (req, socket, head) => {
  socket.on('error', () => socket.destroy());
  socketServer().handleUpgrade(req, socket, head, echoMessages);
});
server.on('error', (err) => {
  console.error(`cannot listen on 127.0.0.1:${port}: ${err.message}`);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => console.log(`${instance} listens on 127.0.0.1:${port}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
