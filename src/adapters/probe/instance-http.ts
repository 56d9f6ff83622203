import { request } from 'node:http';
import type { PortAddress } from '../../domain/endpoint.ts';
import type { HttpAnswer, HttpAsk, InstanceHttp } from '../../ports/instance-http.ts';
import { once, type Try } from './once.ts';
import { inWords } from './words.ts';

/** Longest body of an answer [bytes]. */
const BODY_LIMIT = 64 * 1024;
const HEADER_LIMIT = 64 * 1024;

const silent = (detail: string): HttpAnswer => ({ answered: false, detail });

/** Over plain sockets of its own, one connection a question. */
export function createInstanceHttp(): InstanceHttp {
  return {
    async ask(to, what, signal) {
      signal.throwIfAborted();
      const late = () => silent(`no answer within ${what.timeoutMs} ms`);
      return once(attempt(to, what), what.timeoutMs, late, signal);
    },
  };
}

const attempt =
  (to: PortAddress, { method, path, authorization }: HttpAsk): Try<HttpAnswer> =>
  (settle, cut) => {
    const asked = request({
      host: to.host,
      port: to.port,
      method,
      path,
      agent: false,
      headers: {
        accept: 'application/json',
        connection: 'close',
        'user-agent': 'berth',
        ...(authorization === undefined ? {} : { authorization }),
        ...(method === 'POST' ? { 'content-length': 0 } : {}),
      },
      maxHeaderSize: HEADER_LIMIT,
    });
    cut.addEventListener('abort', () => asked.destroy(), { once: true });
    asked.once('response', (answer) => {
      const pieces: Buffer[] = [];
      let read = 0;
      answer.on('data', (piece: Buffer) => {
        read += piece.length;
        pieces.push(piece);
        if (read > BODY_LIMIT) settle(silent(`an answer of more than ${BODY_LIMIT} bytes`));
      });
      answer.once('end', () =>
        settle({ answered: true, status: answer.statusCode ?? 0, body: Buffer.concat(pieces).toString() }),
      );
      answer.on('error', (err) => settle(silent(inWords(err))));
    });
    // Stays for errors of a socket that is cut: they say nothing any more, but would otherwise be uncaught.
    asked.on('error', (err) => settle(silent(inWords(err))));
    asked.end();
  };
