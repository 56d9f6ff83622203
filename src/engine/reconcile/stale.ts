import type { EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Refusal } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import { KEY } from '../records/records.ts';

/** A time of record on the clock that loops wait by. */
export const monotonicOf = (clock: Clock, at: EpochMs | null): number | null =>
  at === null ? null : clock.monotonic() + (at - clock.now());

/**
 * What a refused commit of a loop means: the mirror was behind. Reads the record again and looks at once; with a
 * stale epoch another replica leads, and the term is about to end.
 * @returns when to look again [monotonic ms]
 */
export async function staleKeys(ctx: EngineContext, why: Refusal): Promise<number | null> {
  if (why.kind !== 'revision' || why.key === KEY.epoch) return null;
  await ctx.follower.refresh(why.key);
  return ctx.clock.monotonic();
}
