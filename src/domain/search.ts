import type { Micros, Requirements, Resources } from './resources.ts';

/** Where a class's instances may be rented on a market, and how offers are compared. */
export type Placement = {
  /** In order of preference; the first that has an offer is taken. Empty: any. */
  readonly gpuModels: readonly string[];
  /** As `regions.ts` reads them: words or two-letter country codes. Empty: anywhere. */
  readonly regions: readonly string[];
  /** All price parts, disk included. null: only the provider's cap holds. */
  readonly maxMicrosPerHour: Micros | null;
  /** From 0 to 1. */
  readonly minReliability: number;
  readonly minDownMbps: number;
  /** Such as 12.4; 0: any. */
  readonly minCuda: number;
  readonly verified: boolean;
  readonly datacenter: boolean;
  readonly interruptible: boolean;
  /** The offer must last at least this long [ms]. */
  readonly minRemainingMs: number;
  /** The provider's own query, merged over what the rest says; null: none. */
  readonly query: Readonly<Record<string, unknown>> | null;
  /** What a minute of waiting for a start is worth. */
  readonly microsPerMinute: Micros;
  /** How long an instance is expected to be used: what its price counts for in the comparison [hours]. */
  readonly expectedHours: number;
  /** Of the image, as pulled [bytes]: with a machine's bandwidth the start of one that was never seen. */
  readonly imageBytes: number;
  /** Offers that may turn out to be gone before it counts as a failed start. */
  readonly offerAttempts: number;
};

/** What is looked for. */
export type Search = {
  readonly resources: Resources;
  readonly need: Requirements;
  /** Ports to be mapped. */
  readonly ports: number;
  /** null: the provider has no market. */
  readonly placement: Placement | null;
  /** Not to be rented: left out of the search where it can be, and refused again when compared. */
  readonly avoid: Avoid;
};

/** Banned machines and hosts of the provider that is asked. */
export type Avoid = { readonly machines: ReadonlySet<string>; readonly hosts: ReadonlySet<string> };

export const AVOID_NOTHING: Avoid = { machines: new Set(), hosts: new Set() };
