import type { OnConflict } from '../../domain/session.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import type { AcquireInput, SessionUseCases } from '../../engine/use-cases.ts';
import type { Ids } from '../../ports/ids.ts';
import { type Edge, unary } from '../call.ts';
import { checkCommand, checkEnv, checkLabels, done, durationMs, enumValue, requirements } from '../decode.ts';
import { encodeSession } from '../encode.ts';
import type { AcquireSessionRequest__Output as Request } from '../generated/berth/v1/AcquireSessionRequest.ts';
import type { AcquireSessionResponse as Response } from '../generated/berth/v1/AcquireSessionResponse.ts';
import type { OnConflict__Output as WireOnConflict } from '../generated/berth/v1/OnConflict.ts';
import { ANY_DURATION, CLASS_NAME, DAY_AT_MOST, OWNER, REQUEST_ID, SESSION_NAME } from '../rules.ts';
import { checkText, type Violations } from '../validate.ts';

/** What a call that names no wait waits at most [ms]. */
const UNSET_WAIT = 10 * MINUTE;
/** Kept back of the call's deadline, so that the answer arrives before the client gives up [ms]. */
const SLACK = SECOND;

const ON_CONFLICT: Readonly<Record<WireOnConflict, OnConflict>> = {
  ON_CONFLICT_UNSPECIFIED: 'fail',
  ON_CONFLICT_FAIL: 'fail',
  ON_CONFLICT_RETURN: 'return',
  ON_CONFLICT_REPLACE: 'replace',
};

/** @param wallNow this machine's own clock, on which grpc-js states deadlines [ms since 1970] */
export function acquireSession(edge: Edge, sessions: SessionUseCases, ids: Ids, wallNow: () => number) {
  return unary<Request, Response>(edge, 'AcquireSession', 'client', async (request, caller, call) => {
    const input = decode(request, Number(call.getDeadline()) - wallNow(), ids);
    const signal = edge.calls.signalOf(call);
    try {
      const view = await sessions.acquire(caller, input, signal);
      // A use case that stops waiting may answer what it has; the client must hear why it got no session.
      if (view.session.phase !== 'active') edge.calls.throwIfStopped(signal);
      return { session: encodeSession(view) };
    } catch (err) {
      throw edge.calls.causeOf(err, signal);
    }
  });
}

/** @param remainingMs until the call's deadline; Infinity without one */
function decode(request: Request, remainingMs: number, ids: Ids): AcquireInput {
  const bad: Violations = [];
  if (request.requestId !== '') checkText(bad, 'request_id', request.requestId, REQUEST_ID);
  if (request.name !== '') checkText(bad, 'name', request.name, SESSION_NAME);
  checkText(bad, 'class', request.class, CLASS_NAME);
  checkText(bad, 'owner', request.owner, OWNER);
  checkLabels(bad, request.labels);
  checkEnv(bad, request.env);
  checkCommand(bad, request.command);
  const waitMs = durationMs(bad, 'wait', request.wait, ANY_DURATION);
  const input: AcquireInput = {
    requestId: request.requestId === '' ? ids.secret() : request.requestId,
    name: request.name,
    onConflict: enumValue(bad, 'on_conflict', request.onConflict, ON_CONFLICT) ?? 'fail',
    class: request.class,
    requirements: requirements(bad, request.requirements),
    owner: request.owner,
    labels: request.labels,
    env: request.env,
    command: request.command,
    lifetimeMs: durationMs(bad, 'lifetime', request.lifetime, ANY_DURATION),
    idleTimeoutMs: durationMs(bad, 'idle_timeout', request.idleTimeout, ANY_DURATION),
    queueTimeoutMs: durationMs(bad, 'queue_timeout', request.queueTimeout, DAY_AT_MOST),
    waitMs: boundedWait(waitMs, remainingMs),
  };
  done(bad);
  return input;
}

/** @param asked null: unset. Milliseconds, as is all here. */
export const boundedWait = (asked: number | null, remaining: number): number =>
  Math.max(0, Math.min(asked ?? UNSET_WAIT, DAY_AT_MOST.maxMs, remaining - SLACK));
