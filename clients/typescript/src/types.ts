/**
 * What the client takes and gives. Durations are milliseconds and end in `Ms`, sizes are bytes and end in `Bytes`,
 * times are `Date`, money is US dollars. What is not set is `null` (or an empty string, for texts).
 */

/**
 * - `queued`: waits for capacity
 * - `starting`: an instance is being created or boots
 * - `activating`: the instance is being handed what is the owner's own
 * - `active`: the endpoint answers; the lifetime counts from here
 * - `releasing`: the end was decided, the instance is being given up
 * - `released`: ended; kept for 24 h
 */
export type SessionPhase = 'queued' | 'starting' | 'activating' | 'active' | 'releasing' | 'released';

export type EndReason =
  | 'client'
  | 'expired'
  | 'idle'
  | 'unconfirmed'
  | 'queue-timeout'
  | 'start-failed'
  | 'activation-failed'
  | 'instance-lost'
  | 'budget'
  | 'admin'
  | 'broker-stop';

/** What to do when a living session has the name: refuse, answer that one, or release it and start anew. */
export type OnConflict = 'fail' | 'return' | 'replace';

export type Protocol = 'http' | 'grpc' | 'tcp';

/** An amount that is kept, and the most that may be used. */
export type Amount = { readonly request?: number; readonly limit?: number };

/** What is unset comes from the class; more than the class allows is refused. */
export type Requirements = {
  /** Cores, 0.001 to 1,024. */
  readonly cpu?: Amount;
  /** Bytes, 1 MiB to 64 TiB. */
  readonly memory?: Amount;
  readonly gpus?: {
    /** In order of preference, such as "RTX 4090". */
    readonly models?: readonly string[];
    readonly count?: number;
    /** Of each GPU. */
    readonly memoryBytes?: number;
  };
  readonly diskBytes?: number;
  /** Any of them: continents such as "europe", countries by their English name or two-letter code; "world" is anywhere. */
  readonly regions?: readonly string[];
  /** US dollars per hour, all parts together. */
  readonly maxPricePerHour?: number;
  readonly interruptible?: boolean;
  /** 0 to 1. */
  readonly minReliability?: number;
};

export type AcquireRequest = {
  /** Session class, as `classes()` lists them. */
  readonly class: string;
  /** Idempotency key, 1 to 128 characters of A-Z a-z 0-9 . _ : - . Made by the client when left out. */
  readonly requestId?: string;
  /** Unique among the tenant's living sessions. */
  readonly name?: string;
  /** Default: `fail`. */
  readonly onConflict?: OnConflict;
  readonly requirements?: Requirements;
  /** The end user. */
  readonly owner?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Environment of the instance; only what the class allows. Never shown again by any call. */
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the class's command; only if the class allows it. */
  readonly command?: readonly string[];
  /** Counted from `active`. */
  readonly lifetimeMs?: number;
  /** 0: never idle. */
  readonly idleTimeoutMs?: number;
  readonly queueTimeoutMs?: number;
  /** How long `acquire` waits for `active`. 0: answer at once. Left out: until active or ended. */
  readonly waitMs?: number;
};

/** Which session: its id, its name among the living ones, or the `requestId` it was asked for with. */
export type SessionRef = { readonly id: string } | { readonly name: string } | { readonly requestId: string };

export type Session = {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly owner: string;
  readonly class: string;
  readonly requestId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly phase: SessionPhase;
  /** Why it still waits, in words for people. */
  readonly waitingFor: string;
  /** Set in `releasing` and `released`. */
  readonly endReason: EndReason | null;
  readonly endDetail: string;
  /** Set from `active` on; never changes while the session lives. */
  readonly endpoint: Endpoint | null;
  readonly deadlines: Deadlines;
  /** Set from `starting` on. */
  readonly instance: Instance | null;
  /** US dollars so far. */
  readonly cost: number;
  readonly fromReserve: boolean;
  /** Grows with every change. */
  readonly revision: number;
  readonly createTime: Date | null;
  /** When the present phase began. */
  readonly phaseTime: Date | null;
  readonly activeTime: Date | null;
  readonly endTime: Date | null;
  /** When it should be active, from measured starts. */
  readonly expectedActiveTime: Date | null;
  /** Set when the end is near. */
  readonly warning: PlannedEnd | null;
  /** Instances tried so far. */
  readonly attempts: number;
  /** 1 for the next one of its class to be served; 0: not queued. */
  readonly queuePosition: number;
  /** How many offers were refused by which rule at the last look, while it waits or where it waited in vain. */
  readonly refused: Readonly<Record<string, number>>;
  /** When and why it ends if nothing happens, while `active`. */
  readonly plannedEnd: PlannedEnd | null;
  readonly lastUsedTime: Date | null;
  /** Instances that were lost and replaced behind the endpoint. */
  readonly replacements: number;
  /** How far its instance's start is, in words for people; empty while nothing is told. */
  readonly progress: string;
};

/** An end that comes by itself. */
export type PlannedEnd = { readonly reason: EndReason; readonly endTime: Date };

/** When the session ends if nothing happens. `null`: does not apply. */
export type Deadlines = {
  readonly queueTime: Date | null;
  readonly expireTime: Date | null;
  /** No extension passes this. */
  readonly maxExpireTime: Date | null;
  readonly idleTime: Date | null;
  /** Until then somebody must ask for the session. */
  readonly confirmTime: Date | null;
};

export type Endpoint = {
  readonly ports: readonly EndpointPort[];
  readonly stable: boolean;
  /** For the ports that say `tokenRequired`; only in the answers of `acquire` and `get`. Empty: none is needed. */
  readonly accessToken: string;
};

export type EndpointPort = {
  readonly name: string;
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Whether requests must carry the access token as `authorization: Bearer TOKEN`. */
  readonly tokenRequired: boolean;
  /** With the access token, for a browser; empty without one. */
  readonly link: string;
};

export type Instance = {
  readonly id: string;
  readonly provider: string;
  readonly providerRef: string;
  readonly machineId: string;
  readonly hostId: string;
  readonly region: string;
  readonly granted: Resources;
  /** While it runs, all parts together. */
  readonly pricePerHour: number;
  /** The part of it that is paid as long as the instance exists, running or not. */
  readonly storagePricePerHour: number;
  readonly createTime: Date | null;
};

/** 0 or empty: not limited or not known. */
export type Resources = {
  readonly cpuRequest: number;
  readonly cpuLimit: number;
  readonly memoryRequestBytes: number;
  readonly memoryLimitBytes: number;
  readonly gpuModel: string;
  readonly gpuCount: number;
  readonly gpuMemoryBytes: number;
  readonly diskBytes: number;
};

export type ListQuery = {
  /** 1 to 1,000. Default: 100. */
  readonly pageSize?: number;
  readonly pageToken?: string;
  readonly class?: string;
  /** Left out or empty: all but `released`. */
  readonly phases?: readonly SessionPhase[];
  readonly owner?: string;
  /** Only sessions that carry all of these. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Admins only. Left out: the caller's own, or every tenant for an admin. */
  readonly tenant?: string;
};

/** An empty `nextPageToken` marks the last page. */
export type SessionPage = { readonly sessions: readonly Session[]; readonly nextPageToken: string };
