import type { Caller } from '../domain/caller.ts';
import type { Expect } from '../ports/store.ts';
import { mustBeAdmin } from './admin-only.ts';
import type { EngineContext } from './context.ts';
import { rentingLine } from './event-line.ts';
import type { Nothing } from './launch.ts';
import type { Change } from './ledger.ts';
import type { Mirror } from './mirror.ts';
import { encode, KEY, type RentingRecord, SET } from './records.ts';
import { retryable, tooManyWriters } from './update.ts';
import type { RentingView } from './use-cases.ts';

/** Many admins at once all write one record. */
const TRIES = 200;

/** Why nothing may be rented now; null: it may. */
export function rentingOff(mirror: Mirror): Nothing | null {
  const renting = mirror.renting();
  if (renting === undefined || renting.on) return null;
  const because = renting.why === '' ? '' : `: ${renting.why}`;
  return { why: `renting is off${because} (by ${renting.by})`, refused: { renting: 1 } };
}

/** Whether the change comes nearer to money: it intends an instance, or is the last before its provider is asked. */
export const rents = ({ kind, before, after }: Change): boolean =>
  kind === 'instance' &&
  ((before === undefined && after.phase === 'intended') ||
    (before?.phase === 'intended' && after.phase === 'requested'));

/** What a commit that rents rests on: nobody has said anything of renting since this replica heard of it. */
export const rentingAsKnown = (mirror: Mirror): Expect => ({
  key: KEY.renting,
  revision: mirror.revision('renting', 'all'),
});

export function rentingView(mirror: Mirror): RentingView {
  const record = mirror.renting();
  return record === undefined
    ? { on: true, by: '', at: null, why: '' }
    : { on: record.on, by: record.by, at: record.at, why: record.why };
}

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
