import type { Cause } from './cause.ts';
import type { Addresses, NamedPort } from './endpoint.ts';
import type { InstanceId, ProxyId, SessionId } from './ids.ts';
import type { Micros, Resources } from './resources.ts';
import type { ReadinessPolicy } from './session-class.ts';
import type { EpochMs } from './time.ts';

export type DestroyReason =
  | 'released'
  | 'boot-timeout'
  | 'create-failed'
  | 'lost'
  | 'surplus'
  | 'unclaimed'
  | 'outdated'
  | 'hedge-lost'
  | 'orphan'
  | 'admin';

/** The provider's own name for an instance, and where it runs. Empty where the provider has no such notion. */
export type InstanceRef = {
  readonly id: string;
  readonly machine: string;
  readonly host: string;
  readonly region: string;
};

type Base = {
  readonly id: InstanceId;
  readonly revision: number;
  readonly class: string;
  /** The class's recipe when the instance was intended. */
  readonly recipe: string;
  readonly provider: string;
  /** The proxy that leads to it; the session's own once it replaces a lost one. */
  readonly proxy: ProxyId;
  /** The session it was made for, or that had it when it was given up; null for the reserve. */
  readonly for: SessionId | null;
  /** Started with a session's own command, environment or resources: never a reserve member. */
  readonly personal: boolean;
  readonly granted: Resources;
  readonly microsPerHour: Micros;
  /** The part of the price that is paid as long as it exists, running or not. Absent: none. */
  readonly storageMicrosPerHour?: Micros;
  /** Id of the offer that it is rented on, for another leader. Absent: the provider has no market. */
  readonly offer?: string;
  /** As the market told them of its machine. Absent: it did not; it may not be taken back. */
  readonly reliability?: number;
  readonly interruptible?: boolean;
  readonly ports: readonly NamedPort[];
  readonly readiness: ReadinessPolicy;
  readonly bootTimeoutMs: number;
  readonly createdAt: EpochMs;
  readonly since: EpochMs;
};

type Rented = {
  readonly ref: InstanceRef;
  readonly rentedAt: EpochMs;
  /** Since when it has been seen running. Absent: not yet. */
  readonly runningAt?: EpochMs;
  /** Since when its provider starts it again after it ran. Absent: it does not. */
  readonly interruptedAt?: EpochMs;
};

export type Instance = Base &
  (
    | { readonly phase: 'intended' }
    /** A machine may exist. Settled by looking: found by tag, or absent from two complete lists after `settleAt`. */
    | { readonly phase: 'requested'; readonly settleAt: EpochMs }
    | ({
        readonly phase: 'booting';
        readonly addresses: Addresses | null;
        readonly bootBy: EpochMs;
        /** What its provider says of its start. Absent: nothing. */
        readonly progress?: string;
      } & Rented)
    | ({ readonly phase: 'ready'; readonly addresses: Addresses; readonly startMs: number } & Rented)
    | ({ readonly phase: 'bound'; readonly addresses: Addresses; readonly session: SessionId } & Rented)
    /** `ref` null: it is not known whether a machine exists; proven by tag. */
    | {
        readonly phase: 'destroying';
        readonly ref: InstanceRef | null;
        readonly rentedAt: EpochMs | null;
        readonly settleAt: EpochMs;
        readonly why: DestroyReason;
        readonly detail: string;
        /** Where it failed. */
        readonly cause?: Cause;
        readonly runningAt?: EpochMs;
      }
    | {
        readonly phase: 'gone';
        readonly why: DestroyReason;
        readonly detail: string;
        readonly cause?: Cause;
        readonly rentedAt: EpochMs | null;
        readonly runningAt?: EpochMs;
      }
  );

export type InstancePhase = Instance['phase'];
export type InstanceIn<P extends InstancePhase> = Extract<Instance, { readonly phase: P }>;

/** Every legal move. `destroying` is legal from every phase after `intended` and is never given up. */
export const INSTANCE_NEXT: { readonly [P in InstancePhase]: readonly InstancePhase[] } = {
  intended: ['requested', 'gone'],
  requested: ['booting', 'destroying', 'gone'],
  booting: ['ready', 'destroying'],
  ready: ['bound', 'destroying'],
  bound: ['destroying'],
  destroying: ['gone'],
  gone: [],
};

/** Whether a provider may be billing for it. */
export const mayBill = (i: Instance): boolean => i.phase !== 'intended' && i.phase !== 'gone';

/** Whether the record stands for what its provider calls so. The tag alone does not tell: something may have been made
 *  twice with it. Of a record that does not know its own name yet, whatever has its tag may be it. */
export const standsFor = (i: Instance | undefined, refId: string): boolean =>
  i !== undefined && (!('ref' in i) || i.ref === null || i.ref.id === refId);

/** Whether nothing is to be expected of it any more: it is being destroyed, or not there. */
export const isOver = (i: Instance | undefined): boolean =>
  i === undefined || i.phase === 'destroying' || i.phase === 'gone';

/** A reserve member, ready or on its way: without a session and not being given up. */
export const isUnclaimed = (i: Instance): boolean => i.for === null && i.phase !== 'bound' && !isOver(i);
