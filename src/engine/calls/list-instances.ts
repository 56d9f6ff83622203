import type { Caller } from '../../domain/caller.ts';
import { spentMicros } from '../../domain/cost.ts';
import { isInstanceId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import { startOf } from '../lead/progress.ts';
import type { InstancePage, InstanceQuery } from '../use-cases.ts';
import { mustBeAdmin } from './admin-only.ts';
import { strangePageToken } from './page-token.ts';

/** ListInstances, from this replica's mirror. An id begins with its time of creation: a token is the last id that was
 *  told, and stays good whatever comes and goes. */
export function listInstances(
  ctx: Pick<EngineContext, 'mirror' | 'clock'>,
  caller: Caller,
  query: InstanceQuery,
): InstancePage {
  mustBeAdmin(caller);
  const { pageSize, pageToken } = query;
  if (pageToken !== '' && !isInstanceId(pageToken)) throw strangePageToken();
  const all = [...ctx.mirror.all('instance')]
    .filter((i) => i.id > pageToken && (query.class === null || i.class === query.class))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = all.slice(0, pageSize);
  const now = ctx.clock.now();
  return {
    instances: page.map((instance) => ({
      instance,
      costMicros: costOf(instance, now),
      progress: startOf(ctx.mirror, instance),
    })),
    nextPageToken: all.length > page.length ? (page.at(-1)?.id ?? '') : '',
  };
}

/** From when it was rented; 0 before. What its provider takes from then on, whoever pays for it. */
function costOf(i: Instance, now: EpochMs): number {
  const rentedAt = 'rentedAt' in i ? i.rentedAt : null;
  return rentedAt === null ? 0 : spentMicros(i, rentedAt, now);
}
