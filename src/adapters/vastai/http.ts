import { Agent, type IncomingMessage, request as plain } from 'node:http';
import { request as secure, Agent as TlsAgent } from 'node:https';
import type { Clock } from '../../ports/clock.ts';
import { CallFailed, type ProblemKind } from './problems.ts';

export type Sending = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly withinMs: number;
  readonly maxBytes: number;
  /** On a connection of its own: one that was kept may be closed by the other side in this very moment, and then nobody
   *  knows whether the call arrived. */
  readonly fresh?: boolean;
  /** Told when all of it has left: until then a connection may have had to be made. */
  readonly onSent?: () => void;
};

export type Answer = {
  readonly status: number;
  /** undefined: it is none. */
  readonly json: unknown;
  readonly text: string;
  /** What its Retry-After says [ms]. */
  readonly retryAfterMs: number | null;
  /** What its X-RateLimit-Reset says [epoch ms]. */
  readonly resetAtMs: number | null;
};

export type Http = {
  /** One call, one answer, whatever its status. @throws CallFailed when there is none */
  send(s: Sending, signal: AbortSignal): Promise<Answer>;
  close(): void;
};

/** Kept for this long, less than any server keeps them [ms]. */
const KEEP_MS = 4_000;
/** Nothing of these was sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Not `fetch`: that sends a call again by itself where the answer is 421, and a create must never be sent twice.
 * Redirects are not followed, so that the key stays with the host it is for.
 */
export function createHttp(clock: Clock): Http {
  const agents = {
    'http:': new Agent({ keepAlive: true, timeout: KEEP_MS }),
    'https:': new TlsAgent({ keepAlive: true, timeout: KEEP_MS }),
  };

  function send(s: Sending, signal: AbortSignal): Promise<Answer> {
    const over = new AbortController();
    const { host } = s.url;
    return new Promise<Answer>((resolve, reject) => {
      if (signal.aborted) return reject(failed('aborted', 'the call was aborted'));
      const isSecure = s.url.protocol === 'https:';
      const req = (isSecure ? secure : plain)(s.url, {
        method: s.method,
        headers: { ...s.headers, 'accept-encoding': 'identity', ...lengthOf(s.body) },
        agent: s.fresh ? false : agents[isSecure ? 'https:' : 'http:'],
      });
      const fail = (err: CallFailed): void => {
        reject(err);
        req.destroy();
      };
      signal.addEventListener('abort', () => fail(failed('aborted', 'the call was aborted')), { signal: over.signal });
      clock.sleep(s.withinMs, over.signal).then(
        () => fail(failed('late', `Vast.ai has not answered within ${s.withinMs / 1000} s`)),
        () => undefined,
      );
      req.on('finish', () => s.onSent?.());
      req.on('error', (err) => fail(broken(err, host)));
      req.on('response', (res) => {
        answerOf(res, s.maxBytes).then(resolve, (err) => fail(err instanceof CallFailed ? err : broken(err, host)));
      });
      req.end(s.body);
    }).finally(() => over.abort());
  }

  return {
    send,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const failed = (kind: ProblemKind, text: string): CallFailed => new CallFailed({ kind, text });

const lengthOf = (body: string | undefined): Readonly<Record<string, string>> =>
  body === undefined ? {} : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}` };

/** Only the code of an error is told: messages of TLS and DNS quote what they were given. */
function broken(err: unknown, host: string): CallFailed {
  const code = err instanceof Error && 'code' in err ? String(err.code) : 'no code';
  return NOT_SENT.has(code)
    ? failed('unreachable', `Vast.ai cannot be reached at ${host} (${code})`)
    : failed('broken', `the connection to Vast.ai at ${host} broke (${code})`);
}

async function answerOf(res: IncomingMessage, maxBytes: number): Promise<Answer> {
  const status = res.statusCode ?? 0;
  if (status >= 300 && status < 400)
    throw failed('redirected', `Vast.ai's answer leads to ${hostIn(res.headers.location)}; redirects are not followed`);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of res as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) throw failed('too-large', `Vast.ai's answer is larger than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  return {
    status,
    json: parsed(text),
    text,
    retryAfterMs: toMs(res.headers['retry-after']),
    resetAtMs: toMs(res.headers['x-ratelimit-reset']),
  };
}

function hostIn(location: string | undefined): string {
  return URL.parse(location ?? '', 'http://the-same-host')?.host ?? 'nowhere';
}

function toMs(seconds: string | string[] | undefined): number | null {
  return typeof seconds === 'string' && /^\d{1,12}(\.\d{1,6})?$/.test(seconds.trim()) ? Number(seconds) * 1000 : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
