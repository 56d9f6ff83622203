import {
  decodeDuration,
  decodeDurationOrNone,
  decodeInstance,
  decodeProtocol,
  decodeResources,
  decodeTime,
} from './decode.ts';
import { decodeRenting } from './decode-market.ts';
import { BerthError } from './errors.ts';
import type { ClassPlacement__Output } from './generated/berth/v1/ClassPlacement.ts';
import type { Event__Output } from './generated/berth/v1/Event.ts';
import type { GetStatusResponse__Output } from './generated/berth/v1/GetStatusResponse.ts';
import type { InstanceStatus__Output } from './generated/berth/v1/InstanceStatus.ts';
import type { Reserve__Output } from './generated/berth/v1/Reserve.ts';
import type { SessionClass__Output } from './generated/berth/v1/SessionClass.ts';
import type { TenantQuota__Output } from './generated/berth/v1/TenantQuota.ts';
import type { Token__Output } from './generated/berth/v1/Token.ts';
import type {
  BerthEvent,
  BrokerStatus,
  ClassPlacement,
  InstancePhase,
  InstanceStatus,
  Reserve,
  SessionClass,
  TenantQuota,
  Token,
} from './types-admin.ts';

export const decodeClass = (c: SessionClass__Output): SessionClass => ({
  name: c.name,
  description: c.description,
  provider: c.provider,
  proxy: c.proxy,
  ports: c.ports.map(({ name, protocol, number }) => ({ name, protocol: decodeProtocol(protocol), number })),
  resources: decodeResources(c.resources),
  defaultLifetimeMs: decodeDuration(c.defaultLifetime),
  minLifetimeMs: decodeDuration(c.minLifetime),
  maxLifetimeMs: decodeDuration(c.maxLifetime),
  maxAgeMs: decodeDuration(c.maxAge),
  defaultIdleTimeoutMs: decodeDuration(c.defaultIdleTimeout),
  defaultQueueTimeoutMs: decodeDuration(c.defaultQueueTimeout),
  commandAllowed: c.commandAllowed,
  envAllowed: [...c.envAllowed],
  expectedStartMs: decodeDurationOrNone(c.expectedStart),
  tokenRequired: c.tokenRequired,
  replacesLost: c.replacesLost,
  image: c.image,
  template: c.template,
  placement: c.placement === null ? null : decodePlacement(c.placement),
});

const decodePlacement = (p: ClassPlacement__Output): ClassPlacement => ({
  gpuModels: [...p.gpuModels],
  regions: [...p.regions],
  maxPricePerHour: p.maxPricePerHour ?? null,
  minReliability: p.minReliability,
  interruptible: p.interruptible,
});

/** @throws BerthError `internal` when the answer lacks its reserve */
export function decodeReserve(r: Reserve__Output | null): Reserve {
  if (r === null) throw new BerthError('internal', 'the broker answered without a reserve');
  return {
    class: r.class,
    target: r.target,
    configuredTarget: r.configuredTarget,
    ready: r.ready,
    starting: r.starting,
    failures: r.failures,
    backingOff: r.backingOff,
    lastFailure: r.lastFailure,
    retryTime: decodeTime(r.retryTime),
    setBy: r.setBy,
    setTime: decodeTime(r.setTime),
  };
}

export const decodeStatus = (s: GetStatusResponse__Output): BrokerStatus => ({
  version: s.version,
  replicaId: s.replicaId,
  installationId: s.installationId,
  leaderId: s.leaderId,
  store: s.store,
  startTime: decodeTime(s.startTime),
  sessions: { ...s.sessions },
  instances: { ...s.instances },
  proxies: { ...s.proxies },
  reserves: s.reserves.map(decodeReserve),
  loops: s.loops.map(({ name, lastPassTime, failures, lastError }) => ({
    name,
    lastPassTime: decodeTime(lastPassTime),
    failures,
    lastError,
  })),
  providers: s.providers.map((p) => ({
    name: p.name,
    instances: p.instances,
    maxInstances: p.maxInstances,
    listTime: decodeTime(p.listTime),
    listError: p.listError,
    pricePerHour: p.pricePerHour,
    maxPricePerHour: p.maxPricePerHour,
    untrackedDollarsPerHour: p.untrackedDollarsPerHour ?? null,
    credit: p.credit ?? null,
  })),
  queues: s.queues.map(({ class: of, waiting, oldestTime, waitingFor }) => ({
    class: of,
    waiting,
    oldestTime: decodeTime(oldestTime),
    waitingFor,
  })),
  renting: decodeRenting(s.renting),
});

/** @throws BerthError `internal` when the answer lacks its token */
export function decodeToken(t: Token__Output | null): Token {
  if (t === null) throw new BerthError('internal', 'the broker answered without a token');
  const role = t.role === 'ROLE_ADMIN' ? 'admin' : 'client';
  return { id: t.id, tenant: t.tenant, role, createTime: decodeTime(t.createTime), note: t.note };
}

const PHASES: readonly InstancePhase[] = ['intended', 'requested', 'booting', 'ready', 'bound', 'destroying'];

/** @throws BerthError `internal` when the answer lacks the instance itself */
export function decodeInstanceStatus(s: InstanceStatus__Output): InstanceStatus {
  const instance = decodeInstance(s.instance);
  if (instance === null) throw new BerthError('internal', 'the broker answered without an instance');
  return {
    ...instance,
    class: s.class,
    // A phase that a later broker adds: one that exists is the safer reading.
    phase: PHASES.find((p) => p === s.phase) ?? 'booting',
    phaseTime: decodeTime(s.phaseTime),
    sessionId: s.sessionId,
    reason: s.reason,
    detail: s.detail,
    cost: s.cost,
    progress: s.progress,
    cause: s.cause,
    runningTime: decodeTime(s.runningTime),
  };
}

/** @throws BerthError `internal` when the answer lacks its event */
export function decodeEvent(e: Event__Output | null): BerthEvent {
  if (e === null) throw new BerthError('internal', 'the broker answered without an event');
  const { id, kind, subject, class: of, tenant, actor, before, after, reason, detail, sessionId } = e;
  const time = decodeTime(e.time);
  return { id, time, kind, subject, class: of, tenant, actor, before, after, reason, detail, sessionId };
}

export const decodeQuota = ({ tenant, uses }: TenantQuota__Output): TenantQuota => ({
  tenant,
  uses: uses.map(({ name, used, limit }) => ({ name, used, limit: limit ?? null })),
});
