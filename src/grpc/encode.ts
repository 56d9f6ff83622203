import type { Protocol as DomainProtocol, Endpoint, PortAddress } from '../domain/endpoint.ts';
import { TOKEN_PARAMETER, urlOf } from '../domain/endpoint.ts';
import { idleAt, maxExpireAt } from '../domain/idle.ts';
import type { Micros, Resources } from '../domain/resources.ts';
import type {
  EndReason,
  InstanceFacts,
  PlannedEnd,
  Replacing,
  SessionIn,
  SessionPhase,
  Use,
} from '../domain/session.ts';
import type { EpochMs } from '../domain/time.ts';
import type { SessionView } from '../engine/use-cases.ts';
import type { Deadlines as WireDeadlines } from './generated/berth/v1/Deadlines.ts';
import type { Endpoint as WireEndpoint } from './generated/berth/v1/Endpoint.ts';
import type { EndpointPort as WireEndpointPort } from './generated/berth/v1/EndpointPort.ts';
import type { EndReason__Output as WireEndReason } from './generated/berth/v1/EndReason.ts';
import type { Instance as WireInstance } from './generated/berth/v1/Instance.ts';
import type { PlannedEnd as WirePlannedEnd } from './generated/berth/v1/PlannedEnd.ts';
import type { Protocol__Output as WireProtocol } from './generated/berth/v1/Protocol.ts';
import type { Resources as WireResources } from './generated/berth/v1/Resources.ts';
import type { Session as WireSession } from './generated/berth/v1/Session.ts';
import type { SessionPhase__Output as WirePhase } from './generated/berth/v1/SessionPhase.ts';
import type { Duration as WireDuration } from './generated/google/protobuf/Duration.ts';
import type { Timestamp as WireTimestamp } from './generated/google/protobuf/Timestamp.ts';

// A new phase, reason or protocol without its name on the wire does not compile.

const PHASE: Readonly<Record<SessionPhase, WirePhase>> = {
  queued: 'SESSION_PHASE_QUEUED',
  starting: 'SESSION_PHASE_STARTING',
  activating: 'SESSION_PHASE_ACTIVATING',
  active: 'SESSION_PHASE_ACTIVE',
  releasing: 'SESSION_PHASE_RELEASING',
  released: 'SESSION_PHASE_RELEASED',
};

const END_REASON: Readonly<Record<EndReason, WireEndReason>> = {
  client: 'END_REASON_CLIENT',
  expired: 'END_REASON_EXPIRED',
  idle: 'END_REASON_IDLE',
  unconfirmed: 'END_REASON_UNCONFIRMED',
  'queue-timeout': 'END_REASON_QUEUE_TIMEOUT',
  'start-failed': 'END_REASON_START_FAILED',
  'activation-failed': 'END_REASON_ACTIVATION_FAILED',
  'instance-lost': 'END_REASON_INSTANCE_LOST',
  budget: 'END_REASON_BUDGET',
  admin: 'END_REASON_ADMIN',
  'broker-stop': 'END_REASON_BROKER_STOP',
};

export const PROTOCOL: Readonly<Record<DomainProtocol, WireProtocol>> = {
  http: 'PROTOCOL_HTTP',
  grpc: 'PROTOCOL_GRPC',
  tcp: 'PROTOCOL_TCP',
};

export function encodeTime(ms: EpochMs): WireTimestamp {
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}

export const encodeTimeOrNone = (ms: EpochMs | null): WireTimestamp | null => (ms === null ? null : encodeTime(ms));

/** @param ms not negative */
export function encodeDuration(ms: number): WireDuration {
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}

export const encodeDurationOrNone = (ms: number | null): WireDuration | null =>
  ms === null ? null : encodeDuration(ms);

export const encodeDollars = (micros: Micros): number => micros / 1e6;

/** The session as its client sees it. */
export function encodeSession(view: SessionView): WireSession {
  const { session: s } = view;
  const wire: WireSession = {
    id: s.id,
    name: s.asked.name,
    tenant: s.tenant,
    owner: s.asked.owner,
    class: s.asked.class,
    requestId: s.requestId,
    labels: s.asked.labels,
    phase: PHASE[s.phase],
    cost: encodeDollars(view.costMicros),
    revision: s.revision,
    createTime: encodeTime(s.createdAt),
    phaseTime: encodeTime(s.since),
    attempts: s.attempts,
  };
  if (view.progress !== '') wire.progress = view.progress;
  addPhase(wire, view);
  return wire;
}

