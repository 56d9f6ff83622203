import type { Caller } from '../../domain/caller.ts';
import type { EngineContext } from '../context.ts';
import { rentingAsKnown, rentingView } from '../money/renting.ts';
import { rentingLine } from '../records/event-line.ts';
import { encode, type RentingRecord, SET } from '../records/records.ts';
import type { RentingView } from '../use-cases.ts';
import { mustBeAdmin } from './admin-only.ts';
import { retryable, tooManyWriters } from './update.ts';

/** Many admins at once all write one record. */
const TRIES = 200;

/** SetRenting. Once it has answered, no commit that rents is made by any replica that has not heard of it. */
export async function setRenting(ctx: EngineContext, caller: Caller, on: boolean, why: string): Promise<RentingView> {
  mustBeAdmin(caller);
  await retryable(write(ctx, caller, on, why));
  return rentingView(ctx.mirror);
}

async function write(ctx: EngineContext, caller: Caller, on: boolean, why: string): Promise<void> {
  const { mirror, store, clock } = ctx;
  for (let tries = 0; tries < TRIES; tries++) {
    const { key, revision } = rentingAsKnown(mirror);
    const record: RentingRecord = { on, by: caller.name, at: clock.now(), why };
    const result = await store.commit({
      put: [{ key, was: revision, value: encode(record) }],
      index: [{ set: SET.settings, member: key, score: 0 }],
      events: [rentingLine(mirror.renting()?.on ?? null, record)],
    });
    if (result.committed) return mirror.apply('renting', 'all', revision + 1, record);
    await ctx.follower.refresh(key);
  }
  throw tooManyWriters('the switch of renting');
}
