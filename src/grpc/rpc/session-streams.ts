import type { SessionUseCases } from '../../engine/use-cases.ts';
import { type Edge, serverStream } from '../call.ts';
import { done, sessionRef } from '../decode.ts';
import { encodeSession } from '../encode.ts';
import type { StreamLogsRequest__Output as LogsRequest } from '../generated/berth/v1/StreamLogsRequest.ts';
import type { StreamLogsResponse as LogsResponse } from '../generated/berth/v1/StreamLogsResponse.ts';
import type { WatchSessionRequest__Output as WatchRequest } from '../generated/berth/v1/WatchSessionRequest.ts';
import type { WatchSessionResponse as WatchResponse } from '../generated/berth/v1/WatchSessionResponse.ts';
import { REVISION, TAIL_LINES } from '../rules.ts';
import { checkNumber, type Violations } from '../validate.ts';

/** What a StreamLogsResponse holds at most. */
const CHUNK_BYTES = 64 * 1_024;

export const watchSession = (edge: Edge, sessions: SessionUseCases) =>
  serverStream<WatchRequest, WatchResponse>(edge, 'WatchSession', 'client', async function* (request, caller, signal) {
    const bad: Violations = [];
    const ref = sessionRef(bad, request);
    checkNumber(bad, 'after_revision', request.afterRevision, REVISION);
    done(bad);
    for await (const view of sessions.watch(caller, ref, request.afterRevision, signal))
      yield { session: encodeSession(view) };
  });

export const streamLogs = (edge: Edge, sessions: SessionUseCases) =>
  serverStream<LogsRequest, LogsResponse>(edge, 'StreamLogs', 'client', async function* (request, caller, signal) {
    const bad: Violations = [];
    const ref = sessionRef(bad, request);
    const { follow, tailLines = null } = request;
    if (tailLines !== null) checkNumber(bad, 'tail_lines', tailLines, TAIL_LINES);
    done(bad);
    for await (const bytes of sessions.logs(caller, ref, { follow, tailLines }, signal))
      for (let from = 0; from < bytes.length; from += CHUNK_BYTES)
        yield { data: bytes.subarray(from, from + CHUNK_BYTES) };
  });
