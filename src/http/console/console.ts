import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, LOCAL_ADMIN } from '../../domain/caller.ts';
import { type ErrorCode, isBrokerError } from '../../domain/errors.ts';
import { isSessionId } from '../../domain/ids.ts';
import type { AdminUseCases, Authenticator } from '../../engine/use-cases.ts';
import { send, sendJson } from '../answer.ts';
import { type Access, askingOf, mayAct, mayRead } from './access.ts';
import { type ActionName, actionNamed, type ConsoleChanges, createActions } from './actions.ts';
import { readAssets } from './assets.ts';
import { createLimiter } from './limiter.ts';
import { readMarket } from './market.ts';
import { createStreams, MAX_STREAMS, type StreamsOptions } from './streams.ts';

export type ConsoleOptions = Omit<StreamsOptions, 'caller' | 'admin' | 'reads'> & {
  readonly admin: ConsoleChanges & Pick<AdminUseCases, 'status' | 'events' | 'watchEvents' | 'hosts' | 'costs'>;
  readonly auth: Authenticator;
  /** Whether the store was read: before that it is not known who may do what. */
  readonly isReady: () => boolean;
};

/** The web console below /console/. */
export type Console = {
  /** Whether the request was for the console, and so was answered. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<boolean>;
  /** Ends what is open. */
  close(): Promise<void>;
};

const BASE = '/console/';
/** Nothing but what this server itself sends; no page may frame it; text never becomes markup. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');
const PAGE_HEADERS = {
  'content-security-policy': CSP,
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
const EVENTS_OF_SESSION = 200;

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  'not-found': 404,
  precondition: 409,
  conflict: 409,
  exhausted: 429,
  unavailable: 503,
  'outcome-unknown': 503,
};

export function createConsole(o: ConsoleOptions): Console {
  const assets = readAssets();
  const limiter = createLimiter(o.clock);
  const caller: Caller = { ...LOCAL_ADMIN, name: 'console' };
  const actions = createActions(o.admin);
  const streams = createStreams({ ...o, reads: o.admin, caller });

  function refused(req: IncomingMessage, res: ServerResponse, access: Access & { ok: false }): void {
    const { status, reason, error, waitMs } = access;
    const retry = waitMs === undefined ? {} : { 'retry-after': String(Math.ceil(waitMs / 1_000)) };
    const scheme = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    sendJson(req, res, status, { error, reason }, { ...PAGE_HEADERS, ...retry, ...scheme });
  }

  function asset(req: IncomingMessage, res: ServerResponse, name: string): void {
    const found = assets.get(name);
    if (found === undefined) {
      sendJson(req, res, 404, { error: 'not found' }, PAGE_HEADERS);
      return;
    }
    const headers = { ...PAGE_HEADERS, etag: found.etag, 'cache-control': 'no-cache' };
    if (req.headers['if-none-match'] === found.etag) {
      res.writeHead(304, headers).end();
      return;
    }
    send(req, res, 200, found.type, found.body, headers);
  }

  function stream(req: IncomingMessage, res: ServerResponse): void {
    const asking = askingOf(req);
    const access = mayRead(asking, o.auth, limiter);
    if (!access.ok) {
      refused(req, res, access);
      return;
    }
    if (streams.size() >= MAX_STREAMS) {
      const error = `${MAX_STREAMS} consoles are open already`;
      sendJson(req, res, 503, { error, reason: 'TOO_MANY' }, PAGE_HEADERS);
      return;
    }
    // Its connection is used for nothing else, and must not be waited for when the broker stops.
    res.shouldKeepAlive = false;
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // nginx in front would hold back what is small.
      'x-accel-buffering': 'no',
      ...PAGE_HEADERS,
    });
    // HEAD has its answer; a stream for it would tell nothing, and never end.
    if (req.method === 'HEAD') res.end();
    else streams.add(res, () => mayRead(asking, o.auth, limiter), helloOf(access));
  }

  /** Lets the page find out whether a token is any good before it keeps it. */
  function me(req: IncomingMessage, res: ServerResponse): void {
    const access = mayRead(askingOf(req), o.auth, limiter);
    if (access.ok) sendJson(req, res, 200, helloOf(access), PAGE_HEADERS);
    else refused(req, res, access);
  }

  const helloOf = ({ mayAct, caller }: Access & { ok: true }) => ({
    mayAct,
    actor: caller.name,
    tokens: o.auth.tokensExist(),
  });

  async function session(req: IncomingMessage, res: ServerResponse, id: string): Promise<void> {
    const access = mayRead(askingOf(req), o.auth, limiter);
    if (!access.ok) return refused(req, res, access);
    if (!isSessionId(id)) return sendJson(req, res, 400, { error: 'no id of a session', reason: 'INVALID_ARGUMENT' });
    const filter = { kinds: [], session: id, class: null, tenant: null };
    const query = { filter, pageSize: EVENTS_OF_SESSION, afterId: '', sinceAt: null };
    const { events } = await o.admin.events(caller, query);
    sendJson(req, res, 200, { labels: o.mirror.session(id)?.asked.labels ?? {}, events }, PAGE_HEADERS);
  }

  async function act(req: IncomingMessage, res: ServerResponse, what: ActionName): Promise<void> {
    const access = mayAct(askingOf(req), o.auth, limiter);
    if (!access.ok) return refused(req, res, access);
    if (!/^application\/json(?:;|$)/i.test(req.headers['content-type'] ?? ''))
      return sendJson(req, res, 415, { error: 'send JSON, with its content type', reason: 'NOT_JSON' });
    sendJson(req, res, 200, await actions[what](access.caller, req), PAGE_HEADERS);
  }

  /** Machines and money. */
  async function market(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const access = mayRead(askingOf(req), o.auth, limiter);
    if (!access.ok) return refused(req, res, access);
    sendJson(req, res, 200, await readMarket(o.admin, caller), PAGE_HEADERS);
  }

  async function read(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    req.resume();
    if (path === 'api/stream') stream(req, res);
    else if (path === 'api/me') me(req, res);
    else if (path === 'api/market') await market(req, res);
    else if (path.startsWith('api/session/')) await session(req, res, path.slice('api/session/'.length));
    else asset(req, res, path === '' ? 'console.html' : path);
  }

  async function route(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const action = path.startsWith('api/') ? actionNamed(path.slice('api/'.length)) : null;
    const allowed = action === null ? ['GET', 'HEAD'] : ['POST'];
    if (!allowed.includes(req.method ?? '')) {
      req.resume();
      sendJson(req, res, 405, { error: 'method not allowed' }, { allow: allowed.join(', '), ...PAGE_HEADERS });
    } else if (path.startsWith('api/') && !o.isReady()) {
      req.resume();
      sendJson(req, res, 503, { error: 'the broker is starting', reason: 'STARTING' }, PAGE_HEADERS);
    } else if (action === null) await read(req, res, path);
    else await act(req, res, action);
  }

  return {
    async handle(req, res) {
      const path = req.url?.split('?', 1)[0] ?? '';
      if (path === '/' || path === '/console') {
        req.resume();
        res.writeHead(302, { location: 'console/', 'content-length': 0 }).end();
        return true;
      }
      if (!path.startsWith(BASE)) return false;
      await route(req, res, path.slice(BASE.length)).catch((err: unknown) => {
        if (!isBrokerError(err) || res.headersSent) throw err;
        const { reason = '' } = err.details;
        sendJson(req, res, STATUS[err.code] ?? 500, { error: err.message, reason }, PAGE_HEADERS);
      });
      return true;
    },
    close: () => streams.close(),
  };
}
