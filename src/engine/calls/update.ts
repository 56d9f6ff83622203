import type { Caller } from '../../domain/caller.ts';
import { BrokerError, isBrokerError } from '../../domain/errors.ts';
import { isSessionId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import type { SessionRef } from '../use-cases.ts';
import { findSession, mayMeet } from './find.ts';

const TRIES = 20;

/**
 * Changes one session: load, decide, commit, and again if another writer was faster. The first try decides from the
 * mirror, so that the usual case is one round trip to the store; the commit's revision tells if the mirror was behind.
 * @param change the session as it shall be; the same object: nothing to change. May throw.
 */
export async function updateSession(
  ctx: EngineContext,
  caller: Caller,
  ref: SessionRef,
  change: (s: Session) => Session,
): Promise<Session> {
  const mirrored = ref.by === 'id' && isSessionId(ref.id) ? ctx.mirror.session(ref.id) : undefined;
  let isFresh = mirrored === undefined || !mayMeet(caller, mirrored);
  let session = mirrored === undefined || isFresh ? await findSession(ctx, caller, ref) : mirrored;
  for (let tries = 0; tries < TRIES; tries++) {
    const after = isFresh ? change(session) : orSame(session, change);
    if (after !== session) {
      const result = await ctx.ledger.commit({
        changes: [{ kind: 'session', before: session, after }],
        by: caller.name,
      });
      if (result.committed) return { ...after, revision: session.revision + 1 };
    } else if (isFresh) return session;
    session = await findSession(ctx, caller, { by: 'id', id: session.id });
    isFresh = true;
  }
  throw tooManyWriters(session.id);
}

/** What refuses the session as it is mirrored may not refuse it as it is: it is read before it is refused. */
function orSame(session: Session, change: (s: Session) => Session): Session {
  try {
    return change(session);
  } catch (err) {
    if (isBrokerError(err)) return session;
    throw err;
  }
}

export const tooManyWriters = (id: string): BrokerError =>
  new BrokerError('unavailable', `too many writers at once on ${id}`, { reason: 'CONTENTION', retryAfterMs: 100 });

/**
 * For calls that may be repeated as they are: that a commit's answer was lost means "call again" to the client.
 */
export async function retryable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (err) {
    if (!isBrokerError(err, 'outcome-unknown')) throw err;
    throw new BrokerError('unavailable', err.message, { reason: 'STORE_UNCLEAR', retryAfterMs: 1_000 }, { cause: err });
  }
}
