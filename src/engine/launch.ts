import { isBrokerError } from '../domain/errors.ts';
import type { SessionId } from '../domain/ids.ts';
import type { InstanceIn } from '../domain/instance.ts';
import { grant, mismatch, sameResources } from '../domain/match.ts';
import type { Offer } from '../domain/offer.ts';
import type { ProxyIn } from '../domain/proxy.ts';
import type { Requirements } from '../domain/resources.ts';
import { AVOID_NOTHING } from '../domain/search.ts';
import type { Refused } from '../domain/session.ts';
import type { SessionClass } from '../domain/session-class.ts';
import type { Offers } from '../ports/compute-provider.ts';
import type { EngineContext } from './context.ts';

/** For whom an instance is made. */
export type LaunchFor = {
  readonly session: SessionId | null;
  readonly requirements: Requirements;
  readonly personal: boolean;
};

export type Launch =
  | { readonly offer: Offer; readonly instance: InstanceIn<'intended'>; readonly proxy: ProxyIn<'creating'> }
  | Nothing;

/** Nothing is to be had: why, in words for people, and how many offers were refused by which rule. */
export type Nothing = { readonly why: string; readonly refused: Refused };

/** Why nothing more is made, in words for people. */
export const atCap = (max: number, provider: string): string =>
  `all ${max} instances allowed on ${provider} are in use`;

/** The same as what a session waits for. */
export const cappedAt = (max: number, provider: string): Nothing => ({
  why: atCap(max, provider),
  refused: { cap: 1 },
});

/** The cheapest offer that does, and the records of the instance and proxy to be made from it. Commits nothing. */
export async function planLaunch(
  ctx: EngineContext,
  c: SessionClass,
  of: LaunchFor,
  signal: AbortSignal,
): Promise<Launch> {
  const provider = ctx.providers.get(c.provider);
  if (provider === undefined) return { why: `no provider "${c.provider}" is configured`, refused: {} };
  const resources = grant(c.resources, of.requirements);
  let found: Offers;
  try {
    const search = {
      resources,
      need: of.requirements,
      ports: c.ports.length,
      placement: c.placement,
      avoid: AVOID_NOTHING,
    };
    found = await provider.listOffers(search, signal);
  } catch (err) {
    if (isBrokerError(err)) return { why: err.message, refused: {} };
    throw err;
  }
  const { suitable, refused } = sortOut(found, of.requirements);
  const best = suitable.toSorted((a, b) => a.microsPerHour - b.microsPerHour)[0];
  if (best === undefined) {
    const rules = Object.keys(refused).join(', ');
    return { why: `${c.provider} has nothing with these resources${rules === '' ? '' : ` (${rules})`}`, refused };
  }
  // With other resources than the class's it is no reserve member either: one who asks for nothing gets the class's.
  const personal = of.personal || !sameResources(resources, c.resources);
  return { offer: best, ...recordsFor(ctx, c, { ...of, personal }, best) };
}

/** Checks again what a provider offers: which do, and how many were refused by which rule. */
function sortOut(
  found: Offers,
  need: Requirements,
): { readonly suitable: readonly Offer[]; readonly refused: Refused } {
  const refused: Record<string, number> = { ...found.refused };
  const suitable = found.offers.filter((offer) => {
    const rule = mismatch(offer, need);
    if (rule !== null) refused[rule] = (refused[rule] ?? 0) + 1;
    return rule === null;
  });
  return { suitable, refused };
}

function recordsFor(ctx: EngineContext, c: SessionClass, of: LaunchFor, offer: Offer) {
  const now = ctx.clock.now();
  const proxyId = ctx.ids.proxy();
  const instance: InstanceIn<'intended'> = {
    phase: 'intended',
    id: ctx.ids.instance(),
    revision: 0,
    class: c.name,
    recipe: c.recipe,
    provider: c.provider,
    proxy: proxyId,
    for: of.session,
    personal: of.personal,
    granted: offer.granted,
    microsPerHour: offer.microsPerHour,
    ports: c.ports,
    readiness: c.readiness,
    bootTimeoutMs: c.bootTimeoutMs,
    createdAt: now,
    since: now,
  };
  const proxy: ProxyIn<'creating'> = {
    phase: 'creating',
    id: proxyId,
    revision: 0,
    kind: c.proxy,
    class: c.name,
    ports: c.ports,
    ...(c.proxySettings === null ? {} : { settings: c.proxySettings }),
    ...(c.access === 'token' ? { access: c.access } : {}),
    instance: instance.id,
    session: null,
    createdAt: now,
    since: now,
    upstream: null,
  };
  return { instance, proxy };
}
