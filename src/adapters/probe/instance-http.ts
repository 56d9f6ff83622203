import { request } from 'node:http';
import type { HttpAnswer, InstanceHttp } from '../../ports/instance-http.ts';

/** Longest body that is read [bytes]. */
const BODY_LIMIT = 64 * 1024;

const silent = (detail: string): HttpAnswer => ({ answered: false, detail });

/** Over plain sockets of its own, one connection a call. Redirects are answers and not followed. */
export function createInstanceHttp(): InstanceHttp {
  return {
    ask(to, { method, path, timeoutMs }, signal) {
      signal.throwIfAborted();
      const late = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
      return new Promise<HttpAnswer>((resolve, reject) => {
        const asked = request({
          host: to.host,
          port: to.port,
          method,
          path,
          agent: false,
          headers: { connection: 'close', 'user-agent': 'berth-probe', 'content-length': '0' },
          signal: AbortSignal.any([signal, late]),
        });
        const failed = (err: Error): void => {
          if (signal.aborted) reject(signal.reason);
          else resolve(silent(late.aborted ? `no answer within ${timeoutMs} ms` : err.message));
        };
        asked.on('error', failed);
        asked.once('response', (answer) => {
          const pieces: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (piece: Buffer) => {
            bytes += piece.length;
            pieces.push(piece);
            if (bytes > BODY_LIMIT) asked.destroy(new Error(`an answer of more than ${BODY_LIMIT} bytes`));
          });
          answer.on('error', failed);
          answer.once('end', () =>
            resolve({ answered: true, status: answer.statusCode ?? 0, body: Buffer.concat(pieces).toString() }),
          );
        });
        asked.end();
      });
    },
  };
}
