import type { Addresses, Endpoint, NamedPort } from './endpoint.ts';
import type { InstanceId, ProxyId, SessionId } from './ids.ts';
import type { EpochMs } from './time.ts';

/** How a proxy forwards. Sizes in bytes. */
export type ProxySettings = {
  /** Longest body of one HTTP request; 0: no limit. */
  readonly maxBody: number;
  /** Longest line of a request's headers, and longest headers of an answer. */
  readonly maxHeader: number;
  /** Connections of clients at a time, over all ports. */
  readonly maxConnections: number;
  /** The instance must accept a connection within this. */
  readonly connectTimeoutMs: number;
  /** The instance says nothing: in an open request, a WebSocket, a stream or a TCP connection. */
  readonly readTimeoutMs: number;
  /** The instance takes nothing of what is sent to it. */
  readonly sendTimeoutMs: number;
  /** From the first to the last byte of a request's headers. */
  readonly clientHeaderTimeoutMs: number;
  /** The client says nothing inside a body. An idle gRPC stream of a client is one. */
  readonly clientBodyTimeoutMs: number;
  /** The client takes nothing of what is sent to it. */
  readonly clientSendTimeoutMs: number;
  /** A client's connection without an open request is kept for this. */
  readonly keepaliveTimeoutMs: number;
  /** Sent to the instance in place of the caller's Authorization; `{{instance_token}}` may stand in it. Absent: what
   *  the caller sent, without the access token. */
  readonly authorization?: string;
  /** Connections to the instance before live this long after another took its place. */
  readonly drainTimeoutMs: number;
};

type Base = {
  readonly id: ProxyId;
  readonly revision: number;
  /** Which implementation: `direct`, `nginx-local`, later `nginx-pod`. */
  readonly kind: string;
  readonly class: string;
  /** Of its class when it was made. Absent where the kind has none. */
  readonly settings?: ProxySettings;
  /** Whether its HTTP and gRPC ports ask for the session's access token. Absent: they do not. */
  readonly access?: 'token';
  readonly ports: readonly NamedPort[];
  /** The instance behind it; another one after a loss in use that is replaced. */
  readonly instance: InstanceId;
  /** The session whose address it is; null in the reserve. Bound once. */
  readonly session: SessionId | null;
  readonly createdAt: EpochMs;
  readonly since: EpochMs;
};

export type Proxy = Base &
  (
    | { readonly phase: 'creating'; readonly upstream: Addresses | null }
    /** `upstream` empty: its instance was lost, and none has taken its place yet. */
    | { readonly phase: 'serving'; readonly upstream: Addresses; readonly endpoint: Endpoint }
    | { readonly phase: 'deleting' }
    | { readonly phase: 'gone' }
  );

export type ProxyPhase = Proxy['phase'];
export type ProxyIn<P extends ProxyPhase> = Extract<Proxy, { readonly phase: P }>;

export const PROXY_NEXT: { readonly [P in ProxyPhase]: readonly ProxyPhase[] } = {
  creating: ['serving', 'deleting'],
  serving: ['deleting'],
  deleting: ['gone'],
  gone: [],
};
