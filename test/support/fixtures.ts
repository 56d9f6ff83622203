import type { Endpoint } from '../../src/domain/endpoint.ts';
import type { BanPolicy } from '../../src/domain/host-registry.ts';
import type { InstanceId, ProxyId, SessionId } from '../../src/domain/ids.ts';
import type { Instance, InstanceIn, InstancePhase, InstanceRef } from '../../src/domain/instance.ts';
import type { Proxy, ProxyIn, ProxyPhase, ProxySettings } from '../../src/domain/proxy.ts';
import type { Requirements, Resources } from '../../src/domain/resources.ts';
import { AVOID_NOTHING, type Placement, type Search } from '../../src/domain/search.ts';
import type { Asked, InstanceFacts, Session, SessionIn, SessionPhase, SessionTerms } from '../../src/domain/session.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';

/** Records and classes for tests, complete and plausible; each test says only what it is about. */

/** When everything in these records happened. */
export const T0 = 1_700_000_000_000;
const tail = (n: number): string => n.toString(36).padStart(26, '0');
export const sessionId = (n = 1): SessionId => `s-${tail(n)}`;
export const instanceId = (n = 1): InstanceId => `i-${tail(n)}`;
export const proxyId = (n = 1): ProxyId => `p-${tail(n)}`;

export const PORTS = [{ name: 'http', protocol: 'http' }] as const;
export const ADDRESSES = [{ name: 'http', protocol: 'http', host: '127.0.0.1', port: 9 }] as const;
export const ENDPOINT: Endpoint = { ports: ADDRESSES, stable: false };
export const REF: InstanceRef = { id: 'ref-1', machine: 'm1', host: 'h1', region: 'DE' };

export const PROXY_SETTINGS: ProxySettings = {
  maxBody: 0,
  maxHeader: 16_384,
  maxConnections: 500,
  connectTimeoutMs: 5 * SECOND,
  readTimeoutMs: 24 * HOUR,
  sendTimeoutMs: HOUR,
  clientHeaderTimeoutMs: MINUTE,
  clientBodyTimeoutMs: 24 * HOUR,
  clientSendTimeoutMs: HOUR,
  keepaliveTimeoutMs: HOUR,
  drainTimeoutMs: HOUR,
};

/** Asks for nothing. */
export const NO_RESOURCES: Resources = {
  cpu: { request: 0, limit: 0 },
  memory: { request: 0, limit: 0 },
  gpuModel: '',
  gpuCount: 0,
  gpuMemory: 0,
  disk: 0,
};

export const GRANTED: Resources = {
  ...NO_RESOURCES,
  cpu: { request: 1, limit: 2 },
  memory: { request: 2 ** 29, limit: 2 ** 30 },
};

export function aClass(over: Partial<SessionClass> = {}): SessionClass {
  return {
    name: 'echo',
    description: '',
    provider: 'costless',
    proxy: 'direct',
    proxySettings: null,
    command: ['echo', '{{port.http}}'],
    env: {},
    ports: PORTS,
    resources: GRANTED,
    allow: {
      command: true,
      env: ['USER_*'],
      maxResources: { ...GRANTED, cpu: { request: 8, limit: 8 }, memory: { request: 2 ** 34, limit: 2 ** 34 } },
    },
    lifetime: { default: HOUR, min: 20 * SECOND, max: 24 * HOUR },
    maxAgeMs: 24 * HOUR,
    idleTimeoutMs: null,
    maxIdleTimeoutMs: 24 * HOUR,
    queueTimeoutMs: 10 * MINUTE,
    bootTimeoutMs: 2 * MINUTE,
    activationTimeoutMs: MINUTE,
    confirmTimeoutMs: 5 * MINUTE,
    warnBeforeMs: MINUTE,
    startAttempts: 3,
    readiness: {
      kind: 'tcp',
      port: 'http',
      intervalMs: SECOND,
      timeoutMs: SECOND,
      failureThreshold: 3,
      readyIntervalMs: 5 * SECOND,
    },
    reserve: { target: 0, maxAtOnce: 4, maxFailures: 3, retryMs: 30 * SECOND, maxRetryMs: 10 * MINUTE },
    access: 'open',
    activity: { connections: 'open', http: null },
    beforeEnd: null,
    image: null,
    placement: null,
    replaceOutdated: false,
    onLoss: null,
    recipe: 'recipe-1',
    ...over,
  };
}

export const TERMS: SessionTerms = {
  lifetimeMs: HOUR,
  maxAgeMs: 24 * HOUR,
  idleTimeoutMs: null,
  queueTimeoutMs: 10 * MINUTE,
  confirmTimeoutMs: 5 * MINUTE,
  warnBeforeMs: MINUTE,
  startAttempts: 3,
};

export const ASKED: Asked = {
  class: 'echo',
  name: '',
  onConflict: 'fail',
  owner: '',
  labels: {},
  requirements: {},
  command: [],
  envDigest: '',
  lifetimeMs: null,
  idleTimeoutMs: null,
  queueTimeoutMs: null,
};

export const FACTS: InstanceFacts = {
  id: instanceId(),
  proxy: proxyId(),
  provider: 'costless',
  ref: REF.id,
  machine: REF.machine,
  host: REF.host,
  region: REF.region,
  granted: GRANTED,
  microsPerHour: 3_600_000,
  createdAt: T0,
};

