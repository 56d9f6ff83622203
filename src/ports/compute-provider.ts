import type { Cause } from '../domain/cause.ts';
import type { Addresses, NamedPort } from '../domain/endpoint.ts';
import type { InstanceId } from '../domain/ids.ts';
import type { InstanceRef } from '../domain/instance.ts';
import type { Offer } from '../domain/offer.ts';
import type { Micros } from '../domain/resources.ts';
import type { Search } from '../domain/search.ts';
import type { Refused } from '../domain/session.ts';
import type { ImageSource } from '../domain/session-class.ts';

/** What may be rented now. `refused`: offers that the provider itself found not to do, counted by rule, such as `cpu`
 *  or `region`. An offer's disk is the one that was asked for, and so is its part of the price. */
export type Offers = {
  readonly offers: readonly Offer[];
  readonly refused: Refused;
  /** There are more than could be told at once: a narrower question may find others. Absent: these are all. */
  readonly more?: boolean;
};

/** What to start. Environment values are secret: they go to the instance and nowhere else. */
export type Order = {
  /** Names the instance at the provider, together with the installation that the provider was made for. */
  readonly tag: InstanceId;
  readonly offer: Offer;
  /** Told by `listOwned` again, so that an instance whose record is lost can be taken over. */
  readonly mark: Mark;
  /** null: the provider runs commands as they are. */
  readonly image: ImageSource | null;
  /** Program and arguments; `{{port.NAME}}` may stand in them until the provider has assigned the ports. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly NamedPort[];
};

/** What an instance was made from and for. */
export type Mark = {
  readonly class: string;
  readonly recipe: string;
  /** Whether it was made for whoever comes next, with nothing of a session's own. */
  readonly reserve: boolean;
};

/**
 * What a look at a provider showed of one instance.
 * `starting`: it is there and does not run yet, or again; `detail` is what the provider says of it.
 * `exited`: it is there, and will not run by itself any more. `absent`: it is not there. `unreadable`: nothing was
 * proven.
 */
export type Seen =
  | { readonly status: 'starting'; readonly detail: string }
  | { readonly status: 'running'; readonly addresses: Addresses }
  | { readonly status: 'exited'; readonly detail: string; readonly cause?: Cause }
  | { readonly status: 'absent' }
  | { readonly status: 'unreadable'; readonly detail: string };

export type Owned = {
  readonly tag: InstanceId;
  readonly ref: InstanceRef;
  readonly seen: Seen;
  /** What the provider takes for it now. Absent: nothing. */
  readonly microsPerHour?: Micros;
  /** Absent where the provider keeps none. */
  readonly mark?: Mark;
};

/** What was created, with what is known at once; the rest comes from `listOwned`. */
export type Created = { readonly ref: InstanceRef; readonly seen: Seen };

export type LogQuery = {
  readonly follow: boolean /** null: from the beginning of what is kept. */;
  readonly tailLines: number | null;
};

/** How often a provider may be asked. May change with what the provider says. */
export type ProviderLimits = {
  /** Shortest time between two lists [ms]. */
  readonly listMs: number;
  /** Between two lists while nothing starts or ends [ms]. */
  readonly idleListMs: number;
  /** One complete list takes no longer [ms]. */
  readonly listWithinMs: number;
  /** A create that has not answered after this is of unknown outcome [ms]. */
  readonly createMs: number;
  /** Shortest time between two creates; the leader decides whose turn it is [ms]. */
  readonly createEveryMs: number;
  /** The same between two requests to destroy [ms]. */
  readonly destroyEveryMs: number;
  /** For how long offers can be compared before they are asked for again [ms]. 0: they are asked for each time. */
  readonly offersMs: number;
};

/** Rents instances. Implementations never retry, never log secrets, never outlive `signal`. */
export interface ComputeProvider {
  readonly name: string;
  readonly limits: ProviderLimits;
  /** Offers matching now, unordered, possibly stale when rented.
   *  @throws BrokerError `no-capacity` with the reason, where there is nothing for anybody now; with `retryAfterMs`
   *    where it is known when there may be */
  listOffers(search: Search, signal: AbortSignal): Promise<Offers>;
  /**
   * Creates what `order` says, tagged in the same step. Asked at most once per tag; a second time is refused.
   * @throws BrokerError `no-capacity`: surely nothing was rented; its reason is OFFER_GONE where another offer may do,
   *   PROVIDER_LIMIT (with `retryAfterMs`) where the same may do later. `refused-by-provider`: surely nothing was
   *   rented, and no other offer would do. `already-exists`: the tag was used before; `outcome-unknown`: a billed
   *   instance may exist. Both are settled by looking for the tag in `listOwned`. An aborted `signal` leaves the
   *   outcome unknown, too.
   */
  create(order: Order, signal: AbortSignal): Promise<Created>;
  /** One instance. `absent` here and in complete lists proves that it is gone. */
  inspect(ref: InstanceRef, signal: AbortSignal): Promise<Seen>;
  /** Asks for the end; resolves also when already gone. Proof of absence comes from `listOwned` and `inspect`.
   *  @throws BrokerError `unavailable`; its `retryAfterMs` tells how long the provider lets no such call through */
  destroy(ref: InstanceRef, signal: AbortSignal): Promise<void>;
  /** Everything that carries a tag of this installation, complete or an error, never a part. */
  listOwned(signal: AbortSignal): Promise<readonly Owned[]>;
  /** What the instance wrote, oldest first, in pieces of at most 64 KiB; kept until it is destroyed.
   *  @throws BrokerError `not-found` when there is nothing (any more), `unimplemented` when the provider has no logs. */
  logs(ref: InstanceRef, query: LogQuery, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
