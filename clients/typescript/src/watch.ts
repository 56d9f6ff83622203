import type { Calls } from './calls.ts';
import { decodeSession } from './decode.ts';
import { encodeRef } from './encode.ts';
import { BerthError, isBerthError } from './errors.ts';
import { retryDelay } from './retry.ts';
import type { EndReason, Session, SessionRef } from './types.ts';

export type WatchOptions = {
  /** Only states of a later revision. Default: the present one first. */
  readonly afterRevision?: number;
  /** How long the broker may be away before the watch fails [ms]. Default: the client's. */
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
};

/** Where a watch is; moves with every state. */
type Cursor = Breaks & { ref: SessionRef; revision: number /** 0: not queued. */; place: number; progress: string };

/** See BerthClient.watch. After a broken stream it goes on behind the last revision seen: no state comes twice. */
export async function* watchSession(
  calls: Calls,
  ref: SessionRef,
  o: WatchOptions = {},
): AsyncGenerator<Session, void, undefined> {
  const { system } = calls;
  const cursor: Cursor = { ref, revision: o.afterRevision ?? 0, place: 0, progress: '', breaks: 0, brokenSince: null };
  for (;;) {
    const opened = system.monotonic();
    const broken = yield* watchOnce(calls, cursor, o.signal);
    if (broken === null) return;
    await pauseAfter(calls, broken, opened, cursor, o);
  }
}

/** How often and since when a stream is broken; both anew with every message. */
export type Breaks = { breaks: number; brokenSince: number | null };

/** A quiet stream proves that its broker was there only by standing for longer than any try to connect [ms]. */
const STOOD_MS = 60_000;

/** Waits before a stream is opened again. @param opened when it was opened last, on the monotonic clock [ms]
 *  @throws `broken` when that goes on for too long */
export async function pauseAfter(
  { system, retryForMs }: Calls,
  broken: BerthError,
  opened: number,
  state: Breaks,
  o: { readonly retryForMs?: number; readonly signal?: AbortSignal },
): Promise<void> {
  const now = system.monotonic();
  if (now - opened > STOOD_MS) Object.assign(state, { breaks: 0, brokenSince: null });
  state.brokenSince ??= now;
  if (now - state.brokenSince >= (o.retryForMs ?? retryForMs)) throw broken;
  await system.sleep(pauseOf(broken, state.breaks, system.random()), o.signal);
  state.breaks += 1;
}

/** One stream. Returns what broke it, or `null` after the released state. */
async function* watchOnce(
  { channel }: Calls,
  cursor: Cursor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Session, BerthError | null, undefined> {
  // The place in the queue moves without a new revision: who waits asks for the present state once more.
  const afterRevision = cursor.place > 0 ? cursor.revision - 1 : cursor.revision;
  const request = { ...encodeRef(cursor.ref), afterRevision };
  try {
    for await (const answer of channel.stream((m) => channel.sessions.watchSession(request, m), signal)) {
      const session = decodeSession(answer.session);
      const { revision, queuePosition, progress } = session;
      const moved = revision === cursor.revision && (queuePosition !== cursor.place || progress !== cursor.progress);
      const later = revision > cursor.revision || moved;
      // A name is the living session's only: the last state could not be asked for by it.
      Object.assign(cursor, { ref: { id: session.id }, breaks: 0, brokenSince: null });
      cursor.revision = Math.max(cursor.revision, revision);
      if (later) Object.assign(cursor, { place: queuePosition, progress });
      if (later) yield session;
      if (session.phase === 'released') return null;
    }
  } catch (err) {
    if (isBerthError(err) && isBroken(err)) return err;
    throw err;
  }
  return new BerthError('unavailable', 'the broker ended the watch before the session was released');
}

/** Whether the connection broke, as opposed to the broker having refused. A stream that a proxy or a dying broker
 *  cuts shows as any of these codes, without the broker's details. */
export const isBroken = (err: BerthError): boolean =>
  err.code === 'unavailable' || (isBerthError(err, 'internal', 'unknown') && !err.answered);

const pauseOf = (err: BerthError, breaks: number, chance: number): number =>
  retryDelay(err, breaks, chance) ?? retryDelay(new BerthError('unavailable', ''), breaks, chance) ?? 0;

/**
 * Watches until the session is active, or until `until`, and answers its state then.
 * @param o.until on the monotonic clock [ms]
 * @throws BerthError `aborted`, or `resource-exhausted` (QUEUE_TIMEOUT), when it ends before
 */
export async function waitForActive(
  calls: Calls,
  from: Session | SessionRef,
  o: WatchOptions & { readonly onProgress?: (session: Session) => void; readonly until?: number },
): Promise<Session> {
  let latest: Session | null = 'phase' in from ? from : null;
  const ref: SessionRef = latest === null ? from : { id: latest.id };
  const stop = new AbortController();
  const timer = o.until === undefined ? null : abortAt(calls, o.until, stop);
  const signal = o.signal === undefined ? stop.signal : AbortSignal.any([o.signal, stop.signal]);
  try {
    for await (const session of watchSession(calls, ref, { ...o, afterRevision: latest?.revision ?? 0, signal })) {
      latest = session;
      o.onProgress?.(session);
      if (isSettled(session)) return session;
    }
  } catch (err) {
    if (err !== TIME_IS_UP || latest === null) throw err;
    return latest;
  } finally {
    stop.abort();
    await timer;
  }
  throw new BerthError('internal', 'the watch ended early');
}

/** Whether there is nothing left to wait for. @throws BerthError when it ended before it was active */
function isSettled(session: Session): boolean {
  if (session.phase === 'releasing' || session.phase === 'released') throw endedError(session);
  return session.phase === 'active';
}

const TIME_IS_UP = new BerthError('deadline-exceeded', 'the session was not active in time');

function abortAt(calls: Calls, until: number, stop: AbortController): Promise<void> {
  const { system } = calls;
  return system.sleep(Math.max(0, until - system.monotonic()), stop.signal).then(
    () => stop.abort(TIME_IS_UP),
    () => undefined,
  );
}

/** What the broker calls the ends whose reason is more than the same word in capitals. */
const REASON: Readonly<Partial<Record<EndReason, string>>> = {
  client: 'RELEASED_BY_CLIENT',
  admin: 'TERMINATED_BY_ADMIN',
  'broker-stop': 'BROKER_STOPPED',
};

/** What the end of a session before it was active means to somebody who waits for it; the same as the broker says to
 *  a waiting acquire. */
function endedError(session: Session): BerthError {
  const why = session.endReason ?? 'client';
  const detail = session.endDetail === '' ? '' : `: ${session.endDetail}`;
  const code = why === 'queue-timeout' ? 'resource-exhausted' : 'aborted';
  return new BerthError(code, `session ${session.id} ended before it was active (${why})${detail}`, {
    reason: REASON[why] ?? why.replaceAll('-', '_').toUpperCase(),
    metadata: { session_id: session.id, end_reason: why },
    answered: true,
  });
}
