import type { Instance, Protocol, Resources } from './types.ts';
import type { Renting } from './types-market.ts';

/** What admins are told. Units and what is not set: as in types.ts. */

export type SessionClass = {
  readonly name: string;
  readonly description: string;
  readonly provider: string;
  readonly proxy: string;
  readonly ports: readonly ClassPort[];
  readonly resources: Resources;
  readonly defaultLifetimeMs: number;
  readonly minLifetimeMs: number;
  readonly maxLifetimeMs: number;
  /** No extension passes this, counted from `active`. */
  readonly maxAgeMs: number;
  /** 0: never idle. */
  readonly defaultIdleTimeoutMs: number;
  readonly defaultQueueTimeoutMs: number;
  readonly commandAllowed: boolean;
  /** Names, or patterns with "*". */
  readonly envAllowed: readonly string[];
  /** Median of the last cold starts; `null` until there is one. */
  readonly expectedStartMs: number | null;
  /** Whether the endpoint asks for the session's access token. */
  readonly tokenRequired: boolean;
  /** Whether an instance that is lost in use is replaced behind the endpoint. */
  readonly replacesLost: boolean;
  /** What instances are made from. Empty: nothing, or the template's. */
  readonly image: string;
  /** The provider's template, by hash or number. */
  readonly template: string;
  /** `null`: its provider has no market. */
  readonly placement: ClassPlacement | null;
};

export type ClassPort = {
  readonly name: string;
  readonly protocol: Protocol;
  /** Where the program in the image listens. 0: it is told. */
  readonly number: number;
};

/** Where a class's instances may be rented; requirements may narrow it. */
export type ClassPlacement = {
  /** In order of preference. Empty: any. */
  readonly gpuModels: readonly string[];
  /** Two-letter country codes. Empty: anywhere. */
  readonly regions: readonly string[];
  /** US dollars, all parts together. `null`: only the provider's own cap holds. */
  readonly maxPricePerHour: number | null;
  readonly minReliability: number;
  readonly interruptible: boolean;
};

export type Reserve = {
  readonly class: string;
  readonly target: number;
  /** What the class's configuration says. */
  readonly configuredTarget: number;
  readonly ready: number;
  readonly starting: number;
  /** Failed starts in a row. */
  readonly failures: number;
  readonly backingOff: boolean;
  readonly lastFailure: string;
  readonly retryTime: Date | null;
  readonly setBy: string;
  readonly setTime: Date | null;
};

export type BrokerStatus = {
  readonly version: string;
  readonly replicaId: string;
  readonly installationId: string;
  /** Empty while no replica reconciles. */
  readonly leaderId: string;
  readonly store: string;
  readonly startTime: Date | null;
  /** Living ones by phase. */
  readonly sessions: Readonly<Record<string, number>>;
  readonly instances: Readonly<Record<string, number>>;
  readonly proxies: Readonly<Record<string, number>>;
  readonly reserves: readonly Reserve[];
  readonly loops: readonly LoopStatus[];
  readonly providers: readonly ProviderStatus[];
  /** Of the classes in which sessions wait. */
  readonly queues: readonly QueueStatus[];
  readonly renting: Renting;
};

export type QueueStatus = {
  readonly class: string;
  readonly waiting: number;
  /** Since when the one that waits longest does. */
  readonly oldestTime: Date | null;
  /** As told to the next one to be served. */
  readonly waitingFor: string;
};

export type LoopStatus = {
  readonly name: string;
  readonly lastPassTime: Date | null;
  /** Passes that failed in a row. */
  readonly failures: number;
  readonly lastError: string;
};

export type ProviderStatus = {
  readonly name: string;
  readonly instances: number;
  readonly maxInstances: number;
  readonly listTime: Date | null;
  readonly listError: string;
  /** US dollars per hour of what counts in `instances`, and its cap. */
  readonly pricePerHour: number;
  readonly maxPricePerHour: number;
  /** US dollars per hour of what carries the installation's tag and has no record. `null`: not known here. */
  readonly untrackedDollarsPerHour: number | null;
  /** US dollars of prepaid credit. `null`: not known here, or the provider takes none. */
  readonly credit: number | null;
};

export type Role = 'client' | 'admin';

export type Token = {
  /** Not secret. */
  readonly id: string;
  readonly tenant: string;
  readonly role: Role;
  readonly createTime: Date | null;
  readonly note: string;
};

/** `intended`: nothing was asked of the provider yet; `requested`: asked, and one may exist already. */
export type InstancePhase = 'intended' | 'requested' | 'booting' | 'ready' | 'bound' | 'destroying';

/** An instance that exists or is being made. */
export type InstanceStatus = Instance & {
  readonly class: string;
  readonly phase: InstancePhase;
  /** When the present phase began. */
  readonly phaseTime: Date | null;
  /** The session that has it or that it is made for; empty in the reserve. */
  readonly sessionId: string;
  /** Why it is being destroyed. */
  readonly reason: string;
  readonly detail: string;
  /** US dollars since it was rented. */
  readonly cost: number;
  /** How far its start is, in words for people; empty while nothing is told. */
  readonly progress: string;
  /** Why it failed, such as `slow` or `offline`; empty: it did not. */
  readonly cause: string;
  /** When it was first seen running. */
  readonly runningTime: Date | null;
};

export type EventKind = 'session' | 'instance' | 'proxy' | 'reserve' | 'host' | 'renting';

/** One line of the event log. */
export type BerthEvent = {
  /** Its place in the log; for `afterId`. */
  readonly id: string;
  readonly time: Date | null;
  /** An EventKind; a later broker may have more. */
  readonly kind: string;
  /** Id of the session, instance or proxy; for `reserve` the class; for `host` PROVIDER:MACHINE or
   *  PROVIDER:host:HOST; for `renting` `all`. */
  readonly subject: string;
  readonly class: string;
  /** Of a session's event. */
  readonly tenant: string;
  /** A token's id, `local`, or a loop of the leader. */
  readonly actor: string;
  /** The phase before, the reserve's target, `banned`, or `on` and `off`. Empty: made anew, the configuration's
   *  target, or not banned. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
  readonly detail: string;
  /** The session of an instance's or a proxy's event. */
  readonly sessionId: string;
};

/** What is left out matches any. */
export type EventFilter = {
  readonly kinds?: readonly EventKind[];
  /** Events of this session, and of its instances and proxies. */
  readonly sessionId?: string;
  readonly class?: string;
  readonly tenant?: string;
};

export type EventQuery = EventFilter & {
  /** 1 to 1,000. Default: 100. */
  readonly pageSize?: number;
  /** Only events after this one, the oldest first. Left out: the newest, still told oldest first. */
  readonly afterId?: string;
  readonly since?: Date;
};

export type EventPage = {
  /** Oldest first. */
  readonly events: readonly BerthEvent[];
  /** For `afterId` of the next call: behind the last event that was looked at. */
  readonly lastId: string;
  /** Whether there are more after `lastId` already. */
  readonly more: boolean;
};

export type TenantQuota = { readonly tenant: string; readonly uses: readonly QuotaUse[] };

export type QuotaUse = {
  /** `sessions`, `gpus`, `acquires-per-minute` or `class:NAME`. */
  readonly name: string;
  readonly used: number;
  /** `null`: not limited. */
  readonly limit: number | null;
};