/** What only some phases have. Adds to `wire`: this is the hot path, a copy for each part would cost. */
function addPhase(wire: WireSession, view: SessionView): void {
  const { session: s, expectedActiveAt } = view;
  switch (s.phase) {
    case 'queued':
      wire.waitingFor = s.waitingFor;
      wire.queuePosition = view.queuePosition;
      if (s.refused !== undefined) wire.refused = s.refused;
      wire.deadlines = { queueTime: encodeTime(s.queueBy) };
      wire.expectedActiveTime = encodeTimeOrNone(expectedActiveAt);
      return;
    case 'starting':
      wire.deadlines = { queueTime: encodeTime(s.queueBy) };
      wire.instance = encodeInstance(s.instance);
      wire.expectedActiveTime = encodeTimeOrNone(expectedActiveAt);
      return;
    case 'activating':
      wire.instance = encodeInstance(s.instance);
      wire.fromReserve = s.fromReserve;
      return;
    case 'active':
      addActive(wire, s, view);
      return;
    case 'releasing':
    case 'released':
      wire.endReason = END_REASON[s.why];
      wire.endDetail = s.detail;
      if (s.refused !== undefined) wire.refused = s.refused;
      if (s.use !== null) addUse(wire, s.use, null);
      if (s.instance !== null) wire.instance = encodeInstance(s.instance);
      if (s.phase === 'released') wire.endTime = encodeTime(s.releasedAt);
      return;
    default:
      s satisfies never;
  }
}

function addActive(wire: WireSession, s: SessionIn<'active'>, view: SessionView): void {
  addUse(wire, s, view.accessToken);
  wire.deadlines = activeDeadlines(s.expireAt, maxExpireAt(s), idleAt(s), s.confirmBy);
  if (s.warning !== null) wire.warning = encodePlannedEnd(s.warning);
  if (view.plannedEnd !== null) wire.plannedEnd = encodePlannedEnd(view.plannedEnd);
  if (s.replacing !== undefined) wire.waitingFor = waitingForAnother(s.replacing);
}

function addUse(wire: WireSession, use: Use, accessToken: string | null): void {
  wire.instance = encodeInstance(use.instance);
  wire.endpoint = encodeEndpoint(use.endpoint, accessToken);
  wire.fromReserve = use.fromReserve;
  wire.activeTime = encodeTime(use.activeAt);
  wire.lastUsedTime = encodeTime(use.lastUsedAt);
  if (use.replacements !== undefined) wire.replacements = use.replacements;
}

const encodePlannedEnd = (end: PlannedEnd): WirePlannedEnd => ({
  reason: END_REASON[end.reason],
  endTime: encodeTime(end.endAt),
});

const waitingForAnother = ({ detail, waitingFor }: Replacing): string =>
  `another instance: ${detail}${waitingFor === '' ? '' : `; ${waitingFor}`}`;

const activeDeadlines = (
  expireAt: EpochMs,
  maxExpire: EpochMs,
  idle: EpochMs | null,
  confirmBy: EpochMs | null,
): WireDeadlines => ({
  expireTime: encodeTime(expireAt),
  maxExpireTime: encodeTime(maxExpire),
  idleTime: encodeTimeOrNone(idle),
  confirmTime: encodeTimeOrNone(confirmBy),
});

function encodeEndpoint(e: Endpoint, accessToken: string | null): WireEndpoint {
  const isGuarded = e.tokenRequired ?? false;
  const wire: WireEndpoint = { ports: e.ports.map((p) => encodePort(p, isGuarded, accessToken)), stable: e.stable };
  if (accessToken !== null) wire.accessToken = accessToken;
  return wire;
}

function encodePort(p: PortAddress, isGuarded: boolean, accessToken: string | null): WireEndpointPort {
  const url = urlOf(p);
  const wire: WireEndpointPort = { name: p.name, protocol: PROTOCOL[p.protocol], host: p.host, port: p.port, url };
  if (!isGuarded || p.protocol === 'tcp') return wire;
  wire.tokenRequired = true;
  if (accessToken !== null && p.protocol === 'http') wire.link = `${url}/?${TOKEN_PARAMETER}=${accessToken}`;
  return wire;
}

export const encodeInstance = (i: InstanceFacts): WireInstance => ({
  id: i.id,
  provider: i.provider,
  providerRef: i.ref,
  machineId: i.machine,
  hostId: i.host,
  region: i.region,
  granted: encodeResources(i.granted),
  pricePerHour: encodeDollars(i.microsPerHour),
  storagePricePerHour: encodeDollars(i.storageMicrosPerHour ?? 0),
  createTime: encodeTime(i.createdAt),
});

export const encodeResources = (r: Resources): WireResources => ({
  cpuRequest: r.cpu.request,
  cpuLimit: r.cpu.limit,
  memoryRequestBytes: r.memory.request,
  memoryLimitBytes: r.memory.limit,
  gpuModel: r.gpuModel,
  gpuCount: r.gpuCount,
  gpuMemoryBytes: r.gpuMemory,
  diskBytes: r.disk,
});
