import type { Caller } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import type { SessionPhase } from '../../domain/session.ts';
import type { ListQuery, SessionUseCases } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { checkLabels, done, enumValue } from '../decode.ts';
import { encodeSession } from '../encode.ts';
import type { ListSessionsRequest__Output as Request } from '../generated/berth/v1/ListSessionsRequest.ts';
import type { ListSessionsResponse as Response } from '../generated/berth/v1/ListSessionsResponse.ts';
import type { SessionPhase__Output as WirePhase } from '../generated/berth/v1/SessionPhase.ts';
import { CLASS_NAME, DEFAULT_PAGE_SIZE, MAX_PHASES, OWNER, PAGE_SIZE, PAGE_TOKEN, TENANT } from '../rules.ts';
import { checkCount, checkNumber, checkText, type Violations } from '../validate.ts';

const PHASE: Readonly<Record<WirePhase, SessionPhase | null>> = {
  SESSION_PHASE_UNSPECIFIED: null,
  SESSION_PHASE_QUEUED: 'queued',
  SESSION_PHASE_STARTING: 'starting',
  SESSION_PHASE_ACTIVATING: 'activating',
  SESSION_PHASE_ACTIVE: 'active',
  SESSION_PHASE_RELEASING: 'releasing',
  SESSION_PHASE_RELEASED: 'released',
};

export const listSessions = (edge: Edge, sessions: SessionUseCases) =>
  unary<Request, Response>(edge, 'ListSessions', 'client', async (request, caller) => {
    const page = await sessions.list(caller, decode(request, caller));
    return { sessions: page.sessions.map(encodeSession), nextPageToken: page.nextPageToken };
  });

function decode(request: Request, caller: Caller): ListQuery {
  const bad: Violations = [];
  checkNumber(bad, 'page_size', request.pageSize, PAGE_SIZE);
  checkText(bad, 'page_token', request.pageToken, PAGE_TOKEN);
  if (request.class !== '') checkText(bad, 'class', request.class, CLASS_NAME);
  if (request.owner !== undefined) checkText(bad, 'owner', request.owner, OWNER);
  checkLabels(bad, request.labels);
  if (request.tenant !== '') checkText(bad, 'tenant', request.tenant, TENANT);
  const phases = decodePhases(bad, request.phases);
  done(bad);
  if (request.tenant !== '' && request.tenant !== caller.tenant && caller.role !== 'admin')
    throw new BrokerError('denied', "only admins see other tenants' sessions", { reason: 'ADMIN_ONLY' });
  return {
    pageSize: request.pageSize || DEFAULT_PAGE_SIZE,
    pageToken: request.pageToken,
    class: request.class || null,
    phases,
    owner: request.owner ?? null,
    labels: request.labels,
    tenant: request.tenant || null,
  };
}

/** Each once. */
function decodePhases(bad: Violations, wire: readonly WirePhase[]): readonly SessionPhase[] {
  if (!checkCount(bad, 'phases', wire.length, MAX_PHASES, 'entries')) return [];
  const phases = wire.map((phase, i) => enumValue(bad, `phases[${i}]`, phase, PHASE));
  return [...new Set(phases.filter((phase) => phase !== null))];
}
