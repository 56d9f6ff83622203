import type { CallOptions, Calls } from './calls.ts';
import { decodeCosts, decodeHost, decodeQuote, decodeRenting } from './decode-market.ts';
import { encodeDuration, encodeHostTarget, encodeQuote } from './encode.ts';
import type { BanHostResponse__Output } from './generated/berth/v1/BanHostResponse.ts';
import type { GetCostsResponse__Output } from './generated/berth/v1/GetCostsResponse.ts';
import type { ListHostsResponse__Output } from './generated/berth/v1/ListHostsResponse.ts';
import type { QuoteSessionResponse__Output } from './generated/berth/v1/QuoteSessionResponse.ts';
import type { SetRentingResponse__Output } from './generated/berth/v1/SetRentingResponse.ts';
import type { UnbanHostResponse__Output } from './generated/berth/v1/UnbanHostResponse.ts';
import type {
  CostQuery,
  Costs,
  HostQuery,
  HostStatus,
  HostTarget,
  Quote,
  QuoteRequest,
  Renting,
} from './types-market.ts';

/** What a market shows. `quote`, and `costs` of the caller's own tenant, are open to clients; the rest is for admins. */
export type MarketCalls = {
  /** What `acquire` with the same would get now. Rents nothing, holds nothing; finding nothing is no error. */
  quote(request: QuoteRequest, options?: CallOptions): Promise<Quote>;
  /** What is spent and was, by the broker's own meter. */
  costs(query?: CostQuery, options?: CallOptions): Promise<Costs>;
  /** Every machine and host that is banned, or of which starts or losses are known, page by page. */
  hosts(query?: HostQuery, options?: CallOptions): AsyncGenerator<HostStatus, void, undefined>;
  /** Nothing is rented there any more; what runs goes on. Banning again sets term and reason anew.
   *  @param ban `termMs`: 1 min to 3,650 d; left out: as long as bans last that the broker makes itself.
   *    `reason`: for people, 1 to 256 characters */
  banHost(
    target: HostTarget,
    ban: { readonly reason: string; readonly termMs?: number },
    options?: CallOptions,
  ): Promise<HostStatus>;
  /** Not an error where there is no ban. */
  unbanHost(target: HostTarget, options?: CallOptions): Promise<HostStatus>;
  /** Stops all renting at once, or allows it again; what runs goes on. @param why for people, 0 to 256 characters */
  setRenting(on: boolean, why?: string, options?: CallOptions): Promise<Renting>;
};

export function createMarketCalls({ call, channel: { sessions, admin } }: Calls): MarketCalls {
  return {
    async quote(request, options) {
      const wire = encodeQuote(request);
      return decodeQuote(
        await call<QuoteSessionResponse__Output>((m, o, done) => sessions.quoteSession(wire, m, o, done), options),
      );
    },
    async costs({ tenant = '', days = 0 } = {}, options) {
      const request = { tenant, days };
      return decodeCosts(
        await call<GetCostsResponse__Output>((m, o, done) => admin.getCosts(request, m, o, done), options),
      );
    },
    async *hosts({ provider = '', bannedOnly = false } = {}, options) {
      let pageToken = '';
      do {
        const request = { provider, bannedOnly, pageSize: 1_000, pageToken };
        const page = await call<ListHostsResponse__Output>(
          (m, o, done) => admin.listHosts(request, m, o, done),
          options,
        );
        yield* page.hosts.map(decodeHost);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
    },
    async banHost(target, { reason, termMs }, options) {
      const term = termMs === undefined ? {} : { term: encodeDuration(termMs) };
      const request = { ...encodeHostTarget(target), reason, ...term };
      const answer = await call<BanHostResponse__Output>((m, o, done) => admin.banHost(request, m, o, done), options);
      return decodeHost(answer.host);
    },
    async unbanHost(target, options) {
      const request = encodeHostTarget(target);
      const answer = await call<UnbanHostResponse__Output>(
        (m, o, done) => admin.unbanHost(request, m, o, done),
        options,
      );
      return decodeHost(answer.host);
    },
    async setRenting(on, why = '', options) {
      const request = { on, why };
      const answer = await call<SetRentingResponse__Output>(
        (m, o, done) => admin.setRenting(request, m, o, done),
        options,
      );
      return decodeRenting(answer.renting);
    },
  };
}
