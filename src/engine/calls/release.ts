import type { Caller } from '../../domain/caller.ts';
import { endSession } from '../../domain/decide-session.ts';
import { isBrokerError } from '../../domain/errors.ts';
import type { EndReason, Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { encode, KEY, type RequestRecord, SET } from '../records/records.ts';
import type { SessionRef, SessionView } from '../use-cases.ts';
import { tooManyWriters, updateSession } from './update.ts';
import { viewOf } from './view.ts';

const TRIES = 20;

/** ReleaseSession: one commit, answered at once; the leader gives the instance up afterwards. A request_id that was
 *  never seen leaves a tombstone, so that the acquire that comes later is refused. */
export async function release(ctx: EngineContext, caller: Caller, ref: SessionRef): Promise<SessionView | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return viewOf(ctx, await updateSession(ctx, caller, ref, (s) => ended(s, 'client', '', ctx.clock.now())));
    } catch (err) {
      if (ref.by !== 'request' || !isBrokerError(err, 'not-found')) throw err;
    }
    if (await leaveTombstone(ctx, caller, ref.requestId)) return null;
  }
  throw tooManyWriters(`request_id "${ref.by === 'request' ? ref.requestId : ''}"`);
}

/** The session on its way out; unchanged where it already is. */
export const ended = (s: Session, why: EndReason, detail: string, now: number): Session =>
  s.phase === 'releasing' || s.phase === 'released' ? s : endSession(s, why, detail, now);

/** @returns whether the tombstone is there; if not, the acquire has come meanwhile */
async function leaveTombstone(ctx: EngineContext, caller: Caller, requestId: string): Promise<boolean> {
  const at = ctx.clock.now();
  const key = KEY.request(caller.tenant, requestId);
  const tombstone: RequestRecord = { kind: 'tombstone', at };
  const result = await ctx.ledger.commit({
    put: [{ key, was: 0, value: encode(tombstone) }],
    index: [{ set: SET.expiry, member: key, score: at + ctx.keepEndedMs }],
    by: caller.name,
  });
  if (result.committed) return true;
  const [stored] = await ctx.store.read([key]);
  return (stored?.value as RequestRecord | undefined)?.kind === 'tombstone';
}
