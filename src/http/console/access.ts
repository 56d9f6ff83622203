import type { IncomingMessage } from 'node:http';
import { bearerIn, type Caller, LOCAL_ADMIN, MAX_SECRET } from '../../domain/caller.ts';
import type { Authenticator } from '../../engine/use-cases.ts';
import type { Limiter } from './limiter.ts';

/** What is known of who asks. Only the peer's address is believed; headers can take trust away, never give it. */
export type Asking = {
  /** The address at the other end of the connection. */
  readonly peer: string;
  readonly host: string;
  /** Whether something stands in between, so that the peer's address says nothing of the person. */
  readonly isProxied: boolean;
  readonly token: string | null;
  readonly origin: string | null;
  /** Sec-Fetch-Site; null: a client that does not send it. */
  readonly site: string | null;
};

export type Access =
  /** `mayAct` false: only looking is allowed, for lack of a token. */
  | { readonly ok: true; readonly caller: Caller; readonly mayAct: boolean }
  | {
      readonly ok: false;
      readonly status: 401 | 403 | 429;
      readonly reason: string;
      /** For people. */
      readonly error: string;
      /** Before another wrong token is answered as such [ms]. */
      readonly waitMs?: number;
    };

const LOOPBACK = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/;
/** Other names may lead here, too, and a page of theirs would then be of our origin (DNS rebinding). */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
/** What proxies add. */
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

export function askingOf(req: IncomingMessage): Asking {
  const { headers } = req;
  return {
    peer: req.socket.remoteAddress ?? '',
    host: headers.host ?? '',
    // No browser speaks HTTP/1.0; nginx does unless it is told otherwise.
    isProxied: req.httpVersion !== '1.1' || PROXIED.some((name) => headers[name] !== undefined),
    token: bearerIn(headers.authorization),
    origin: headers.origin ?? null,
    site: headerText(headers['sec-fetch-site']),
  };
}

const headerText = (value: string | readonly string[] | undefined): string | null =>
  value === undefined ? null : String(value);

const refuse = (status: 401 | 403, reason: string, error: string): Access => ({ ok: false, status, reason, error });

/** Whether the person sits at this machine, as far as that can be told. */
const isLocal = (a: Asking): boolean => LOOPBACK.test(a.peer) && LOOPBACK_HOST.test(a.host) && !a.isProxied;

/** Who may look. Everything is shown to whoever may: tokens of clients do not open the console. */
export function mayRead(a: Asking, auth: Authenticator, limiter: Limiter): Access {
  if (a.site !== null && a.site !== 'same-origin' && a.site !== 'none')
    return refuse(403, 'CROSS_SITE', 'only the console itself may ask for this');
  if (!auth.tokensExist()) {
    if (isLocal(a)) return { ok: true, caller: LOCAL_ADMIN, mayAct: true };
    return refuse(
      403,
      'NO_TOKENS',
      'This broker has no tokens yet and shows itself only on its own machine, at 127.0.0.1 or localhost. Make the first token there: berth token create --role admin',
    );
  }
  if (a.token !== null) return ofToken(a.token, a.peer, auth, limiter);
  if (isLocal(a)) return { ok: true, caller: LOCAL_ADMIN, mayAct: false };
  return refuse(401, 'TOKEN_MISSING', 'This console wants an admin token.');
}

/** A right token counts also while its peer must wait: behind a proxy all have the peer's address, and whoever guesses
 *  there would lock everybody else out. Nothing is lost by it, since tokens are far too long to be guessed. */
function ofToken(secret: string, peer: string, auth: Authenticator, limiter: Limiter): Access {
  const caller = secret.length <= MAX_SECRET ? auth.callerOf(secret) : null;
  if (caller === null) return ofGuess(peer, limiter);
  if (caller.role === 'admin') return { ok: true, caller, mayAct: true };
  return refuse(
    403,
    'NOT_ADMIN',
    `This is a client's token, of tenant "${caller.tenant}". The console shows every tenant and takes admin tokens only.`,
  );
}

function ofGuess(peer: string, limiter: Limiter): Access {
  const waitMs = limiter.waitMs(peer);
  if (waitMs === 0) {
    limiter.refused(peer);
    return refuse(401, 'TOKEN_INVALID', 'The token is unknown or was revoked.');
  }
  return {
    ok: false,
    status: 429,
    reason: 'TOO_MANY_WRONG_TOKENS',
    error: `Too many wrong tokens came from ${peer}. Try again in ${Math.ceil(waitMs / 1_000)} s.`,
    waitMs,
  };
}

/** Who may change something. A page of another site must not, with the trust that this machine's own users enjoy. */
export function mayAct(a: Asking, auth: Authenticator, limiter: Limiter): Access {
  const access = mayRead(a, auth, limiter);
  if (!access.ok) return access;
  if (!access.mayAct) return refuse(401, 'TOKEN_MISSING', 'Changing something takes an admin token.');
  if (a.origin === null) return refuse(403, 'ORIGIN_MISSING', 'the request does not say which page it comes from');
  if (originHost(a.origin) !== a.host.toLowerCase())
    return refuse(
      403,
      'CROSS_ORIGIN',
      `the page is of ${a.origin} and the request was sent to "${a.host}"; a proxy in front must pass the Host header on`,
    );
  return access;
}

function originHost(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
