import type { Caller } from '../../domain/caller.ts';
import type { Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { awaited, progressOf } from '../lead/progress.ts';
import type { SessionRef, SessionView } from '../use-cases.ts';
import { confirmed } from './acquire.ts';
import { findSession, readSession } from './find.ts';
import { retryable, updateSession } from './update.ts';
import { viewOf } from './view.ts';
import { newer, waitForSession } from './wait.ts';

/** A watcher looks into the store this often even if no change was heard of [ms]. */
const LOOK_AGAIN_MS = 60_000;
/** How far a start is, is told to one watcher at most this often [ms]. */
const PROGRESS_EVERY_MS = 1_000;

/**
 * WatchSession: the present state first, then later ones, until the session is released. Only the newest state is
 * held for a slow reader, so states in between may be left out; the last never is. Its place in the queue and the
 * progress of its start are no changes of the session, and are told with the revision that it has.
 */
export async function* watch(
  ctx: EngineContext,
  caller: Caller,
  ref: SessionRef,
  afterRevision: number,
  signal: AbortSignal,
): AsyncGenerator<SessionView> {
  let session = await findSession(ctx, caller, ref);
  const told = createTold(ctx, session, afterRevision);
  for (;;) {
    session = await confirm(ctx, caller, session);
    if (told.isNews(session)) {
      told.note(session);
      yield viewOf(ctx, session);
    }
    if (session.phase === 'released') return;
    const quietMs = told.quietMs(session);
    const waitMs = quietMs > 0 ? quietMs : LOOK_AGAIN_MS;
    session = await waitForSession(ctx, session, told.isNews, waitMs, signal, movesOf(ctx, session));
    if (!told.isNews(session) && quietMs === 0) {
      const stored = await readSession(ctx, session.id);
      if (stored === null) return;
      session = newer(session, stored);
    }
  }
}

/** What one watcher was told last. */
function createTold({ mirror, clock }: EngineContext, first: Session, afterRevision: number) {
  const placeOf = (s: Session): number => (s.phase === 'queued' ? mirror.queuePosition(s.asked.class, s.id) : 0);
  let revision = afterRevision;
  let place = placeOf(first);
  let progress = progressOf(mirror, first);
  let at = Number.NEGATIVE_INFINITY;
  /** For how long the next progress is not told yet [ms]. */
  const left = (): number => Math.max(0, at + PROGRESS_EVERY_MS - clock.monotonic());
  return {
    isNews: (s: Session): boolean =>
      s.revision > revision || placeOf(s) !== place || (progressOf(mirror, s) !== progress && left() === 0),
    /** While the progress of its start, told only now, is not told again [ms]. */
    quietMs: (s: Session): number => (awaited(mirror, s) === undefined ? 0 : left()),
    note(s: Session): void {
      revision = Math.max(revision, s.revision);
      place = placeOf(s);
      progress = progressOf(mirror, s);
      at = clock.monotonic();
    },
  };
}

/** Changes beside the session's own that a watcher of it may have to tell. */
function movesOf({ mirror, queueNews }: EngineContext, s: Session): ((listener: () => void) => () => void) | undefined {
  if (s.phase === 'queued') return (listener) => queueNews.listen(s.asked.class, listener);
  const i = awaited(mirror, s);
  if (i === undefined) return undefined;
  if (i.phase !== 'intended') return (listener) => mirror.listenTo(i.id, listener);
  return (listener) => {
    const ends = [mirror.listenTo(i.id, listener), queueNews.listenToTurns(i.provider, listener)];
    return () => {
      for (const end of ends) end();
    };
  };
}

/** Who watches knows of the session, also when it turns active only later. */
async function confirm(ctx: EngineContext, caller: Caller, session: Session): Promise<Session> {
  if (session.phase !== 'active' || session.confirmBy === null) return session;
  const change = (s: Session) => (s.phase === 'active' ? confirmed(s, ctx.clock.now()) : s);
  return retryable(updateSession(ctx, caller, { by: 'id', id: session.id }, change));
}
