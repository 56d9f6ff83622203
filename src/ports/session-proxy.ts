import type { Addresses, Endpoint, NamedPort } from '../domain/endpoint.ts';
import type { ProxyId } from '../domain/ids.ts';
import type { ProxySettings } from '../domain/proxy.ts';
import type { EpochMs } from '../domain/time.ts';

export type ProxySpec = {
  readonly id: ProxyId;
  readonly ports: readonly NamedPort[];
  /** Where the instance answers; null while that is not known yet. */
  readonly upstream: Addresses | null;
  /** Of its class when it was made; absent where the kind has none. */
  readonly settings?: ProxySettings;
  /** HTTP and gRPC ports let only requests through that carry it; TCP ports cannot ask for it. Absent: open to all. */
  readonly accessToken?: string;
  /** Sent to the instance in place of the caller's Authorization. Secret. */
  readonly authorization?: string;
};

/** What is known of a proxy's use by clients. berth's own probes are none. */
export type ProxyActivity = {
  /** When the last request or connection that has ended did; null: there was none. */
  readonly lastEndedAt: EpochMs | null;
  /** Connections of clients that are open now. */
  readonly connections: number;
  /** When data last moved on one of these, or one was opened; null: there are none, or this system does not tell. */
  readonly lastDataAt: EpochMs | null;
};

export type ProxySeen =
  | { readonly status: 'starting'; readonly detail: string }
  /** The endpoint accepts connections; whether the instance behind answers is another question. */
  | { readonly status: 'serving'; readonly endpoint: Endpoint }
  | { readonly status: 'absent' };

/** Owns the stable address of a session and forwards to the instance behind it. */
export interface SessionProxy {
  readonly kind: string;
  /** How often one that serves is to be asked for again, which heals it; null: it cannot break by itself [ms]. */
  readonly checkMs: number | null;
  /** Makes the proxy what `spec` says and tells what is there now. Idempotent, in parts if need be: call again.
   *  Once `serving` was answered, the endpoint never changes. It says whether it asks for the token.
   *  @throws BrokerError `no-capacity` when there is no room for it now, `unavailable` when it cannot be made */
  ensure(spec: ProxySpec, signal: AbortSignal): Promise<ProxySeen>;
  /** Ends it; resolves also when already gone. Open connections are cut. */
  remove(id: ProxyId, signal: AbortSignal): Promise<void>;
  /** The use of these proxies, seen in one look for all; those of which nothing is known are left out. */
  activity(ids: readonly ProxyId[], signal: AbortSignal): Promise<ReadonlyMap<ProxyId, ProxyActivity>>;
  /** Every proxy of this installation, complete or an error: basis of orphan collection. */
  listOwned(signal: AbortSignal): Promise<readonly ProxyId[]>;
}
