import { request } from 'node:http';
import { connect } from 'node:net';
import type { PortAddress } from '../../domain/endpoint.ts';
import type { Readiness } from '../../domain/session-class.ts';
import type { Probed, Prober } from '../../ports/prober.ts';

/** Read of an answer's body before the connection is cut, so that small answers end in good order [bytes]. */
const BODY_LIMIT = 16 * 1024;
/** An answer whose body goes on for longer after its status is cut [ms]. */
const BODY_MS = 100;

type HttpReadiness = Extract<Readiness, { readonly kind: 'http' }>;
type Settle = (probed: Probed) => void;
/** Begins the try; `cut` aborts when nobody waits for it any more. */
type Try = (settle: Settle, cut: AbortSignal) => void;

const ANSWERED: Probed = { answered: true };
const silent = (detail: string): Probed => ({ answered: false, detail });

/** Over plain sockets of its own, one connection a try. Redirects are answers and not followed. */
export function createProber(): Prober {
  return {
    async probe(endpoint, readiness, { timeoutMs }, signal) {
      signal.throwIfAborted();
      const port = endpoint.ports.find((p) => p.name === readiness.port);
      if (port === undefined) return silent(`the endpoint has no port "${readiness.port}"`);
      const attempt: Try = readiness.kind === 'http' ? http(port, readiness) : tcp(port);
      return once(attempt, timeoutMs, signal);
    },
  };
}

/** One try in its time. When it resolves, its socket is closed. */
function once(attempt: Try, timeoutMs: number, signal: AbortSignal): Promise<Probed> {
  const cut = new AbortController();
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  return new Promise<Probed>((resolve, reject) => {
    const aborted = () => finish(() => reject(signal.reason));
    const late = () => finish(() => resolve(silent(`no answer within ${timeoutMs} ms`)));
    function finish(then: () => void): void {
      signal.removeEventListener('abort', aborted);
      timeout.removeEventListener('abort', late);
      cut.abort();
      then();
    }
    signal.addEventListener('abort', aborted, { once: true });
    timeout.addEventListener('abort', late, { once: true });
    attempt((probed) => finish(() => resolve(probed)), cut.signal);
  });
}

const tcp =
  (to: PortAddress): Try =>
  (settle, cut) => {
    const socket = connect({ host: to.host, port: to.port });
    cut.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('connect', () => settle(ANSWERED));
    socket.once('error', (err) => settle(silent(inWords(err))));
  };

const http =
  (to: PortAddress, readiness: HttpReadiness): Try =>
  (settle, cut) => {
    const asked = request({
      host: to.host,
      port: to.port,
      path: readiness.path,
      agent: false,
      headers: { connection: 'close', 'user-agent': 'berth-probe' },
      maxHeaderSize: 64 * 1024,
    });
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

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name not found',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
};

function inWords(err: Error): string {
  const code = 'code' in err ? String(err.code) : '';
  if (code.startsWith('HPE_')) return 'not an HTTP answer';
  return WORDS[code] ?? (code === '' ? err.message : code);
}
