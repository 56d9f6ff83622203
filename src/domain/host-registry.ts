import type { EpochMs } from './time.ts';

export type BanReason =
  | 'slow-start'
  | 'pull-failed'
  | 'runtime-failed'
  | 'losses'
  | 'banned-machines'
  | 'admin'
  /** Read from the blacklist of the provisioner that berth replaces. */
  | 'legacy';

export type Ban = {
  readonly at: EpochMs;
  readonly until: EpochMs;
  readonly reason: BanReason;
  /** In words for people: what was seen, on which instance. */
  readonly evidence: string;
  /** A token's id, `local`, or the loop that did it. */
  readonly by: string;
};

/** One start on a machine. A start that failed counts with the time until it was given up. */
export type StartSample = { readonly at: EpochMs; readonly ms: number };

/** What is known of a physical machine. */
export type MachineRecord = {
  readonly provider: string;
  readonly machine: string;
  readonly host: string;
  readonly ban: Ban | null;
  /** Oldest first. */
  readonly starts: readonly StartSample[];
  /** When instances on it were lost, oldest first; only those within the window. */
  readonly losses: readonly EpochMs[];
};

/** What is known of the owner of machines. */
export type HostRecord = {
  readonly provider: string;
  readonly host: string;
  readonly ban: Ban | null;
  /** Machines of its that were banned lately. */
  readonly banned: readonly { readonly machine: string; readonly at: EpochMs }[];
};

export type BanPolicy = {
  /** How long a ban lasts [ms]. */
  readonly termMs: number;
  /** Losses on one machine within `lossWindowMs` that ban it. */
  readonly losses: number;
  readonly lossWindowMs: number;
  /** Banned machines within `hostWindowMs` that ban their host. */
  readonly hostAfter: number;
  readonly hostWindowMs: number;
};
