import { deleting } from '../../domain/decide-proxy.ts';
import type { Instance, InstanceIn } from '../../domain/instance.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import type { Change } from '../records/ledger.ts';
import { staleKeys } from './stale.ts';

/** Commits that an instance which no session has is given up, with the proxy in front of it. */
export async function giveUp(
  { ctx, term }: { readonly ctx: EngineContext; readonly term: Term },
  before: Instance,
  after: InstanceIn<'destroying'> | InstanceIn<'gone'>,
  by: string,
): Promise<void> {
  const changes: Change[] = [{ kind: 'instance', before, after }];
  const proxy = ctx.mirror.proxy(before.proxy);
  if (proxy?.phase === 'creating' || proxy?.phase === 'serving')
    changes.push({ kind: 'proxy', before: proxy, after: deleting(proxy, after.since) });
  const result = await ctx.ledger.commit({ changes, expect: [term.fence], by });
  if (!result.committed) await staleKeys(ctx, result.why);
}
