import type { Micros, Resources } from './resources.ts';
import type { EpochMs } from './time.ts';

/** Something that can be rented now. What its provider does not tell is absent. */
export type Offer = {
  readonly id: string;
  readonly granted: Resources;
  /** All price parts together; of an interruptible one what would be bid. */
  readonly microsPerHour: Micros;
  /** The part of it that is paid as long as the instance exists, running or not. Absent: none. */
  readonly storageMicrosPerHour?: Micros;
  readonly machine: string;
  readonly host: string;
  /** Two-letter country code, where there is one. */
  readonly region: string;
  /** From 0 to 1. */
  readonly reliability?: number;
  readonly downMbps?: number;
  /** Highest CUDA version that its driver serves, such as 12.8. */
  readonly cuda?: number;
  /** Ports that it can map to its public address. */
  readonly directPorts?: number;
  readonly verified?: boolean;
  readonly datacenter?: boolean;
  /** Whether it may be taken back for a higher bid. */
  readonly interruptible?: boolean;
  /** When the rental ends by itself. */
  readonly endsAt?: EpochMs;
};
