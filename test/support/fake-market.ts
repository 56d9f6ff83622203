import { status } from '@grpc/grpc-js';
import type { BanHostRequest__Output } from '../../clients/typescript/src/generated/berth/v1/BanHostRequest.ts';
import type { GetCostsResponse } from '../../clients/typescript/src/generated/berth/v1/GetCostsResponse.ts';
import type { HostStatus } from '../../clients/typescript/src/generated/berth/v1/HostStatus.ts';
import type { ListHostsRequest__Output } from '../../clients/typescript/src/generated/berth/v1/ListHostsRequest.ts';
import type { QuoteSessionResponse } from '../../clients/typescript/src/generated/berth/v1/QuoteSessionResponse.ts';
import type { Renting } from '../../clients/typescript/src/generated/berth/v1/Renting.ts';
import type { SetRentingRequest__Output } from '../../clients/typescript/src/generated/berth/v1/SetRentingRequest.ts';
import type { UnbanHostRequest__Output } from '../../clients/typescript/src/generated/berth/v1/UnbanHostRequest.ts';
import { statusOf } from './fake-error.ts';

const seconds = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: 0 });
const WEEK_MS = 7 * 86_400_000;

/** What a fake broker with a market answers; a test sets it. */
export type FakeMarket = ReturnType<typeof createFakeMarket>;

export function createFakeMarket() {
  const market = {
    quote: {} as QuoteSessionResponse,
    hosts: [] as HostStatus[],
    /** Smaller than what callers ask for, so that they must turn pages. */
    hostsPerPage: 1_000,
    renting: { on: true } as Renting,
    costs: { tenants: [] } as GetCostsResponse,
  };

  function ban(r: BanHostRequest__Output | UnbanHostRequest__Output, given: HostStatus['ban']) {
    if (r.provider !== 'vastai')
      throw statusOf({ code: status.NOT_FOUND, message: `no provider ${r.provider}`, reason: 'PROVIDER_NOT_FOUND' });
    const { provider, machineId = '', hostId = '' } = r;
    const isIt = (h: HostStatus): boolean =>
      (h.machineId ?? '') === machineId && (machineId !== '' || h.hostId === hostId);
    const host = { ...(market.hosts.find(isIt) ?? { provider, machineId, hostId }), ban: given ?? null };
    market.hosts = [...market.hosts.filter((h) => !isIt(h)), host];
    return { host };
  }

  return Object.assign(market, {
    answers: {
      QuoteSession: () => market.quote,
      GetCosts: () => market.costs,
      ListHosts(r: ListHostsRequest__Output) {
        const from = Number(r.pageToken);
        const wanted = market.hosts.filter(
          (h) => (r.provider === '' || h.provider === r.provider) && (!r.bannedOnly || h.ban || h.hostBan),
        );
        const hosts = wanted.slice(from, from + Math.min(r.pageSize || 100, market.hostsPerPage));
        const next = from + hosts.length;
        return { hosts, nextPageToken: next < wanted.length ? String(next) : '' };
      },
      BanHost(r: BanHostRequest__Output) {
        const now = Date.now();
        const termMs = r.term === null ? WEEK_MS : r.term.seconds * 1_000;
        return ban(r, {
          createTime: seconds(now),
          endTime: seconds(now + termMs + 999),
          reason: 'admin',
          evidence: r.reason,
          by: 'local',
        });
      },
      UnbanHost: (r: UnbanHostRequest__Output) => ban(r, null),
      SetRenting(r: SetRentingRequest__Output) {
        market.renting = { on: r.on, why: r.why, by: 'local', time: seconds(Date.now()) };
        return { renting: market.renting };
      },
    },
  });
}
