import type { CallOptions, Calls } from './calls.ts';
import { decodeSession } from './decode.ts';
import { encodeAcquire } from './encode.ts';
import type { AcquireSessionResponse__Output } from './generated/berth/v1/AcquireSessionResponse.ts';
import { withRetry } from './retry.ts';
import type { AcquireRequest, Session, SessionPhase } from './types.ts';
import { waitForActive } from './watch.ts';

export type AcquireOptions = CallOptions & {
  /** Called with each state until the session is active, the present one first. */
  readonly onProgress?: (session: Session) => void;
};

/** One call waits no longer; the next one, with the same request_id, goes on [ms]. Proxies cut calls that last. */
const LONGEST_CALL_MS = 5 * 60_000;

const WAITING: readonly SessionPhase[] = ['queued', 'starting', 'activating'];

export const isWaiting = (session: Session): boolean => WAITING.includes(session.phase);

/** See BerthClient.acquire. */
export async function acquireSession(calls: Calls, request: AcquireRequest, o: AcquireOptions): Promise<Session> {
  const requestId = request.requestId ?? calls.system.uuid();
  if (o.onProgress !== undefined) return acquireAndWatch(calls, request, requestId, o.onProgress, o);
  const until = request.waitMs === undefined ? Number.POSITIVE_INFINITY : calls.system.monotonic() + request.waitMs;
  for (;;) {
    const session = await acquireOnce(calls, request, requestId, until, o);
    if (!isWaiting(session) || calls.system.monotonic() >= until) return session;
  }
}

/** Tries share one request_id, and each waits for what is left. */
function acquireOnce(
  calls: Calls,
  request: AcquireRequest,
  requestId: string,
  until: number,
  o: CallOptions,
): Promise<Session> {
  const { channel, system } = calls;
  const attempt = async (): Promise<Session> => {
    const waitMs = Math.min(LONGEST_CALL_MS, Math.max(0, until - system.monotonic()));
    const content = encodeAcquire(request, requestId, waitMs);
    const answer = await channel.unary<AcquireSessionResponse__Output>(
      (m, callOptions, done) => channel.sessions.acquireSession(content, m, callOptions, done),
      waitMs + (o.deadlineMs ?? calls.deadlineMs),
      o.signal,
    );
    return decodeSession(answer.session);
  };
  return withRetry(attempt, calls.patience(o), system, o.signal);
}

async function acquireAndWatch(
  calls: Calls,
  request: AcquireRequest,
  requestId: string,
  onProgress: (session: Session) => void,
  o: CallOptions,
): Promise<Session> {
  const until = request.waitMs === undefined ? undefined : calls.system.monotonic() + request.waitMs;
  const first = await acquireOnce(calls, request, requestId, Number.NEGATIVE_INFINITY, o);
  onProgress(first);
  if (!isWaiting(first) || request.waitMs === 0) return first;
  const session = await waitForActive(calls, first, {
    onProgress,
    ...(until === undefined ? {} : { until }),
    ...(o.signal === undefined ? {} : { signal: o.signal }),
  });
  // No watch tells the access token; the same request again does.
  const wantsToken = session.endpoint?.ports.some((port) => port.tokenRequired) ?? false;
  return wantsToken ? acquireOnce(calls, request, requestId, Number.NEGATIVE_INFINITY, o) : session;
}
