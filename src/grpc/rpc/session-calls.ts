import type { SessionUseCases } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { done, sessionRef, timestampMs } from '../decode.ts';
import { encodeSession } from '../encode.ts';
import type { ExtendSessionRequest__Output as ExtendRequest } from '../generated/berth/v1/ExtendSessionRequest.ts';
import type { GetSessionRequest__Output as GetRequest } from '../generated/berth/v1/GetSessionRequest.ts';
import type { KeepAliveRequest__Output as KeepAliveRequest } from '../generated/berth/v1/KeepAliveRequest.ts';
import type { ReleaseSessionRequest__Output as ReleaseRequest } from '../generated/berth/v1/ReleaseSessionRequest.ts';
import type { Session as WireSession } from '../generated/berth/v1/Session.ts';
import type { Violations } from '../validate.ts';

/** What all of these answer: the session after the call. */
type Response = { session: WireSession | null };

export const releaseSession = (edge: Edge, sessions: SessionUseCases) =>
  unary<ReleaseRequest, Response>(edge, 'ReleaseSession', 'client', async (request, caller) => {
    const view = await sessions.release(caller, refOf(request));
    return { session: view === null ? null : encodeSession(view) };
  });

export const getSession = (edge: Edge, sessions: SessionUseCases) =>
  unary<GetRequest, Response>(edge, 'GetSession', 'client', async (request, caller) => ({
    session: encodeSession(await sessions.get(caller, refOf(request))),
  }));

export const keepAlive = (edge: Edge, sessions: SessionUseCases) =>
  unary<KeepAliveRequest, Response>(edge, 'KeepAlive', 'client', async (request, caller) => ({
    session: encodeSession(await sessions.keepAlive(caller, refOf(request))),
  }));

export const extendSession = (edge: Edge, sessions: SessionUseCases) =>
  unary<ExtendRequest, Response>(edge, 'ExtendSession', 'client', async (request, caller) => {
    const bad: Violations = [];
    const ref = sessionRef(bad, request);
    const expireAt = timestampMs(bad, 'expire_time', request.expireTime);
    done(bad);
    return { session: encodeSession(await sessions.extend(caller, ref, expireAt)) };
  });

function refOf(request: GetRequest) {
  const bad: Violations = [];
  const ref = sessionRef(bad, request);
  done(bad);
  return ref;
}
