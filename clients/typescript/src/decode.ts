import { BerthError } from './errors.ts';
import type { Deadlines__Output } from './generated/berth/v1/Deadlines.ts';
import type { Endpoint__Output } from './generated/berth/v1/Endpoint.ts';
import type { EndReason__Output } from './generated/berth/v1/EndReason.ts';
import type { Instance__Output } from './generated/berth/v1/Instance.ts';
import type { PlannedEnd__Output } from './generated/berth/v1/PlannedEnd.ts';
import type { Protocol__Output } from './generated/berth/v1/Protocol.ts';
import type { Resources__Output } from './generated/berth/v1/Resources.ts';
import type { Session__Output } from './generated/berth/v1/Session.ts';
import type { SessionPhase__Output } from './generated/berth/v1/SessionPhase.ts';
import type { Duration__Output } from './generated/google/protobuf/Duration.ts';
import type { Timestamp__Output } from './generated/google/protobuf/Timestamp.ts';
import { dateOf } from './system.ts';
import type {
  Deadlines,
  Endpoint,
  EndReason,
  Instance,
  PlannedEnd,
  Protocol,
  Resources,
  Session,
  SessionPhase,
} from './types.ts';

const PHASE: Readonly<Record<SessionPhase__Output, SessionPhase>> = {
  // A phase that a later broker adds decodes as unspecified; a living session is the safer reading.
  SESSION_PHASE_UNSPECIFIED: 'starting',
  SESSION_PHASE_QUEUED: 'queued',
  SESSION_PHASE_STARTING: 'starting',
  SESSION_PHASE_ACTIVATING: 'activating',
  SESSION_PHASE_ACTIVE: 'active',
  SESSION_PHASE_RELEASING: 'releasing',
  SESSION_PHASE_RELEASED: 'released',
};

const END_REASON: Readonly<Record<EndReason__Output, EndReason | null>> = {
  END_REASON_UNSPECIFIED: null,
  END_REASON_CLIENT: 'client',
  END_REASON_EXPIRED: 'expired',
  END_REASON_IDLE: 'idle',
  END_REASON_UNCONFIRMED: 'unconfirmed',
  END_REASON_QUEUE_TIMEOUT: 'queue-timeout',
  END_REASON_START_FAILED: 'start-failed',
  END_REASON_ACTIVATION_FAILED: 'activation-failed',
  END_REASON_INSTANCE_LOST: 'instance-lost',
  END_REASON_BUDGET: 'budget',
  END_REASON_ADMIN: 'admin',
  END_REASON_BROKER_STOP: 'broker-stop',
};

const PROTOCOL: Readonly<Record<Protocol__Output, Protocol>> = {
  PROTOCOL_UNSPECIFIED: 'tcp',
  PROTOCOL_HTTP: 'http',
  PROTOCOL_GRPC: 'grpc',
  PROTOCOL_TCP: 'tcp',
};

export const decodeProtocol = (p: Protocol__Output): Protocol => PROTOCOL[p] ?? 'tcp';

export const decodeTime = (t: Timestamp__Output | null): Date | null =>
  t === null ? null : dateOf(t.seconds * 1_000 + Math.floor(t.nanos / 1e6));

export const decodeDuration = (d: Duration__Output | null): number =>
  d === null ? 0 : d.seconds * 1_000 + Math.round(d.nanos / 1e6);

export const decodeDurationOrNone = (d: Duration__Output | null): number | null =>
  d === null ? null : decodeDuration(d);

/** @throws BerthError `internal` when the answer lacks its session */
export function decodeSession(s: Session__Output | null): Session {
  if (s === null) throw new BerthError('internal', 'the broker answered without a session');
  return {
    id: s.id,
    name: s.name,
    tenant: s.tenant,
    owner: s.owner,
    class: s.class,
    requestId: s.requestId,
    labels: { ...s.labels },
    phase: PHASE[s.phase] ?? 'starting',
    waitingFor: s.waitingFor,
    endReason: END_REASON[s.endReason] ?? null,
    endDetail: s.endDetail,
    endpoint: decodeEndpoint(s.endpoint),
    deadlines: decodeDeadlines(s.deadlines),
    instance: decodeInstance(s.instance),
    cost: s.cost,
    fromReserve: s.fromReserve,
    revision: s.revision,
    createTime: decodeTime(s.createTime),
    phaseTime: decodeTime(s.phaseTime),
    activeTime: decodeTime(s.activeTime),
    endTime: decodeTime(s.endTime),
    expectedActiveTime: decodeTime(s.expectedActiveTime),
    warning: decodePlannedEnd(s.warning),
    attempts: s.attempts,
    queuePosition: s.queuePosition,
    refused: { ...s.refused },
    plannedEnd: decodePlannedEnd(s.plannedEnd),
    lastUsedTime: decodeTime(s.lastUsedTime),
    replacements: s.replacements,
    progress: s.progress,
  };
}

function decodeEndpoint(e: Endpoint__Output | null): Endpoint | null {
  if (e === null) return null;
  const ports = e.ports.map(({ name, protocol, host, port, url, tokenRequired, link }) => ({
    name,
    protocol: decodeProtocol(protocol),
    host,
    port,
    url,
    tokenRequired,
    link,
  }));
  return { ports, stable: e.stable, accessToken: e.accessToken };
}

const decodeDeadlines = (d: Deadlines__Output | null): Deadlines => ({
  queueTime: decodeTime(d?.queueTime ?? null),
  expireTime: decodeTime(d?.expireTime ?? null),
  maxExpireTime: decodeTime(d?.maxExpireTime ?? null),
  idleTime: decodeTime(d?.idleTime ?? null),
  confirmTime: decodeTime(d?.confirmTime ?? null),
});

function decodePlannedEnd(end: PlannedEnd__Output | null): PlannedEnd | null {
  const endTime = decodeTime(end?.endTime ?? null);
  if (end === null || endTime === null) return null;
  return { reason: END_REASON[end.reason] ?? 'expired', endTime };
}

export function decodeInstance(i: Instance__Output | null): Instance | null {
  if (i === null) return null;
  const { id, provider, providerRef, machineId, hostId, region, pricePerHour } = i;
  const granted = decodeResources(i.granted);
  return {
    id,
    provider,
    providerRef,
    machineId,
    hostId,
    region,
    granted,
    pricePerHour,
    storagePricePerHour: i.storagePricePerHour,
    createTime: decodeTime(i.createTime),
  };
}

export const decodeResources = (r: Resources__Output | null): Resources => ({
  cpuRequest: r?.cpuRequest ?? 0,
  cpuLimit: r?.cpuLimit ?? 0,
  memoryRequestBytes: r?.memoryRequestBytes ?? 0,
  memoryLimitBytes: r?.memoryLimitBytes ?? 0,
  gpuModel: r?.gpuModel ?? '',
  gpuCount: r?.gpuCount ?? 0,
  gpuMemoryBytes: r?.gpuMemoryBytes ?? 0,
  diskBytes: r?.diskBytes ?? 0,
});
