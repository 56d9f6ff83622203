import { request } from 'node:http';
import { connect } from 'node:net';
import { type PortAddress, PROBE_AGENT } from '../../domain/endpoint.ts';
import type { Readiness } from '../../domain/session-class.ts';
import type { Probed, Prober } from '../../ports/prober.ts';
import { grpcHealth } from './grpc-health.ts';
import { once, type Try } from './once.ts';
import type { OwnConnections } from './own-connections.ts';
import { inWords } from './words.ts';

/** Read of an answer's body before the connection is cut, so that small answers end in good order [bytes]. */
const BODY_LIMIT = 16 * 1024;
/** An answer whose body goes on for longer after its status is cut [ms]. */
const BODY_MS = 100;

type HttpReadiness = Extract<Readiness, { readonly kind: 'http' }>;

const ANSWERED: Probed = { answered: true };
const silent = (detail: string): Probed => ({ answered: false, detail });

/** Over plain sockets of its own, one connection a try. Redirects are answers and not followed.
 *  @param own is told of each connection */
export function createProber(own: OwnConnections): Prober {
  function attemptOf(port: PortAddress, readiness: Readiness, accessToken: string | null): Try<Probed> {
    switch (readiness.kind) {
      case 'http':
        return http(port, readiness, accessToken, own);
      case 'grpc':
        return grpcHealth(port, { service: readiness.service, accessToken }, own);
      case 'tcp':
        return tcp(port, own);
      default:
        return readiness satisfies never;
    }
  }
  return {
    async probe(endpoint, readiness, { timeoutMs, accessToken }, signal) {
      signal.throwIfAborted();
      const port = endpoint.ports.find((p) => p.name === readiness.port);
      if (port === undefined) return silent(`the endpoint has no port "${readiness.port}"`);
      const late = () => silent(`no answer within ${timeoutMs} ms`);
      return once(attemptOf(port, readiness, accessToken), timeoutMs, late, signal);
    },
  };
}

const tcp =
  (to: PortAddress, own: OwnConnections): Try<Probed> =>
  (settle, cut) => {
    const socket = connect({ host: to.host, port: to.port });
    own.watch(socket);
    cut.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('connect', () => settle(ANSWERED));
    socket.once('error', (err) => settle(silent(inWords(err))));
  };

const http =
  (to: PortAddress, readiness: HttpReadiness, accessToken: string | null, own: OwnConnections): Try<Probed> =>
  (settle, cut) => {
    const asked = request({
      host: to.host,
      port: to.port,
      path: readiness.path,
      agent: false,
      headers: {
        connection: 'close',
        'user-agent': PROBE_AGENT,
        ...(accessToken === null ? {} : { authorization: `Bearer ${accessToken}` }),
      },
      maxHeaderSize: 64 * 1024,
    });
    asked.once('socket', own.watch);
    cut.addEventListener('abort', () => asked.destroy(), { once: true });
    asked.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      const expected = readiness.expect.some((r) => status >= r.from && status <= r.to);
      const done = () => settle(expected ? ANSWERED : silent(`HTTP ${status}`));
      let read = 0;
      answer.on('data', (piece: Buffer) => {
        read += piece.length;
        if (read > BODY_LIMIT) done();
      });
      answer.once('close', done);
      answer.once('error', done);
      AbortSignal.timeout(BODY_MS).addEventListener('abort', done, { once: true });
    });
    // Stays for errors of a socket that is cut: they say nothing any more, but would otherwise be uncaught.
    asked.on('error', (err) => settle(silent(inWords(err))));
    asked.end();
  };
