import type { Caller } from '../domain/caller.ts';
import type { Session } from '../domain/session.ts';
import { confirmed } from './acquire.ts';
import type { EngineContext } from './context.ts';
import { findSession, readSession } from './find.ts';
import { retryable, updateSession } from './update.ts';
import type { SessionRef, SessionView } from './use-cases.ts';
import { viewOf } from './view.ts';
import { newer, waitForSession } from './wait.ts';

/** A watcher looks into the store this often even if no change was heard of [ms]. */
const LOOK_AGAIN_MS = 60_000;

/**
 * WatchSession: the present state first, then later ones, until the session is released. Only the newest state is
 * held for a slow reader, so states in between may be left out; the last never is.
 */
export async function* watch(
  ctx: EngineContext,
  caller: Caller,
  ref: SessionRef,
  afterRevision: number,
  signal: AbortSignal,
): AsyncGenerator<SessionView> {
  let session = await findSession(ctx, caller, ref);
  const place = (s: Session): number => (s.phase === 'queued' ? ctx.mirror.queuePosition(s.asked.class, s.id) : 0);
  const moves = (listener: () => void) => ctx.queueNews.listen(session.asked.class, listener);
  let toldPlace = place(session);
  for (let told = afterRevision; ; ) {
    session = await confirm(ctx, caller, session);
    if (session.revision > told || place(session) !== toldPlace) {
      told = Math.max(told, session.revision);
      toldPlace = place(session);
      yield viewOf(ctx, session);
    }
    if (session.phase === 'released') return;
    const from: Session = session;
    const isNews = (s: Session): boolean => s.revision > told || place(s) !== toldPlace;
    const also = session.phase === 'queued' ? moves : undefined;
    session = await waitForSession(ctx, from, isNews, LOOK_AGAIN_MS, signal, also);
    if (!isNews(session)) {
      const stored = await readSession(ctx, session.id);
      if (stored === null) return;
      session = newer(session, stored);
    }
  }
}

/** Who watches knows of the session, also when it turns active only later. */
async function confirm(ctx: EngineContext, caller: Caller, session: Session): Promise<Session> {
  if (session.phase !== 'active' || session.confirmBy === null) return session;
  const change = (s: Session) => (s.phase === 'active' ? confirmed(s, ctx.clock.now()) : s);
  return retryable(updateSession(ctx, caller, { by: 'id', id: session.id }, change));
}
