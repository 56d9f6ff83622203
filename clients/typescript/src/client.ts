import { type AcquireOptions, acquireSession } from './acquire.ts';
import { type AdminCalls, createAdminCalls } from './admin.ts';
import { type CallOptions, type Calls, createCalls } from './calls.ts';
import { openChannel, type TlsOptions } from './channel.ts';
import { decodeSession } from './decode.ts';
import { encodeList, encodeRef, encodeTime } from './encode.ts';
import type { ExtendSessionResponse__Output } from './generated/berth/v1/ExtendSessionResponse.ts';
import type { GetSessionResponse__Output } from './generated/berth/v1/GetSessionResponse.ts';
import type { KeepAliveResponse__Output } from './generated/berth/v1/KeepAliveResponse.ts';
import type { ListSessionsResponse__Output } from './generated/berth/v1/ListSessionsResponse.ts';
import type { ReleaseSessionResponse__Output } from './generated/berth/v1/ReleaseSessionResponse.ts';
import { type LogOptions, streamLogs } from './logs.ts';
import { createMarketCalls, type MarketCalls } from './market.ts';
import { SYSTEM, type System } from './system.ts';
import type { AcquireRequest, ListQuery, Session, SessionPage, SessionRef } from './types.ts';
import { type WatchOptions, waitForActive, watchSession } from './watch.ts';

// The package's door: what callers name in their own types.
export type { AcquireOptions } from './acquire.ts';
export type { AdminCalls } from './admin.ts';
export type { CallOptions } from './calls.ts';
export type { TlsOptions } from './channel.ts';
export { BerthError, type BerthErrorCode, isBerthError } from './errors.ts';
export type { EventWatchOptions } from './events.ts';
export type { LogOptions } from './logs.ts';
export type { MarketCalls } from './market.ts';
export type * from './types.ts';
export type * from './types-admin.ts';
export type * from './types-market.ts';
export type { WatchOptions } from './watch.ts';

export type ClientOptions = {
  /** `HOST:PORT`, `[IPv6]:PORT` or `unix:/path`. Default: 127.0.0.1:7700. */
  readonly address?: string;
  /** Bearer token. */
  readonly token?: string;
  /** Default: no TLS. */
  readonly tls?: TlsOptions;
  /** Send a token without TLS to another machine, where the network is trusted. */
  readonly insecure?: boolean;
  /** How long the broker may take to answer one call, beyond what the call waits by itself. Default: 30 s. */
  readonly deadlineMs?: number;
  /** How long calls that answer `unavailable` are tried again. 0: not at all. Default: 30 s. */
  readonly retryForMs?: number;
  /** The same while no broker can be reached at all. Default: as `retryForMs`. */
  readonly unreachableForMs?: number;
  /** Between two HTTP/2 pings on a silent connection. Default: 30 s. */
  readonly keepaliveMs?: number;
  /** Time and chance; for tests. */
  readonly system?: System;
};

/** A session that is released when its block ends (`await using`). */
export type HeldSession = Session & AsyncDisposable;

/** Every method rejects with a BerthError, or with its signal's reason. */
export type BerthClient = AdminCalls &
  MarketCalls & {
    /**
     * Asks for a session and waits until it is active (or as long as `waitMs` says, answering an earlier phase then).
     * Always carries a `requestId`, so that a retry meets the same session. An abort ends the waiting, not the session.
     * @throws BerthError `resource-exhausted`: a limit, or QUEUE_TIMEOUT; `aborted`: it ended before it was active, and
     *   another try needs a new `requestId`; `already-exists`: the name, or the requestId with other content
     */
    acquire(request: AcquireRequest, options?: AcquireOptions): Promise<Session>;
    /** As `acquire`; the session is released when the block ends: `await using s = await client.session(...)`. */
    session(request: AcquireRequest, options?: AcquireOptions): Promise<HeldSession>;
    /** Answers at once, also when already released. `null`: the `requestId` is not known yet; its acquire will be
     *  refused when it arrives. */
    release(ref: SessionRef, options?: CallOptions): Promise<Session | null>;
    /** Also for 24 h after the end. Confirms a session that nobody waited for. */
    get(ref: SessionRef, options?: CallOptions): Promise<Session>;
    /** One page, in order of creation. */
    list(query?: ListQuery, options?: CallOptions): Promise<SessionPage>;
    /** Every session that matches, page by page. */
    listAll(query?: ListQuery, options?: CallOptions): AsyncGenerator<Session, void, undefined>;
    /** The present state, then each later one, until released. States in between may be left out, the last never is.
     *  Goes on after a broken connection. */
    watch(ref: SessionRef, options?: WatchOptions): AsyncGenerator<Session, void, undefined>;
    /** The session once it is active. @throws BerthError as `acquire` when it ends before */
    waitUntilActive(
      ref: SessionRef,
      options?: WatchOptions & { readonly onProgress?: (session: Session) => void },
    ): Promise<Session>;
    /** Restarts the idle time. */
    keepAlive(ref: SessionRef, options?: CallOptions): Promise<Session>;
    /** Moves the end of the lifetime to `expireTime`. */
    extend(ref: SessionRef, expireTime: Date, options?: CallOptions): Promise<Session>;
    /** Bytes as the instance wrote them, oldest first. With `follow` it goes on after a broken connection: nothing is left
     *  out; what repeats itself word for word may come twice then. Otherwise it is not tried again. */
    logs(ref: SessionRef, options?: LogOptions): AsyncGenerator<Uint8Array, void, undefined>;
    /** Ends every open call and the connection. Sessions go on. */
    close(): void;
    [Symbol.dispose](): void;
  };

