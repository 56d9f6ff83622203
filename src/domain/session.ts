import type { Endpoint } from './endpoint.ts';
import type { InstanceId, ProxyId, SessionId } from './ids.ts';
import type { Micros, Requirements, Resources } from './resources.ts';
import type { EpochMs } from './time.ts';

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

/** What the caller asked for, as far as a retry must repeat it. Environment values live in a secret record. */
export type Asked = {
  readonly class: string;
  readonly name: string;
  readonly onConflict: OnConflict;
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly requirements: Requirements;
  readonly command: readonly string[];
  /** SHA-256 over the session's salt and the sorted environment; empty when none was given. */
  readonly envDigest: string;
  readonly lifetimeMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly queueTimeoutMs: number | null;
};

export type OnConflict = 'fail' | 'return' | 'replace';

/** Limits taken from the class when the session was asked for, so that a changed class does not move them. */
export type SessionTerms = {
  readonly lifetimeMs: number;
  readonly maxAgeMs: number;
  /** null: never idle. */
  readonly idleTimeoutMs: number | null;
  readonly queueTimeoutMs: number;
  readonly confirmTimeoutMs: number;
  readonly warnBeforeMs: number;
  readonly startAttempts: number;
  /** Offers that may turn out to be gone before it counts as a failed start. Absent: every one does. */
  readonly offerAttempts?: number;
};

/** The instance that serves a session, as the client sees it. */
export type InstanceFacts = {
  readonly id: InstanceId;
  readonly proxy: ProxyId;
  readonly provider: string;
  readonly ref: string;
  readonly machine: string;
  readonly host: string;
  readonly region: string;
  readonly granted: Resources;
  readonly microsPerHour: Micros;
  /** The part of the price that is paid as long as it exists. Absent: none. */
  readonly storageMicrosPerHour?: Micros;
  /** Since when it is rented, and since when it has been seen running. Absent: not yet, as far as was known. */
  readonly rentedAt?: EpochMs;
  readonly runningAt?: EpochMs;
  readonly createdAt: EpochMs;
};

/** An end that comes by itself. */
export type PlannedEnd = { readonly reason: 'expired' | 'idle' | 'unconfirmed'; readonly endAt: EpochMs };

/** What a session added to its tenant's counters when it was made, beside itself: it gives back exactly that. */
export type Counted = { readonly gpus: number };

type Base = {
  readonly id: SessionId;
  /** As in the store; 0 before the first commit. */
  readonly revision: number;
  readonly tenant: string;
  readonly requestId: string;
  readonly asked: Asked;
  readonly terms: SessionTerms;
  readonly createdAt: EpochMs;
  /** When the present phase began. */
  readonly since: EpochMs;
  /** Instances tried so far. */
  readonly attempts: number;
  /** Offers that were gone when they were to be rented, since the last that was not. Absent: none. */
  readonly offersGone?: number;
  /** What it counts in its tenant's quotas. Absent: made by a broker that knew of none. */
  readonly counted?: Counted;
};

/** A lost instance on its way to be replaced behind the session's endpoint. */
export type Replacing = {
  /** When it was lost, and why. */
  readonly since: EpochMs;
  readonly detail: string;
  /** Instances tried for this loss. */
  readonly attempts: number;
  /** Why none is on its way, in words for people; empty while one is. */
  readonly waitingFor: string;
};

/** In use from `active` on. Deadlines are data: they survive a restart. */
export type Use = {
  readonly instance: InstanceFacts;
  readonly endpoint: Endpoint;
  readonly fromReserve: boolean;
  readonly activeAt: EpochMs;
  readonly expireAt: EpochMs;
  readonly lastUsedAt: EpochMs;
  /** What its instance said then of its use, where that is a value that changes with it. Absent: nothing yet. */
  readonly counter?: string;
  /** Until then somebody must ask for the session; null once somebody did. */
  readonly confirmBy: EpochMs | null;
  readonly warning: PlannedEnd | null;
  /** While its instance is lost and another is being had; absent: it is not. */
  readonly replacing?: Replacing;
  /** Instances that were lost and replaced. Absent: none. */
  readonly replacements?: number;
  /** Cost of the instances before this one. Absent: there were none. */
  readonly spentMicros?: Micros;
  /** Since when the present instance is paid; null: there is none now. Absent: its first one, as `cost.ts` tells. */
  readonly paidFrom?: EpochMs | null;
};

/** How many offers were refused by which rule. */
export type Refused = Readonly<Record<string, number>>;

export type End = {
  readonly why: EndReason;
  readonly detail: string;
  /** Whether the session ever was active. */
  readonly wasActive: boolean;
  /** Where it waited in vain. */
  readonly refused?: Refused;
};

export type Session = Base &
  (
    | {
        readonly phase: 'queued';
        readonly queueBy: EpochMs;
        readonly waitingFor: string;
        /** Offers refused at the last look, by rule. Absent: none. */
        readonly refused?: Refused;
      }
    | { readonly phase: 'starting'; readonly queueBy: EpochMs; readonly instance: InstanceFacts }
    | {
        readonly phase: 'activating';
        readonly instance: InstanceFacts;
        readonly activateBy: EpochMs;
        readonly fromReserve: boolean;
        readonly endpoint: Endpoint;
      }
    | ({ readonly phase: 'active' } & Use)
    | ({ readonly phase: 'releasing'; readonly instance: InstanceFacts | null; readonly use: Use | null } & End)
    | ({
        readonly phase: 'released';
        readonly instance: InstanceFacts | null;
        readonly use: Use | null;
        readonly releasedAt: EpochMs;
        /** The record is dropped after this. */
        readonly keepUntil: EpochMs;
        readonly costMicros: Micros;
      } & End)
  );

export type SessionPhase = Session['phase'];
export type SessionIn<P extends SessionPhase> = Extract<Session, { readonly phase: P }>;

/** Every legal move. `engine/records/ledger.ts` refuses others, a test walks it, ARCHITECTURE.md prints it. */
export const SESSION_NEXT: { readonly [P in SessionPhase]: readonly SessionPhase[] } = {
  queued: ['starting', 'activating', 'active', 'releasing'],
  starting: ['queued', 'activating', 'active', 'releasing'],
  activating: ['queued', 'active', 'releasing'],
  active: ['releasing'],
  releasing: ['released'],
  released: [],
};
