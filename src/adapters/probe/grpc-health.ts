import { type ClientHttp2Stream, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { type PortAddress, PROBE_AGENT } from '../../domain/endpoint.ts';
import type { Probed } from '../../ports/prober.ts';
import type { Try } from './once.ts';
import type { OwnConnections } from './own-connections.ts';
import { inWords } from './words.ts';

export type HealthAsk = { readonly service: string; readonly accessToken: string | null };

/** What grpc.health.v1 may answer with; anything more is no health answer [bytes]. */
const ANSWER_LIMIT = 1_024;
const CODES: Readonly<Record<string, string>> = {
  '5': 'unknown service',
  '7': 'PERMISSION_DENIED',
  '12': 'UNIMPLEMENTED: the server does not offer grpc.health.v1.Health',
  '14': 'UNAVAILABLE',
  '16': 'UNAUTHENTICATED',
};
const SERVING = 1;
const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/**
 * One grpc.health.v1.Health/Check. On HTTP/2 as Node has it, not by grpc-js: that keeps connections of its own, and
 * does not tell which they are, while berth must know a probe's from a client's and see it closed.
 */
export const grpcHealth =
  (to: PortAddress, { service, accessToken }: HealthAsk, own: OwnConnections): Try<Probed> =>
  (settle, cut) => {
    const silent = (detail: string) => settle({ answered: false, detail });
    const socket = connect({ host: to.host, port: to.port });
    own.watch(socket);
    const host = to.host.includes(':') ? `[${to.host}]` : to.host;
    const session = connectHttp2(`http://${host}:${to.port}`, { createConnection: () => socket });
    cut.addEventListener(
      'abort',
      () => {
        session.destroy();
        socket.destroy();
      },
      { once: true },
    );
    // These stay for errors of a connection that is cut: they say nothing any more, but would be uncaught.
    socket.on('error', (err) => silent(inWords(err)));
    session.on('error', (err) => silent(http2Words(err)));
    session.once('close', () => silent('the connection was closed'));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': PROBE_AGENT,
      ...(accessToken === null ? {} : { authorization: `Bearer ${accessToken}` }),
    });
    stream.on('error', (err) => silent(http2Words(err)));
    read(stream, (headers, body) => settle(judge(headers, body)));
    stream.end(framed(checkRequest(service)));
  };

/** Headers and trailers as one; a body beyond the limit ends the reading. */
function read(stream: ClientHttp2Stream, done: (headers: IncomingHttpHeaders, body: Buffer) => void): void {
  let headers: IncomingHttpHeaders = {};
  let body = Buffer.alloc(0);
  stream.on('response', (first) => {
    headers = { ...first };
  });
  stream.on('trailers', (last) => {
    headers = { ...headers, ...last };
  });
  stream.on('data', (piece: Buffer) => {
    body = Buffer.concat([body, piece]);
    if (body.length > ANSWER_LIMIT) done(headers, body);
  });
  stream.once('end', () => done(headers, body));
}

function judge(headers: IncomingHttpHeaders, body: Buffer): Probed {
  const status = headers[':status'];
  const code = headers['grpc-status'];
  if (code === undefined) return { answered: false, detail: `not a gRPC answer${status ? `: HTTP ${status}` : ''}` };
  if (code !== '0') return { answered: false, detail: `gRPC ${CODES[String(code)] ?? `status ${code}`}` };
  const state = stateIn(body);
  if (state === SERVING) return { answered: true };
  return { answered: false, detail: state === null ? 'not a health answer' : `gRPC health ${STATES[state] ?? state}` };
}

/** gRPC's own frame around one message, not compressed. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** `message HealthCheckRequest { string service = 1; }` */
function checkRequest(service: string): Buffer {
  const text = Buffer.from(service);
  // Two bytes of length carry names up to 16 KiB.
  return text.length === 0
    ? text
    : Buffer.concat([Buffer.from([0x0a, 0x80 | (text.length & 0x7f), text.length >> 7]), text]);
}

/** `message HealthCheckResponse { ServingStatus status = 1; }`, whose default is not sent. null: it is none. */
function stateIn(body: Buffer): number | null {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) return null;
  const message = body.subarray(5);
  if (message.length === 0) return 0;
  return message.length === 2 && message[0] === 0x08 ? (message[1] ?? null) : null;
}

const http2Words = (err: Error): string =>
  'code' in err && err.code === 'ERR_HTTP2_ERROR' ? 'not an HTTP/2 answer' : inWords(err);
