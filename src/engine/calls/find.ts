import type { Caller } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import { isSessionId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { decode, KEY, type NameRecord, type RequestRecord } from '../records/records.ts';
import type { SessionRef } from '../use-cases.ts';
import { hasEnded } from './view.ts';

/** The session as the store has it. @throws BrokerError `not-found`, also for another tenant's, to a client */
export async function findSession(ctx: EngineContext, caller: Caller, ref: SessionRef): Promise<Session> {
  let session = await lookUp(ctx, caller, ref);
  // What an emptied store does not have is put back before anybody is told that it is not there.
  if (session === null && (await ctx.follower.wasEmptied())) session = await lookUp(ctx, caller, ref);
  if (session === null || !mayMeet(caller, session)) throw notFound(ref);
  return session;
}

/** Admins meet every tenant's sessions by id; names and request ids are of their own tenant. */
export const mayMeet = (caller: Caller, s: Session): boolean => caller.role === 'admin' || s.tenant === caller.tenant;

async function lookUp(ctx: EngineContext, caller: Caller, ref: SessionRef): Promise<Session | null> {
  if (ref.by === 'id') return isSessionId(ref.id) ? readSession(ctx, ref.id) : null;
  if (ref.by === 'name') {
    const [stored] = await ctx.store.read([KEY.name(caller.tenant, ref.name)]);
    const session = stored ? await readSession(ctx, decode<NameRecord>(stored).session) : null;
    return session !== null && !hasEnded(session) ? session : null;
  }
  const [stored] = await ctx.store.read([KEY.request(caller.tenant, ref.requestId)]);
  const record = stored ? decode<RequestRecord>(stored) : null;
  return record?.kind === 'session' ? readSession(ctx, record.session) : null;
}

export async function readSession(ctx: EngineContext, id: string): Promise<Session | null> {
  const [stored] = await ctx.store.read([KEY.session(id)]);
  return stored ? (decode<Session>(stored) as Session) : null;
}

export function notFound(ref: SessionRef): BrokerError {
  const what =
    ref.by === 'id'
      ? `id "${ref.id}"`
      : ref.by === 'name'
        ? `name "${ref.name}" that lives`
        : `request_id "${ref.requestId}"`;
  return new BrokerError(
    'not-found',
    `no session with ${what}; ended sessions are kept for a while and then forgotten`,
    {
      reason: 'SESSION_NOT_FOUND',
    },
  );
}
