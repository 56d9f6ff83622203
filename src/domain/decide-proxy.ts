import { type Addresses, type Endpoint, sameAddresses } from './endpoint.ts';
import { type Instance, isOver } from './instance.ts';
import type { Proxy, ProxyIn } from './proxy.ts';
import type { EpochMs } from './time.ts';

export type ProxySeenNow =
  | { readonly status: 'unknown' | 'absent' }
  | { readonly status: 'serving'; readonly endpoint: Endpoint };

export type ProxyDecision = {
  readonly proxy?: Proxy;
  /** `ensure` with the upstream, or `remove`, and look again with what that showed. */
  readonly ask?: 'ensure' | 'remove';
  /** For `ensure`. */
  readonly upstream?: Addresses | null;
};

/** What to do about a proxy. @param seen what the last `ensure` or `remove` showed in this look */
export function decideProxy(p: Proxy, instance: Instance | undefined, seen: ProxySeenNow, now: EpochMs): ProxyDecision {
  switch (p.phase) {
    case 'creating': {
      if (isOver(instance)) return { proxy: deleting(p, now), ask: 'remove' };
      const upstream = addressesOf(instance);
      if (seen.status === 'serving' && upstream !== null)
        return { proxy: { ...p, phase: 'serving', since: now, upstream, endpoint: seen.endpoint } };
      return upstream === null && p.upstream === null ? {} : { ask: 'ensure', upstream };
    }
    case 'serving':
      return p.session === null && isOver(instance)
        ? { proxy: deleting(p, now), ask: 'remove' }
        : follow(p, instance, seen);
    case 'deleting':
      return seen.status === 'absent' ? { proxy: { ...baseOf(p), phase: 'gone', since: now } } : { ask: 'remove' };
    case 'gone':
      return {};
    default:
      return p satisfies never;
  }
}

/** Another instance has taken the place of a lost one: the proxy is led there, its endpoint stays. In between it leads
 *  nowhere: the address of the lost one may soon be that of somebody else's instance. */
function follow(p: ProxyIn<'serving'>, instance: Instance | undefined, seen: ProxySeenNow): ProxyDecision {
  if (isOver(instance)) {
    if (p.upstream.length === 0 || !p.endpoint.stable) return {};
    return seen.status === 'serving' ? { proxy: { ...p, upstream: [] } } : { ask: 'ensure', upstream: null };
  }
  const upstream = addressesOf(instance);
  if (upstream === null || sameAddresses(upstream, p.upstream)) return {};
  if (seen.status !== 'serving') return { ask: 'ensure', upstream };
  // Nobody was told the old one yet, where it is the instance's own.
  const endpoint = p.session === null ? seen.endpoint : p.endpoint;
  return { proxy: { ...p, upstream, endpoint } };
}

const addressesOf = (i: Instance | undefined): Addresses | null =>
  i !== undefined && 'addresses' in i ? i.addresses : null;

export const deleting = (p: Proxy, now: EpochMs): Proxy => ({ ...baseOf(p), phase: 'deleting', since: now });

function baseOf(p: Proxy) {
  const { id, revision, kind, ports, instance, session, createdAt, settings } = p;
  const own = {
    ...(settings === undefined ? {} : { settings }),
    ...(p.access === undefined ? {} : { access: p.access }),
  };
  return { id, revision, kind, class: p.class, ports, instance, session, createdAt, ...own };
}
