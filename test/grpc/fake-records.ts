import type { SessionId } from '../../src/domain/ids.ts';
import type { InstanceIn } from '../../src/domain/instance.ts';
import type { InstanceFacts, Session } from '../../src/domain/session.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import type { AcquireInput, EventView, ReserveView } from '../../src/engine/use-cases.ts';

/** A time that is easy to recognise, with milliseconds. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

export function newSession(id: SessionId, tenant: string, input: Partial<AcquireInput> = {}): Session {
  const { requestId = `request-of-${id}`, name = '', onConflict = 'fail', owner = '', labels = {} } = input;
  return {
    id,
    revision: 1,
    tenant,
    requestId,
    asked: {
      class: input.class ?? 'echo',
      name,
      onConflict,
      owner,
      labels,
      requirements: input.requirements ?? {},
      command: input.command ?? [],
      envDigest: '',
      lifetimeMs: input.lifetimeMs ?? null,
      idleTimeoutMs: input.idleTimeoutMs ?? null,
      queueTimeoutMs: input.queueTimeoutMs ?? null,
    },
    terms: {
      lifetimeMs: HOUR,
      maxAgeMs: 24 * HOUR,
      idleTimeoutMs: 20 * MINUTE,
      queueTimeoutMs: 10 * MINUTE,
      confirmTimeoutMs: 5 * MINUTE,
      warnBeforeMs: MINUTE,
      startAttempts: 3,
    },
    createdAt: NOW,
    since: NOW,
    attempts: 1,
    phase: 'queued',
    queueBy: NOW + 10 * MINUTE,
    waitingFor: 'room on the machine',
  };
}

export const instance = (id: string): InstanceFacts => ({
  id: id as InstanceFacts['id'],
  proxy: `p-${'0'.repeat(26)}`,
  provider: 'process',
  ref: '4242',
  machine: 'machine-1',
  host: 'host-1',
  region: 'DE',
  granted: {
    cpu: { request: 0.5, limit: 2 },
    memory: { request: 2 ** 28, limit: 2 ** 30 },
    gpuModel: 'RTX 4090',
    gpuCount: 1,
    gpuMemory: 24 * 2 ** 30,
    disk: 2 ** 33,
  },
  microsPerHour: 360_000,
  createdAt: NOW - 100_000,
});

export const activeFrom = (s: Session, facts: InstanceFacts): Extract<Session, { phase: 'active' }> => ({
  ...s,
  revision: s.revision + 1,
  phase: 'active',
  since: NOW + 250,
  instance: facts,
  endpoint: {
    ports: [
      { name: 'http', protocol: 'http', host: '127.0.0.1', port: 20_001 },
      { name: 'raw', protocol: 'tcp', host: '::1', port: 20_002 },
    ],
    stable: false,
  },
  fromReserve: true,
  activeAt: NOW + 250,
  expireAt: NOW + 250 + s.terms.lifetimeMs,
  lastUsedAt: NOW + 250,
  confirmBy: null,
  warning: { reason: 'idle', endAt: NOW + 20 * MINUTE },
});

export const releasedFrom = (s: Session, wasActive: boolean): Session => ({
  ...s,
  revision: s.revision + 1,
  phase: 'released',
  since: NOW + 1_000,
  instance: s.phase === 'active' ? s.instance : null,
  use: s.phase === 'active' ? s : null,
  releasedAt: NOW + 1_000,
  keepUntil: NOW + 24 * HOUR,
  costMicros: 1_500_000,
  why: 'client',
  detail: 'released by its client',
  wasActive,
});

export const EVENT: EventView = {
  id: '1',
  at: NOW,
  kind: 'session',
  subject: 's-1',
  class: 'echo',
  tenant: 'default',
  actor: 't-1',
  before: null,
  after: 'queued',
  reason: '',
  detail: '',
  session: null,
};

export const fakeInstance = (id: string): InstanceIn<'destroying'> => {
  const { granted, microsPerHour, createdAt, machine, host, region } = instance(id);
  return {
    id: id as InstanceIn<'destroying'>['id'],
    revision: 3,
    class: 'echo',
    recipe: 'one',
    provider: 'process',
    proxy: 'p-1',
    for: 's-1',
    personal: false,
    granted,
    microsPerHour,
    storageMicrosPerHour: 10_000,
    ports: ECHO.ports,
    readiness: ECHO.readiness,
    bootTimeoutMs: MINUTE,
    createdAt,
    since: NOW,
    phase: 'destroying',
    ref: { id: '4242', machine, host, region },
    rentedAt: createdAt,
    settleAt: NOW,
    why: 'lost',
    detail: 'it ended: exit code 1',
    cause: 'exited',
    runningAt: NOW - 50_000,
  };
};

export const RESERVE: ReserveView = {
  class: 'echo',
  target: 2,
  configuredTarget: 2,
  ready: 1,
  starting: 1,
  failures: 3,
  backingOff: true,
  lastFailure: 'it ended: exit code 1',
  retryAt: NOW + 60_000,
  setBy: '',
  setAt: null,
};

const span = { default: HOUR, min: 20_000, max: 24 * HOUR };
export const ECHO: SessionClass = {
  name: 'echo',
  description: 'Answers what it is sent',
  provider: 'process',
  proxy: 'direct',
  proxySettings: null,
  command: ['echo'],
  env: {},
  ports: [{ name: 'http', protocol: 'http' }],
  resources: instance('i-0').granted,
  allow: { command: true, env: ['GREETING', 'APP_*'], maxResources: instance('i-0').granted },
  lifetime: span,
  maxAgeMs: 24 * HOUR,
  idleTimeoutMs: null,
  maxIdleTimeoutMs: 24 * HOUR,
  queueTimeoutMs: 10 * MINUTE,
  bootTimeoutMs: MINUTE,
  activationTimeoutMs: MINUTE,
  confirmTimeoutMs: 5 * MINUTE,
  warnBeforeMs: MINUTE,
  startAttempts: 3,
  readiness: {
    kind: 'tcp',
    port: 'http',
    intervalMs: 500,
    timeoutMs: 1_000,
    failureThreshold: 3,
    readyIntervalMs: 5_000,
  },
  reserve: { target: 2, maxAtOnce: 2, maxFailures: 3, retryMs: 1_000, maxRetryMs: 60_000 },
  access: 'open',
  activity: { connections: 'open', http: null },
  beforeEnd: null,
  image: null,
  placement: null,
  replaceOutdated: false,
  onLoss: null,
  recipe: 'one',
};
