import type { Addresses, NamedPort } from '../domain/endpoint.ts';
import type { InstanceId } from '../domain/ids.ts';
import type { InstanceRef } from '../domain/instance.ts';
import type { Micros, Requirements, Resources } from '../domain/resources.ts';
import type { Refused } from '../domain/session.ts';

/** Something that can be rented now. */
export type Offer = {
  readonly id: string;
  readonly granted: Resources;
  readonly microsPerHour: Micros;
  readonly machine: string;
  readonly host: string;
  readonly region: string;
};

/** What may be rented now. `refused`: offers that the provider itself found not to do, counted by rule, such as `cpu`
 *  or `region`. */
export type Offers = { readonly offers: readonly Offer[]; readonly refused: Refused };

/** What to start. Environment values are secret: they go to the instance and nowhere else. */
export type Order = {
  /** Names the instance at the provider, together with the installation that the provider was made for. */
  readonly tag: InstanceId;
  readonly offer: Offer;
  /** Program and arguments; `{{port.NAME}}` may stand in them until the provider has assigned the ports. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly NamedPort[];
};

/**
 * What a look at a provider showed of one instance.
 * `exited`: it is there, but what runs in it has ended. `absent`: it is not there. `unreadable`: nothing was proven.
 */
export type Seen =
  | { readonly status: 'starting'; readonly detail: string }
  | { readonly status: 'running'; readonly addresses: Addresses }
  | { readonly status: 'exited'; readonly detail: string }
  | { readonly status: 'absent' }
  | { readonly status: 'unreadable'; readonly detail: string };

export type Owned = { readonly tag: InstanceId; readonly ref: InstanceRef; readonly seen: Seen };

/** What was created, with what is known at once; the rest comes from `listOwned`. */
export type Created = { readonly ref: InstanceRef; readonly seen: Seen };

export type LogQuery = {
  readonly follow: boolean /** null: from the beginning of what is kept. */;
  readonly tailLines: number | null;
};

/** How often a provider may be asked. */
export type ProviderLimits = {
  /** Shortest time between two lists [ms]. */
  readonly listMs: number;
  /** Between two lists while nothing starts or ends [ms]. */
  readonly idleListMs: number;
  /** A create that has not answered after this is of unknown outcome [ms]. */
  readonly createMs: number;
};

/** Rents instances. Implementations never retry, never log secrets, never outlive `signal`. */
export interface ComputeProvider {
  readonly name: string;
  readonly limits: ProviderLimits;
  /** Offers matching now, unordered, possibly stale when rented.
   *  @throws BrokerError `no-capacity` with the reason, where there is nothing for anybody now */
  listOffers(resources: Resources, need: Requirements, signal: AbortSignal): Promise<Offers>;
  /**
   * Creates what `order` says, tagged in the same step. Asked at most once per tag; a second time is refused.
   * @throws BrokerError `no-capacity` or `refused-by-provider`: surely nothing was rented;
   *   `already-exists`: the tag was used before; `outcome-unknown`: a billed instance may exist. Both are settled by
   *   looking for the tag in `listOwned`. An aborted `signal` leaves the outcome unknown, too.
   */
  create(order: Order, signal: AbortSignal): Promise<Created>;
  /** One instance. `absent` here and in complete lists proves that it is gone. */
  inspect(ref: InstanceRef, signal: AbortSignal): Promise<Seen>;
  /** Asks for the end; resolves also when already gone. Proof of absence comes from `listOwned` and `inspect`. */
  destroy(ref: InstanceRef, signal: AbortSignal): Promise<void>;
  /** Everything that carries a tag of this installation, complete or an error, never a part. */
  listOwned(signal: AbortSignal): Promise<readonly Owned[]>;
  /** What the instance wrote, oldest first, in pieces of at most 64 KiB; kept until it is destroyed.
   *  @throws BrokerError `not-found` when there is nothing (any more), `unimplemented` when the provider has no logs. */
  logs(ref: InstanceRef, query: LogQuery, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
