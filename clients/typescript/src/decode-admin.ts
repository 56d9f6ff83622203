import { decodeDuration, decodeProtocol, decodeResources, decodeTime } from './decode.ts';
import { BerthError } from './errors.ts';
import type { GetStatusResponse__Output } from './generated/berth/v1/GetStatusResponse.ts';
import type { Reserve__Output } from './generated/berth/v1/Reserve.ts';
import type { SessionClass__Output } from './generated/berth/v1/SessionClass.ts';
import type { Token__Output } from './generated/berth/v1/Token.ts';
import type { BrokerStatus, Reserve, SessionClass, Token } from './types.ts';

export const decodeClass = (c: SessionClass__Output): SessionClass => ({
  name: c.name,
  description: c.description,
  provider: c.provider,
  proxy: c.proxy,
  ports: c.ports.map(({ name, protocol }) => ({ name, protocol: decodeProtocol(protocol) })),
  resources: decodeResources(c.resources),
  defaultLifetimeMs: decodeDuration(c.defaultLifetime),
  minLifetimeMs: decodeDuration(c.minLifetime),
  maxLifetimeMs: decodeDuration(c.maxLifetime),
  maxAgeMs: decodeDuration(c.maxAge),
  defaultIdleTimeoutMs: decodeDuration(c.defaultIdleTimeout),
  defaultQueueTimeoutMs: decodeDuration(c.defaultQueueTimeout),
  commandAllowed: c.commandAllowed,
  envAllowed: [...c.envAllowed],
  expectedStartMs: c.expectedStart === null ? null : decodeDuration(c.expectedStart),
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
  providers: s.providers.map(({ name, instances, maxInstances, listTime, listError }) => ({
    name,
    instances,
    maxInstances,
    listTime: decodeTime(listTime),
    listError,
  })),
});

/** @throws BerthError `internal` when the answer lacks its token */
export function decodeToken(t: Token__Output | null): Token {
  if (t === null) throw new BerthError('internal', 'the broker answered without a token');
  const role = t.role === 'ROLE_ADMIN' ? 'admin' : 'client';
  return { id: t.id, tenant: t.tenant, role, createTime: decodeTime(t.createTime), note: t.note };
}
