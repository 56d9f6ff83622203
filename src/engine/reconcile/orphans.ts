import { deleting } from '../../domain/decide-proxy.ts';
import { destroyInstance } from '../../domain/give-up.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Owned } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import { readSession } from '../find.ts';
import type { Term } from '../leader.ts';
import type { Change } from '../ledger.ts';
import type { ProviderObserver } from '../observer.ts';
import { KEY } from '../records.ts';
import { staleKeys } from './stale.ts';

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

/** Ends instances that a session has left behind. An instance is given up in the commit that releases its session, so
 *  there should be none; but what nobody would ever look at again costs money for ever. */
export async function collectLeftBehind(ctx: EngineContext, term: Term): Promise<void> {
  const { mirror } = ctx;
  for (const i of mirror.all('instance')) {
    const owner = i.phase === 'bound' ? i.session : i.for;
    const now = ctx.clock.now();
    const after = destroyInstance(i, 'orphan', 'its session ended without it', now);
    if (owner === null || after === undefined || mirror.session(owner) !== undefined) continue;
    const session = await readSession(ctx, owner);
    if (session !== null && session.phase !== 'released') continue;
    ctx.hooks.onOrphan(i.provider, i.id);
    const changes: Change[] = [{ kind: 'instance', before: i, after }];
    const proxy = mirror.proxy(i.proxy);
    if (proxy?.phase === 'creating' || proxy?.phase === 'serving')
      changes.push({ kind: 'proxy', before: proxy, after: deleting(proxy, now) });
    const result = await ctx.ledger.commit({ changes, expect: [term.fence], by: 'orphans' });
    if (!result.committed) await staleKeys(ctx, result.why);
  }
}
