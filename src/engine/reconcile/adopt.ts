import type { InstanceIn } from '../../domain/instance.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { Owned } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { newProxy } from '../market/new-proxy.ts';
import { recipeOf } from '../market/templates.ts';
import { rentingOff } from '../money/renting.ts';

type Starting = Owned & { readonly seen: Extract<Owned['seen'], { readonly status: 'starting' }> };

export const isStarting = (o: Owned): o is Starting => o.seen.status === 'starting';

/**
 * The class that a stranger with our tag can serve as a reserve member; null: it is to be ended. It must have been made
 * for whoever comes next, from what the class still is, and still be starting: one that runs may have had a tenant, and
 * nobody else gets a machine that had one.
 */
export function classFor(
  ctx: Pick<EngineContext, 'classes' | 'mirror' | 'marketplaces' | 'templates'>,
  provider: string,
  o: Owned,
): SessionClass | null {
  const { mark } = o;
  // One that was proven gone may come back.
  if (mark?.reserve !== true || !isStarting(o) || ctx.mirror.wasUsed(o.tag)) return null;
  const c = ctx.classes.current().get(mark.class);
  if (c === undefined || c.provider !== provider || !isCurrent(ctx, c, mark.recipe)) return null;
  return rentingOff(ctx.mirror) === null ? c : null;
}

/** While the template of a class cannot be read, nothing that was made from one is outdated. */
function isCurrent(ctx: Parameters<typeof recipeOf>[0], c: SessionClass, recipe: string): boolean {
  const now = recipeOf(ctx, c);
  return 'why' in now ? recipe.startsWith(`${c.recipe}-`) : recipe === now.recipe;
}

/** Makes a record for a stranger. @returns whether it has one now; a cap may be in the way */
export async function adopt(ctx: EngineContext, term: Term, c: SessionClass, o: Starting): Promise<boolean> {
  const now = ctx.clock.now();
  const id = ctx.ids.proxy();
  const instance: InstanceIn<'booting'> = {
    phase: 'booting',
    id: o.tag,
    revision: 0,
    class: c.name,
    recipe: o.mark?.recipe ?? c.recipe,
    provider: c.provider,
    proxy: id,
    for: null,
    personal: false,
    // What it was granted beyond that is known to nobody any more.
    granted: c.resources,
    microsPerHour: o.microsPerHour ?? 0,
    ports: c.ports,
    readiness: c.readiness,
    bootTimeoutMs: c.bootTimeoutMs,
    createdAt: now,
    since: now,
    ref: o.ref,
    rentedAt: now,
    addresses: null,
    bootBy: now + c.bootTimeoutMs,
    progress: o.seen.detail,
  };
  const result = await ctx.ledger.commit({
    changes: [
      { kind: 'instance', before: undefined, after: instance },
      { kind: 'proxy', before: undefined, after: newProxy(c, id, o.tag, now) },
    ],
    expect: [term.fence],
    by: 'orphans',
  });
  return result.committed;
}
