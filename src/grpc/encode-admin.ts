import type { Role } from '../domain/caller.ts';
import type { Placement } from '../domain/search.ts';
import type {
  ClassView,
  LoopView,
  ProviderView,
  QueueView,
  ReserveView,
  StatusView,
  TenantQuota,
  TokenView,
} from '../engine/use-cases.ts';
import {
  encodeDollars,
  encodeDuration,
  encodeDurationOrNone,
  encodeResources,
  encodeTime,
  encodeTimeOrNone,
  PROTOCOL,
} from './encode.ts';
import { encodeRenting } from './encode-market.ts';
import type { ClassPlacement as WirePlacement } from './generated/berth/v1/ClassPlacement.ts';
import type { GetStatusResponse as WireStatus } from './generated/berth/v1/GetStatusResponse.ts';
import type { LoopStatus as WireLoop } from './generated/berth/v1/LoopStatus.ts';
import type { ProviderStatus as WireProvider } from './generated/berth/v1/ProviderStatus.ts';
import type { QueueStatus as WireQueue } from './generated/berth/v1/QueueStatus.ts';
import type { Reserve as WireReserve } from './generated/berth/v1/Reserve.ts';
import type { Role__Output as WireRole } from './generated/berth/v1/Role.ts';
import type { SessionClass as WireClass } from './generated/berth/v1/SessionClass.ts';
import type { TenantQuota as WireQuota } from './generated/berth/v1/TenantQuota.ts';
import type { Token as WireToken } from './generated/berth/v1/Token.ts';

const ROLE: Readonly<Record<Role, WireRole>> = { client: 'ROLE_CLIENT', admin: 'ROLE_ADMIN' };

export function encodeClass({ class: c, expectedStartMs }: ClassView): WireClass {
  return {
    name: c.name,
    description: c.description,
    provider: c.provider,
    proxy: c.proxy,
    ports: c.ports.map((p) => ({ name: p.name, protocol: PROTOCOL[p.protocol], number: p.number ?? 0 })),
    resources: encodeResources(c.resources),
    defaultLifetime: encodeDuration(c.lifetime.default),
    minLifetime: encodeDuration(c.lifetime.min),
    maxLifetime: encodeDuration(c.lifetime.max),
    maxAge: encodeDuration(c.maxAgeMs),
    defaultIdleTimeout: encodeDuration(c.idleTimeoutMs ?? 0),
    defaultQueueTimeout: encodeDuration(c.queueTimeoutMs),
    commandAllowed: c.allow.command,
    envAllowed: [...c.allow.env],
    expectedStart: encodeDurationOrNone(expectedStartMs),
    tokenRequired: c.access === 'token',
    replacesLost: c.onLoss !== null,
    image: c.image?.image ?? '',
    template: c.image?.template ?? '',
    placement: c.placement === null ? null : encodePlacement(c.placement),
  };
}

const encodePlacement = (p: Placement): WirePlacement => ({
  gpuModels: [...p.gpuModels],
  regions: [...p.regions],
  minReliability: p.minReliability,
  interruptible: p.interruptible,
  ...(p.maxMicrosPerHour === null ? {} : { maxPricePerHour: encodeDollars(p.maxMicrosPerHour) }),
});

export const encodeReserve = (r: ReserveView): WireReserve => ({
  class: r.class,
  target: r.target,
  configuredTarget: r.configuredTarget,
  ready: r.ready,
  starting: r.starting,
  failures: r.failures,
  backingOff: r.backingOff,
  lastFailure: r.lastFailure,
  retryTime: encodeTimeOrNone(r.retryAt),
  setBy: r.setBy,
  setTime: encodeTimeOrNone(r.setAt),
});

export const encodeStatus = (s: StatusView): WireStatus => ({
  version: s.version,
  replicaId: s.replicaId,
  installationId: s.installationId,
  leaderId: s.leaderId,
  store: s.store,
  startTime: encodeTime(s.startedAt),
  sessions: s.sessions,
  instances: s.instances,
  proxies: s.proxies,
  reserves: s.reserves.map(encodeReserve),
  loops: s.loops.map(encodeLoop),
  providers: s.providers.map(encodeProvider),
  queues: s.queues.map(encodeQueue),
  renting: encodeRenting(s.renting),
});

const encodeQueue = (q: QueueView): WireQueue => ({
  class: q.class,
  waiting: q.waiting,
  oldestTime: encodeTime(q.oldestAt),
  waitingFor: q.waitingFor,
});

const encodeLoop = (l: LoopView): WireLoop => ({
  name: l.name,
  lastPassTime: encodeTimeOrNone(l.lastPassAt),
  failures: l.failures,
  lastError: l.lastError,
});

const encodeProvider = (p: ProviderView): WireProvider => ({
  name: p.name,
  instances: p.instances,
  maxInstances: p.maxInstances,
  listTime: encodeTimeOrNone(p.listedAt),
  listError: p.listError,
  pricePerHour: encodeDollars(p.microsPerHour),
  maxPricePerHour: encodeDollars(p.maxMicrosPerHour),
  ...(p.untrackedMicrosPerHour === null ? {} : { untrackedDollarsPerHour: encodeDollars(p.untrackedMicrosPerHour) }),
  ...(p.creditMicros === null ? {} : { credit: encodeDollars(p.creditMicros) }),
});

export const encodeQuota = ({ tenant, uses }: TenantQuota): WireQuota => ({
  tenant,
  uses: uses.map(({ name, used, limit }) => ({ name, used, ...(limit === null ? {} : { limit }) })),
});

export const encodeToken = (t: TokenView): WireToken => ({
  id: t.id,
  tenant: t.tenant,
  role: ROLE[t.role],
  createTime: encodeTime(t.createdAt),
  note: t.note,
});
