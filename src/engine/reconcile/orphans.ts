import type { InstanceId } from '../../domain/ids.ts';
import type { Owned } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { ProviderObserver } from '../observer.ts';
import { KEY } from '../records.ts';

/** Complete lists in which a stranger must show before it is ended. */
const LISTS = 2;

/**
 * Ends what carries our installation's tag and has no record: left behind by a lost store, or by a defect. Intent is
 * stored before anything is created and dropped only after proof of absence, so whatever has no record is nobody's.
 */
export function createOrphanCollector(ctx: EngineContext, observer: () => ProviderObserver | undefined) {
  let strangers = new Map<InstanceId, number>();
  return {
    async collect(owned: readonly Owned[], signal: AbortSignal): Promise<void> {
      const seen = new Map<InstanceId, number>();
      for (const o of owned) {
        if (o.seen.status === 'absent' || ctx.mirror.instance(o.tag) !== undefined) continue;
        const times = (strangers.get(o.tag) ?? 0) + 1;
        seen.set(o.tag, times);
        if (times >= LISTS) await endOrphan(ctx, observer(), o, signal);
      }
      strangers = seen;
    },
  };
}

async function endOrphan(
  ctx: EngineContext,
  observer: ProviderObserver | undefined,
  o: Owned,
  signal: AbortSignal,
): Promise<void> {
  const [record] = await ctx.store.read([KEY.instance(o.tag)]);
  if (record !== null || observer === undefined) return;
  ctx.hooks.onOrphan(observer.provider.name, o.tag);
  await observer.provider.destroy(o.ref, signal);
  observer.wake();
}

/** The same for proxies. */
export async function collectOrphanProxies(ctx: EngineContext, signal: AbortSignal): Promise<void> {
  for (const port of ctx.proxies.values()) {
    for (const id of await port.listOwned(signal)) {
      if (ctx.mirror.proxy(id) !== undefined) continue;
      const [record] = await ctx.store.read([KEY.proxy(id)]);
      if (record !== null) continue;
      ctx.hooks.onOrphan(port.kind, id);
      await port.remove(id, signal);
    }
  }
}
