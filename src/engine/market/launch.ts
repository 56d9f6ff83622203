import type { InstanceId, SessionId } from '../../domain/ids.ts';
import type { InstanceIn } from '../../domain/instance.ts';
import { grant, sameResources } from '../../domain/match.ts';
import type { Offer } from '../../domain/offer.ts';
import type { ProxyIn } from '../../domain/proxy.ts';
import type { Requirements } from '../../domain/resources.ts';
import type { Search } from '../../domain/search.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import type { Change, LedgerResult } from '../records/ledger.ts';
import { newProxy } from './new-proxy.ts';
import type { Nothing } from './nothing.ts';
import type { Later } from './stall.ts';
import { recipeOf } from './templates.ts';

/** For whom an instance is made. */
export type LaunchFor = {
  readonly session: SessionId | null;
  readonly requirements: Requirements;
  readonly personal: boolean;
};

export type Launch = {
  readonly offer: Offer;
  readonly instance: InstanceIn<'intended'>;
  readonly proxy: ProxyIn<'creating'>;
};

/** The best offer that does, taken for it, and the records of the instance and proxy to be made from it. Commits
 *  nothing: `intend` does.
 *  @param later where a search of its own is not to be waited for */
export async function planLaunch(
  ctx: EngineContext,
  c: SessionClass,
  of: LaunchFor,
  signal: AbortSignal,
  later?: Later,
): Promise<Launch | Nothing> {
  const provider = ctx.providers.get(c.provider);
  if (provider === undefined) return noProvider(c.provider);
  const made = recipeOf(ctx, c);
  if ('why' in made) return { why: made.why, refused: {} };
  const wish = wishOf(c, of.requirements);
  const waits = later === undefined ? {} : { later };
  const chosen = await ctx.market.choose({ c, wish, provider, signal, ...waits });
  if ('why' in chosen) return chosen;
  // With other resources than the class's it is no reserve member either: one who asks for nothing gets the class's.
  const personal = of.personal || !sameResources(wish.resources, c.resources);
  return { offer: chosen.offer, ...recordsFor(ctx, c, { ...of, ...made, personal }, chosen.offer) };
}

/** What it takes to intend an instance. */
export type Intending = {
  readonly ctx: EngineContext;
  readonly term: Term;
  /** The offer that an instance was intended on, as long as this replica leads. */
  readonly offers: Map<InstanceId, Offer>;
};

/** Commits what was planned; where that is refused, the offer is to be had again. */
export async function intend(
  { ctx, term, offers }: Intending,
  { instance, offer }: Launch,
  changes: readonly Change[],
  by: string,
): Promise<LedgerResult> {
  offers.set(instance.id, offer);
  const result = await ctx.ledger.commit({ changes, expect: [term.fence], by });
  if (result.committed) return result;
  offers.delete(instance.id);
  ctx.market.release(instance.provider, offer.id);
  return result;
}

export const noProvider = (name: string): Nothing => ({ why: `no provider "${name}" is configured`, refused: {} });

/** What is looked for. */
export const wishOf = (c: SessionClass, need: Requirements): Omit<Search, 'avoid'> => ({
  resources: grant(c.resources, need),
  need,
  ports: c.ports.length,
  placement: c.placement,
});

/** What a record keeps of an offer that there is only once. */
const ofMarket = (c: SessionClass, o: Offer) =>
  c.placement === null
    ? {}
    : {
        offer: o.id,
        storageMicrosPerHour: o.storageMicrosPerHour ?? 0,
        ...(o.reliability === undefined ? {} : { reliability: o.reliability }),
        ...(o.interruptible === true ? { interruptible: true } : {}),
      };

function recordsFor(ctx: EngineContext, c: SessionClass, of: LaunchFor & { readonly recipe: string }, offer: Offer) {
  const now = ctx.clock.now();
  const proxyId = ctx.ids.proxy();
  const instance: InstanceIn<'intended'> = {
    phase: 'intended',
    id: ctx.ids.instance(),
    revision: 0,
    class: c.name,
    recipe: of.recipe,
    provider: c.provider,
    proxy: proxyId,
    for: of.session,
    personal: of.personal,
    granted: offer.granted,
    microsPerHour: offer.microsPerHour,
    ...ofMarket(c, offer),
    ports: c.ports,
    readiness: c.readiness,
    bootTimeoutMs: c.bootTimeoutMs,
    createdAt: now,
    since: now,
  };
  return { instance, proxy: newProxy(c, proxyId, instance.id, now) };
}
