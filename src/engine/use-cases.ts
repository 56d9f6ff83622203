import type { Caller, Role } from '../domain/caller.ts';
import type { Ban } from '../domain/host-registry.ts';
import type { SessionId, TokenId } from '../domain/ids.ts';
import type { Instance, InstancePhase } from '../domain/instance.ts';
import type { ProxyPhase } from '../domain/proxy.ts';
import type { Micros, Requirements, Resources } from '../domain/resources.ts';
import type { OnConflict, PlannedEnd, Refused, Session, SessionPhase } from '../domain/session.ts';
import type { SessionClass } from '../domain/session-class.ts';
import type { EpochMs } from '../domain/time.ts';

/** What AcquireSession was asked, decoded and checked for form; the class's limits are checked by the use case. */
export type AcquireInput = {
  /** Never empty: the edge fills in an id of its own. */
  readonly requestId: string;
  /** Empty: no name. */
  readonly name: string;
  readonly onConflict: OnConflict;
  readonly class: string;
  readonly requirements: Requirements;
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly lifetimeMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly queueTimeoutMs: number | null;
  /** How long the call waits; the edge has already bounded it by the call's deadline [ms]. */
  readonly waitMs: number;
};

export type SessionRef =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'request'; readonly requestId: string };

/** A session with what is computed at the moment of asking. */
export type SessionView = {
  readonly session: Session;
  readonly costMicros: Micros;
  readonly expectedActiveAt: EpochMs | null;
  /** How far its instance's start is, in words for people; empty while nothing is told. */
  readonly progress: string;
  /** From 1, while queued; 0: it is not. */
  readonly queuePosition: number;
  /** While active. */
  readonly plannedEnd: PlannedEnd | null;
  /** Only for the session's own tenant, and only where its endpoint asks for one. */
  readonly accessToken: string | null;
};

export type ListQuery = {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly class: string | null;
  /** Empty: all but `released`. */
  readonly phases: readonly SessionPhase[];
  readonly owner: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** null: the caller's own, for an admin every tenant. */
  readonly tenant: string | null;
};

export type SessionPage = { readonly sessions: readonly SessionView[]; readonly nextPageToken: string };

export type QuoteInput = {
  readonly class: string;
  readonly requirements: Requirements;
  /** Most offers to tell. */
  readonly limit: number;
};

/** One offer that an acquire could get, the best first. */
export type QuotedOffer = {
  readonly machine: string;
  readonly host: string;
  readonly region: string;
  readonly granted: Resources;
  readonly microsPerHour: Micros;
  readonly storageMicrosPerHour: Micros;
  /** null: not known. */
  readonly expectedStartMs: number | null;
  /** From 0 to 1; null: not known. */
  readonly reliability: number | null;
  readonly interruptible: boolean;
};

/** What an acquire would get now. */
export type QuoteView = {
  readonly provider: string;
  /** Reserve members that would do: they come first, and at once. */
  readonly ready: number;
  readonly offers: readonly QuotedOffer[];
  /** Offers that would do. */
  readonly suitable: number;
  /** Offers that would not, by rule. */
  readonly refused: Refused;
  /** Why there is nothing, in words for people; empty otherwise. */
  readonly why: string;
  /** When the provider was asked. */
  readonly takenAt: EpochMs;
};

/** What clients may do. Each call is refused with a BrokerError as `domain/errors.ts` tells. A caller with role
 *  `client` meets only its own tenant's sessions; others are `not-found` to it. */
