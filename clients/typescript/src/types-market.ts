import type { Requirements, Resources } from './types.ts';

/** What is told of a market: quotes, machines, money. Units and what is not set: as in types.ts. */

export type QuoteRequest = {
  /** Session class, as `classes()` lists them. */
  readonly class: string;
  readonly requirements?: Requirements;
  /** Most offers to tell, 1 to 64. Default: 10. */
  readonly maxOffers?: number;
};

/** What `acquire` with the same would get now. */
export type Quote = {
  readonly provider: string;
  /** Reserve members that would do; they come first, and at once. */
  readonly readyInReserve: number;
  /** What would be taken next, the best first. */
  readonly offers: readonly QuotedOffer[];
  /** Offers that would do, told or not. */
  readonly suitable: number;
  /** Offers that would not, by the rule that refuses them. */
  readonly refused: Readonly<Record<string, number>>;
  /** Why there is nothing, or why nothing would be rented now, in words for people. */
  readonly why: string;
  /** When the provider was asked. */
  readonly takeTime: Date | null;
};

export type QuotedOffer = {
  readonly machineId: string;
  readonly hostId: string;
  readonly region: string;
  readonly granted: Resources;
  /** US dollars, all parts together. */
  readonly pricePerHour: number;
  /** The part of it that is paid as long as the instance exists. */
  readonly storagePricePerHour: number;
  /** Until active. `null`: not known. */
  readonly expectedStartMs: number | null;
  /** 0 to 1. `null`: not known. */
  readonly reliability: number | null;
  /** Whether the provider may take it back. */
  readonly interruptible: boolean;
};

/** One machine, or every machine of one host. */
export type HostTarget =
  | { readonly provider: string; readonly machineId: string }
  | { readonly provider: string; readonly hostId: string };

export type HostQuery = {
  /** Left out: of every provider. */
  readonly provider?: string;
  /** Only what may not be rented now. */
  readonly bannedOnly?: boolean;
};

/** A machine, or with an empty `machineId` a host, as the registry knows it. */
export type HostStatus = {
  readonly provider: string;
  readonly machineId: string;
  readonly hostId: string;
  /** Its own. */
  readonly ban: Ban | null;
  /** Of a machine: that of its host. */
  readonly hostBan: Ban | null;
  /** Measured starts. */
  readonly starts: number;
  /** Half of them took no longer; `null`: none was measured. */
  readonly startP50Ms: number | null;
  readonly startP90Ms: number | null;
  /** Instances lost on it within the window that counts. */
  readonly losses: number;
};

export type Ban = {
  readonly createTime: Date | null;
  /** It ends by itself then. */
  readonly endTime: Date | null;
  /** `slow-start`, `pull-failed`, `runtime-failed`, `losses`, `banned-machines`, `admin` or `legacy`. */
  readonly reason: string;
  /** In words for people. */
  readonly evidence: string;
  readonly by: string;
};

/** The switch of all renting. */
export type Renting = {
  readonly on: boolean;
  /** Who turned it last; empty: nobody has ever. */
  readonly by: string;
  readonly time: Date | null;
  readonly why: string;
};

export type CostQuery = {
  /** Left out: for an admin every tenant, for a client its own. */
  readonly tenant?: string;
  /** How many UTC days back, today included, 1 to 90. Default: 30. */
  readonly days?: number;
};

/** US dollars, by the broker's own meter. */
export type Costs = {
  readonly tenants: readonly TenantCost[];
  /** Per hour, of the reserve; for an admin who asks for every tenant. */
  readonly reservePricePerHour: number;
  readonly destroyingPricePerHour: number;
};

export type TenantCost = {
  readonly tenant: string;
  /** Of its living sessions, now. */
  readonly pricePerHour: number;
  readonly sessions: number;
  /** Of its living sessions, so far. */
  readonly livingCost: number;
  /** Of ended sessions by the day of their end, such as `2026-11-22`, the newest first. */
  readonly days: readonly { readonly day: string; readonly cost: number }[];
};
