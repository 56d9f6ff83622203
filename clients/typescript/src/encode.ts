import type { AcquireSessionRequest } from './generated/berth/v1/AcquireSessionRequest.ts';
import type { EventFilter as WireFilter } from './generated/berth/v1/EventFilter.ts';
import type { ListEventsRequest } from './generated/berth/v1/ListEventsRequest.ts';
import type { ListSessionsRequest } from './generated/berth/v1/ListSessionsRequest.ts';
import type { QuoteSessionRequest } from './generated/berth/v1/QuoteSessionRequest.ts';
import type { Requirements as WireRequirements } from './generated/berth/v1/Requirements.ts';
import type { Duration } from './generated/google/protobuf/Duration.ts';
import type { Timestamp } from './generated/google/protobuf/Timestamp.ts';
import type { AcquireRequest, ListQuery, OnConflict, Requirements, SessionPhase, SessionRef } from './types.ts';
import type { EventFilter, EventQuery } from './types-admin.ts';
import type { HostTarget, QuoteRequest } from './types-market.ts';

const ON_CONFLICT = {
  fail: 'ON_CONFLICT_FAIL',
  return: 'ON_CONFLICT_RETURN',
  replace: 'ON_CONFLICT_REPLACE',
} as const satisfies Record<OnConflict, string>;

const PHASE = {
  queued: 'SESSION_PHASE_QUEUED',
  starting: 'SESSION_PHASE_STARTING',
  activating: 'SESSION_PHASE_ACTIVATING',
  active: 'SESSION_PHASE_ACTIVE',
  releasing: 'SESSION_PHASE_RELEASING',
  released: 'SESSION_PHASE_RELEASED',
} as const satisfies Record<SessionPhase, string>;

/** @param ms may be a fraction or negative; the broker judges the range */
export function encodeDuration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}

export function encodeTime(time: Date): Timestamp {
  const seconds = Math.floor(time.getTime() / 1_000);
  return { seconds, nanos: (time.getTime() - seconds * 1_000) * 1e6 };
}

/** The fields that `value` has and that are not undefined: protobuf knows "unset" only as absent. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}

const duration = (ms: number | undefined): Duration | undefined => (ms === undefined ? undefined : encodeDuration(ms));

/** @param waitMs how long this very call waits; undefined: as the broker does by itself */
export function encodeAcquire(r: AcquireRequest, requestId: string, waitMs: number): AcquireSessionRequest {
  return present({
    requestId,
    class: r.class,
    name: r.name,
    onConflict: r.onConflict === undefined ? undefined : ON_CONFLICT[r.onConflict],
    requirements: r.requirements === undefined ? undefined : encodeRequirements(r.requirements),
    owner: r.owner,
    labels: r.labels === undefined ? undefined : { ...r.labels },
    env: r.env === undefined ? undefined : { ...r.env },
    command: r.command === undefined ? undefined : [...r.command],
    lifetime: duration(r.lifetimeMs),
    idleTimeout: duration(r.idleTimeoutMs),
    queueTimeout: duration(r.queueTimeoutMs),
    wait: encodeDuration(waitMs),
  }) as AcquireSessionRequest;
}

function encodeRequirements(r: Requirements): WireRequirements {
  return present({
    cpu: r.cpu === undefined ? undefined : present({ ...r.cpu }),
    memory:
      r.memory === undefined ? undefined : present({ requestBytes: r.memory.request, limitBytes: r.memory.limit }),
    gpus:
      r.gpus === undefined
        ? undefined
        : present({ models: [...(r.gpus.models ?? [])], count: r.gpus.count, memoryBytes: r.gpus.memoryBytes }),
    diskBytes: r.diskBytes,
    regions: [...(r.regions ?? [])],
    maxPricePerHour: r.maxPricePerHour,
    interruptible: r.interruptible,
    minReliability: r.minReliability,
  }) as WireRequirements;
}

export const encodeQuote = (r: QuoteRequest): QuoteSessionRequest =>
  present({
    class: r.class,
    requirements: r.requirements === undefined ? undefined : encodeRequirements(r.requirements),
    maxOffers: r.maxOffers,
  }) as QuoteSessionRequest;

export const encodeHostTarget = (t: HostTarget) =>
  'machineId' in t ? { provider: t.provider, machineId: t.machineId } : { provider: t.provider, hostId: t.hostId };

export function encodeRef(ref: SessionRef): { id: string } | { name: string } | { requestId: string } {
  if ('id' in ref) return { id: ref.id };
  return 'name' in ref ? { name: ref.name } : { requestId: ref.requestId };
}

export function encodeList(q: ListQuery): ListSessionsRequest {
  return present({
    pageSize: q.pageSize,
    pageToken: q.pageToken,
    class: q.class,
    phases: (q.phases ?? []).map((p) => PHASE[p]),
    owner: q.owner,
    labels: q.labels === undefined ? undefined : { ...q.labels },
    tenant: q.tenant,
  }) as ListSessionsRequest;
}

export const encodeFilter = (f: EventFilter): WireFilter =>
  present({ kinds: [...(f.kinds ?? [])], sessionId: f.sessionId, class: f.class, tenant: f.tenant }) as WireFilter;

export const encodeEvents = (q: EventQuery): ListEventsRequest =>
  present({
    filter: encodeFilter(q),
    pageSize: q.pageSize,
    afterId: q.afterId,
    sinceTime: q.since === undefined ? undefined : encodeTime(q.since),
  }) as ListEventsRequest;