const USE = {
  instance: FACTS,
  endpoint: ENDPOINT,
  fromReserve: false,
  activeAt: T0,
  expireAt: T0 + HOUR,
  lastUsedAt: T0,
  confirmBy: null,
  warning: null,
} as const;
const END = { why: 'client', detail: '', wasActive: true, instance: FACTS, use: USE } as const;

const SESSIONS: { readonly [P in SessionPhase]: SessionIn<P> } = (() => {
  const base = {
    id: sessionId(),
    revision: 1,
    tenant: 'default',
    requestId: 'r1',
    asked: ASKED,
    terms: TERMS,
    createdAt: T0,
    since: T0,
    attempts: 1,
  };
  const queueBy = T0 + 10 * MINUTE;
  return {
    queued: { ...base, attempts: 0, phase: 'queued', queueBy, waitingFor: 'capacity' },
    starting: { ...base, phase: 'starting', queueBy, instance: FACTS },
    activating: {
      ...base,
      phase: 'activating',
      instance: FACTS,
      activateBy: T0 + MINUTE,
      fromReserve: false,
      endpoint: ENDPOINT,
    },
    active: { ...base, phase: 'active', ...USE },
    releasing: { ...base, phase: 'releasing', ...END },
    released: { ...base, phase: 'released', ...END, releasedAt: T0, keepUntil: T0 + 24 * HOUR, costMicros: 5 },
  };
})();

/** A session in `phase`, of class echo, made for instance 1 behind proxy 1. */
export const aSession = <P extends SessionPhase>(phase: P, over: Partial<SessionIn<P>> = {}): SessionIn<P> =>
  ({ ...SESSIONS[phase], ...over }) as SessionIn<P>;

const INSTANCES: { readonly [P in InstancePhase]: InstanceIn<P> } = (() => {
  const base = {
    id: instanceId(),
    revision: 1,
    class: 'echo',
    recipe: 'recipe-1',
    provider: 'costless',
    proxy: proxyId(),
    for: sessionId(),
    personal: false,
    granted: GRANTED,
    microsPerHour: 3_600_000,
    ports: PORTS,
    readiness: aClass().readiness,
    bootTimeoutMs: 2 * MINUTE,
    createdAt: T0,
    since: T0,
  };
  const rented = { ref: REF, rentedAt: T0 };
  const end = { why: 'released', detail: '' } as const;
  return {
    intended: { ...base, phase: 'intended' },
    requested: { ...base, phase: 'requested', settleAt: T0 + 10 * SECOND },
    booting: { ...base, ...rented, phase: 'booting', addresses: null, bootBy: T0 + 2 * MINUTE },
    ready: { ...base, ...rented, phase: 'ready', addresses: ADDRESSES, startMs: 500 },
    bound: { ...base, ...rented, phase: 'bound', addresses: ADDRESSES, session: sessionId() },
    destroying: { ...base, ...rented, ...end, phase: 'destroying', settleAt: T0 },
    gone: { ...base, ...end, phase: 'gone', rentedAt: T0 },
  };
})();

/** An instance in `phase`, made for session 1. */
export const anInstance = <P extends InstancePhase>(phase: P, over: Partial<InstanceIn<P>> = {}): InstanceIn<P> =>
  ({ ...INSTANCES[phase], ...over }) as InstanceIn<P>;

const PROXIES: { readonly [P in ProxyPhase]: ProxyIn<P> } = (() => {
  const base = {
    id: proxyId(),
    revision: 1,
    kind: 'direct',
    class: 'echo',
    ports: PORTS,
    instance: instanceId(),
    session: null,
    createdAt: T0,
    since: T0,
  };
  return {
    creating: { ...base, phase: 'creating', upstream: null },
    serving: { ...base, phase: 'serving', upstream: ADDRESSES, endpoint: ENDPOINT },
    deleting: { ...base, phase: 'deleting' },
    gone: { ...base, phase: 'gone' },
  };
})();

/** A proxy in `phase`, in front of instance 1, of no session. */
export const aProxy = <P extends ProxyPhase>(phase: P, over: Partial<ProxyIn<P>> = {}): ProxyIn<P> =>
  ({ ...PROXIES[phase], ...over }) as ProxyIn<P>;

export const allSessions = (): readonly Session[] => Object.values(SESSIONS);
export const allInstances = (): readonly Instance[] => Object.values(INSTANCES);
export const allProxies = (): readonly Proxy[] => Object.values(PROXIES);

export const BANS: BanPolicy = {
  termMs: 7 * 24 * HOUR,
  losses: 5,
  lossWindowMs: HOUR,
  hostAfter: 3,
  hostWindowMs: 7 * 24 * HOUR,
};

export const PLACEMENT: Placement = {
  gpuModels: [],
  regions: [],
  maxMicrosPerHour: null,
  minReliability: 0,
  minDownMbps: 0,
  minCuda: 0,
  verified: true,
  datacenter: false,
  interruptible: false,
  minRemainingMs: 0,
  query: null,
  microsPerMinute: 10_000,
  expectedHours: 1,
  imageBytes: 5e9,
  offerAttempts: 5,
};

/** What a class without a market looks for. */
export const searchFor = (resources: Resources, need: Requirements = {}, over: Partial<Search> = {}): Search => ({
  resources,
  need,
  ports: 1,
  placement: null,
  avoid: AVOID_NOTHING,
  ...over,
});