/** Connects at the first call. @throws BerthError `invalid-argument` for settings that cannot work */
export function createClient(options: ClientOptions = {}): BerthClient {
  const { address = '127.0.0.1:7700', deadlineMs = 30_000, retryForMs = 30_000, ...rest } = options;
  const { unreachableForMs = retryForMs } = options;
  const channel = openChannel({ address, ...rest });
  const calls = createCalls(channel, endingWith(channel.closing, options.system ?? SYSTEM), {
    deadlineMs,
    retryForMs,
    unreachableForMs,
  });
  const sessions = createSessionCalls(calls);
  return {
    ...sessions,
    ...createAdminCalls(calls),
    ...createMarketCalls(calls),
    async session(request, o = {}) {
      const session = await acquireSession(calls, request, o);
      const release = async () => void (await sessions.release({ id: session.id }));
      return { ...session, [Symbol.asyncDispose]: release };
    },
    close: channel.close,
    [Symbol.dispose]: channel.close,
  };
}

/** No pause outlives the client. */
const endingWith = (closing: AbortSignal, system: System): System => ({
  ...system,
  sleep: (ms, signal) => system.sleep(ms, signal === undefined ? closing : AbortSignal.any([signal, closing])),
});

type SessionCalls = Omit<
  BerthClient,
  keyof AdminCalls | keyof MarketCalls | 'session' | 'close' | typeof Symbol.dispose
>;

function createSessionCalls(calls: Calls): SessionCalls {
  const { call, channel } = calls;
  const { sessions } = channel;
  const list: BerthClient['list'] = async (query = {}, options) => {
    const page = await call<ListSessionsResponse__Output>(
      (m, o, done) => sessions.listSessions(encodeList(query), m, o, done),
      options,
    );
    return { sessions: page.sessions.map(decodeSession), nextPageToken: page.nextPageToken };
  };
  return {
    acquire: (request, o = {}) => acquireSession(calls, request, o),
    async release(ref, options) {
      const request = encodeRef(ref);
      const { session } = await call<ReleaseSessionResponse__Output>(
        (m, o, done) => sessions.releaseSession(request, m, o, done),
        options,
      );
      return session === null ? null : decodeSession(session);
    },
    async get(ref, options) {
      const request = encodeRef(ref);
      return decodeSession(
        (await call<GetSessionResponse__Output>((m, o, done) => sessions.getSession(request, m, o, done), options))
          .session,
      );
    },
    list,
    async *listAll(query = {}, options) {
      let pageToken = query.pageToken ?? '';
      do {
        const page = await list({ ...query, pageToken }, options);
        yield* page.sessions;
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
    },
    watch: (ref, o) => watchSession(calls, ref, o),
    waitUntilActive: (ref, o = {}) => waitForActive(calls, ref, o),
    async keepAlive(ref, options) {
      const request = encodeRef(ref);
      return decodeSession(
        (await call<KeepAliveResponse__Output>((m, o, done) => sessions.keepAlive(request, m, o, done), options))
          .session,
      );
    },
    async extend(ref, expireTime, options) {
      const request = { ...encodeRef(ref), expireTime: encodeTime(expireTime) };
      return decodeSession(
        (
          await call<ExtendSessionResponse__Output>(
            (m, o, done) => sessions.extendSession(request, m, o, done),
            options,
          )
        ).session,
      );
    },
    logs: (ref, o) => streamLogs(calls, ref, o),
  };
}
