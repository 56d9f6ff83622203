import type { AdminUseCases, HostTarget } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { done, durationMs } from '../decode.ts';
import { encodeHost } from '../encode-market.ts';
import type { BanHostRequest__Output as BanRequest } from '../generated/berth/v1/BanHostRequest.ts';
import type { BanHostResponse } from '../generated/berth/v1/BanHostResponse.ts';
import type { ListHostsRequest__Output as ListRequest } from '../generated/berth/v1/ListHostsRequest.ts';
import type { ListHostsResponse } from '../generated/berth/v1/ListHostsResponse.ts';
import type { UnbanHostRequest__Output as UnbanRequest } from '../generated/berth/v1/UnbanHostRequest.ts';
import type { UnbanHostResponse } from '../generated/berth/v1/UnbanHostResponse.ts';
import { BAN_REASON, BAN_TERM, DEFAULT_PAGE_SIZE, MACHINE, PAGE_SIZE, PAGE_TOKEN, PROVIDER } from '../rules.ts';
import { checkNumber, checkText, refuse, type Violations } from '../validate.ts';

export const listHosts = (edge: Edge, admin: AdminUseCases) =>
  unary<ListRequest, ListHostsResponse>(edge, 'ListHosts', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkNumber(bad, 'page_size', request.pageSize, PAGE_SIZE);
    checkText(bad, 'page_token', request.pageToken, PAGE_TOKEN);
    if (request.provider !== '') checkText(bad, 'provider', request.provider, PROVIDER);
    done(bad);
    const page = await admin.hosts(caller, {
      pageSize: request.pageSize || DEFAULT_PAGE_SIZE,
      pageToken: request.pageToken,
      provider: request.provider || null,
      bannedOnly: request.bannedOnly,
    });
    return { hosts: page.hosts.map(encodeHost), nextPageToken: page.nextPageToken };
  });

export const banHost = (edge: Edge, admin: AdminUseCases) =>
  unary<BanRequest, BanHostResponse>(edge, 'BanHost', 'admin', async (request, caller) => {
    const bad: Violations = [];
    const target = hostTarget(bad, request);
    const termMs = durationMs(bad, 'term', request.term, BAN_TERM);
    checkText(bad, 'reason', request.reason, BAN_REASON);
    done(bad);
    return { host: encodeHost(await admin.banHost(caller, target, termMs, request.reason)) };
  });

export const unbanHost = (edge: Edge, admin: AdminUseCases) =>
  unary<UnbanRequest, UnbanHostResponse>(edge, 'UnbanHost', 'admin', async (request, caller) => {
    const bad: Violations = [];
    const target = hostTarget(bad, request);
    done(bad);
    return { host: encodeHost(await admin.unbanHost(caller, target)) };
  });

type WireTarget = {
  readonly provider: string;
  readonly target?: 'machineId' | 'hostId';
  readonly machineId?: string;
  readonly hostId?: string;
};

function hostTarget(bad: Violations, wire: WireTarget): HostTarget {
  const { provider, machineId: machine = '', hostId: host = '' } = wire;
  checkText(bad, 'provider', provider, PROVIDER);
  switch (wire.target) {
    case 'machineId':
      checkText(bad, 'machine_id', machine, MACHINE);
      return { provider, machine, host: '' };
    case 'hostId':
      checkText(bad, 'host_id', host, MACHINE);
      return { provider, machine: '', host };
    case undefined:
      refuse(bad, 'target', 'is not set', 'one of machine_id, host_id');
      return { provider, machine: '', host: '' };
    default:
      return wire.target satisfies never;
  }
}