export interface SessionUseCases {
  /** @param signal aborts when the call is cancelled or broken; that ends the waiting, never the session */
  acquire(caller: Caller, input: AcquireInput, signal: AbortSignal): Promise<SessionView>;
  /** null: only a tombstone was left. */
  release(caller: Caller, ref: SessionRef): Promise<SessionView | null>;
  get(caller: Caller, ref: SessionRef): Promise<SessionView>;
  list(caller: Caller, query: ListQuery): Promise<SessionPage>;
  watch(caller: Caller, ref: SessionRef, afterRevision: number, signal: AbortSignal): AsyncIterable<SessionView>;
  /** What an acquire with these requirements would get now; rents nothing. */
  quote(caller: Caller, input: QuoteInput, signal: AbortSignal): Promise<QuoteView>;
  keepAlive(caller: Caller, ref: SessionRef): Promise<SessionView>;
  extend(caller: Caller, ref: SessionRef, expireAt: EpochMs): Promise<SessionView>;
  logs(
    caller: Caller,
    ref: SessionRef,
    query: { readonly follow: boolean; readonly tailLines: number | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}

export type ReserveView = {
  readonly class: string;
  readonly target: number;
  readonly configuredTarget: number;
  readonly ready: number;
  readonly starting: number;
  readonly failures: number;
  readonly backingOff: boolean;
  readonly lastFailure: string;
  readonly retryAt: EpochMs | null;
  readonly setBy: string;
  readonly setAt: EpochMs | null;
};

export type LoopView = {
  readonly name: string;
  readonly lastPassAt: EpochMs | null;
  readonly failures: number;
  readonly lastError: string;
};

export type ProviderView = {
  readonly name: string;
  readonly instances: number;
  readonly maxInstances: number;
  readonly listedAt: EpochMs | null;
  readonly listError: string;
  /** Price of what counts in `instances`, and its cap. */
  readonly microsPerHour: Micros;
  readonly maxMicrosPerHour: Micros;
  /** Price of what carries our tag and has no record: what would be leaked, were it not ended. Known to the leader;
   *  null: not known here. */
  readonly untrackedMicrosPerHour: Micros | null;
  /** Prepaid money left. null: not known here, or the provider takes none. */
  readonly creditMicros: Micros | null;
};

/** Whether anything may be rented. */
export type RentingView = {
  readonly on: boolean;
  /** Empty: nobody has ever said. */
  readonly by: string;
  readonly at: EpochMs | null;
  readonly why: string;
};

/** A machine, or with an empty `machine` a host, as the registry knows it. */
export type HostView = {
  readonly provider: string;
  readonly machine: string;
  readonly host: string;
  /** Its own; null: it may be rented, unless its host is banned. */
  readonly ban: Ban | null;
  /** Of a machine: that of its host. */
  readonly hostBan: Ban | null;
  /** Measured starts that are kept. */
  readonly starts: number;
  readonly startP50Ms: number | null;
  readonly startP90Ms: number | null;
  /** Instances lost on it within the window that counts. */
  readonly losses: number;
};

export type HostQuery = {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly provider: string | null;
  readonly bannedOnly: boolean;
};
export type HostPage = { readonly hosts: readonly HostView[]; readonly nextPageToken: string };

/** Exactly one of the two is not empty. */
export type HostTarget = { readonly provider: string; readonly machine: string; readonly host: string };

/** What was spent, as far as berth's own meter tells. */
export type TenantCost = {
  readonly tenant: string;
  /** Of its living sessions per hour, now. */
  readonly microsPerHour: Micros;
  readonly sessions: number;
  /** Of its living sessions so far. */
  readonly livingMicros: Micros;
  /** Of the sessions that ended on each UTC day, newest first; only days with any. */
  readonly days: readonly { readonly day: string; readonly micros: Micros }[];
};
export type CostView = {
  readonly tenants: readonly TenantCost[];
  /** Of instances that no session has: the reserve, and what is being destroyed. For an admin; 0 for others. */
  readonly reserveMicrosPerHour: Micros;
  readonly destroyingMicrosPerHour: Micros;
};

export type StatusView = {
  readonly version: string;
  readonly replicaId: string;
  readonly installationId: string;
  readonly leaderId: string;
  readonly store: string;
  readonly startedAt: EpochMs;
  readonly sessions: Readonly<Partial<Record<SessionPhase, number>>>;
  readonly instances: Readonly<Partial<Record<InstancePhase, number>>>;
  readonly proxies: Readonly<Partial<Record<ProxyPhase, number>>>;
  readonly reserves: readonly ReserveView[];
  readonly loops: readonly LoopView[];
  readonly providers: readonly ProviderView[];
  readonly queues: readonly QueueView[];
  readonly renting: RentingView;
};

/** An instance that exists or is being made. */
export type InstanceView = {
  readonly instance: Instance;
  readonly costMicros: Micros;
  /** How far its start is, in words for people; empty while nothing is told. */
  readonly progress: string;
};

export type InstanceQuery = { readonly pageSize: number; readonly pageToken: string; readonly class: string | null };
export type InstancePage = { readonly instances: readonly InstanceView[]; readonly nextPageToken: string };

/** One line of the event log. */
export type EventView = {
  /** Its place in the log; for `afterId`. */
  readonly id: string;
  readonly at: EpochMs;
  readonly kind: EventKind;
  /** Id of the session, instance or proxy; for `reserve` the class, for `host` `PROVIDER:MACHINE` or
   *  `PROVIDER:host:HOST`, for `renting` `all`. */
  readonly subject: string;
  readonly class: string;
  /** Empty but for a session's event. */
  readonly tenant: string;
  /** A token's id, `admin-token-file`, `local`, or a loop of the leader; `blacklist` for a ban that is read there,
   *  `restored` for what is put back into an emptied store, `broker` where it was told to end all. */
  readonly actor: string;
  /** Phase, or reserve target; null: made anew, or the configuration's target. For `host` `banned` or null, for
   *  `renting` `on` or `off`. */
  readonly before: string | null;
  readonly after: string | null;
  readonly reason: string;
  readonly detail: string;
  /** The session of an instance's or a proxy's event; null: none. */
  readonly session: string | null;
};

export type EventKind = 'session' | 'instance' | 'proxy' | 'reserve' | 'host' | 'renting';

/** What is empty or null matches any. */
export type EventFilter = {
  readonly kinds: readonly EventKind[];
  readonly session: string | null;
  readonly class: string | null;
  readonly tenant: string | null;
};

export type EventQuery = {
  readonly filter: EventFilter;
  readonly pageSize: number;
  /** Only later ones, the oldest first; empty: the newest, still told oldest first. */
  readonly afterId: string;
  readonly sinceAt: EpochMs | null;
};

/** `lastId`: behind the last event that was looked at. */
export type EventPage = { readonly events: readonly EventView[]; readonly lastId: string; readonly more: boolean };

export type QuotaUse = { readonly name: string; readonly used: number; readonly limit: number | null };
export type TenantQuota = { readonly tenant: string; readonly uses: readonly QuotaUse[] };

export type QueueView = {
  readonly class: string;
  readonly waiting: number;
  readonly oldestAt: EpochMs;
  readonly waitingFor: string;
};

/** What admins may look at beside the status; a client may ask for its own tenant's quotas. */
export interface AdminReads {
  instances(caller: Caller, query: InstanceQuery): Promise<InstancePage>;
  events(caller: Caller, query: EventQuery): Promise<EventPage>;
  /** Events after `afterId` (empty: those to come), none left out, until `signal` aborts. */
  watchEvents(caller: Caller, filter: EventFilter, afterId: string, signal: AbortSignal): AsyncIterable<EventView>;
  /** @param tenant null: for an admin all, for a client its own */
  quotas(caller: Caller, tenant: string | null): Promise<readonly TenantQuota[]>;
  /** @param tenant null: for an admin all, for a client its own. @param days how far back, 1 to 90 */
  costs(caller: Caller, tenant: string | null, days: number): Promise<CostView>;
  hosts(caller: Caller, query: HostQuery): Promise<HostPage>;
}

export type ClassView = { readonly class: SessionClass; readonly expectedStartMs: number | null };

export type TokenView = {
  readonly id: TokenId;
  readonly tenant: string;
  readonly role: Role;
  readonly createdAt: EpochMs;
  readonly note: string;
};

/** What admins may do; `classes` is open to clients too, the rest is `denied` to them. */
export interface AdminUseCases extends AdminReads {
  classes(caller: Caller): Promise<readonly ClassView[]>;
  /** @param target null: back to the configuration's */
  setReserve(caller: Caller, className: string, target: number | null): Promise<ReserveView>;
  /** @param className null: all classes */
  reserves(caller: Caller, className: string | null): Promise<readonly ReserveView[]>;
  terminate(caller: Caller, id: SessionId, detail: string): Promise<SessionView>;
  status(caller: Caller): Promise<StatusView>;
  /** @param termMs null: as long as bans last by themselves */
  banHost(caller: Caller, target: HostTarget, termMs: number | null, reason: string): Promise<HostView>;
  /** Not an error where there is no ban. */
  unbanHost(caller: Caller, target: HostTarget): Promise<HostView>;
  /** Stops, or allows again, all renting at once; what runs goes on. */
  setRenting(caller: Caller, on: boolean, why: string): Promise<RentingView>;
  createToken(caller: Caller, tenant: string, role: Role, note: string): Promise<{ token: TokenView; secret: string }>;
  listTokens(caller: Caller): Promise<readonly TokenView[]>;
  revokeToken(caller: Caller, id: string): Promise<void>;
}

/** Whom a bearer token belongs to. */
export interface Authenticator {
  /** Whether any token exists; without one, calls from this machine are an admin's of tenant `default`. */
  tokensExist(): boolean;
  /** null: no such token. @param secret as sent by the client */
  callerOf(secret: string): Caller | null;
}
