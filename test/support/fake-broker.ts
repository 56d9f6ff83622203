import { EventEmitter, once } from 'node:events';
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import type { AcquireSessionRequest__Output } from '../../clients/typescript/src/generated/berth/v1/AcquireSessionRequest.ts';
import type { BrokerAdminHandlers } from '../../clients/typescript/src/generated/berth/v1/BrokerAdmin.ts';
import type { Event } from '../../clients/typescript/src/generated/berth/v1/Event.ts';
import type { GetStatusResponse } from '../../clients/typescript/src/generated/berth/v1/GetStatusResponse.ts';
import type { InstanceStatus } from '../../clients/typescript/src/generated/berth/v1/InstanceStatus.ts';
import type { Reserve } from '../../clients/typescript/src/generated/berth/v1/Reserve.ts';
import type { Session } from '../../clients/typescript/src/generated/berth/v1/Session.ts';
import type { SessionBrokerHandlers } from '../../clients/typescript/src/generated/berth/v1/SessionBroker.ts';
import type { SessionClass } from '../../clients/typescript/src/generated/berth/v1/SessionClass.ts';
import type { TenantQuota } from '../../clients/typescript/src/generated/berth/v1/TenantQuota.ts';
import type { Token } from '../../clients/typescript/src/generated/berth/v1/Token.ts';
import { brokerProto } from '../../clients/typescript/src/proto.ts';
import { type FakeError, statusOf } from './fake-error.ts';
import { isLater, matches, untilChanged } from './fake-events.ts';
import { createFakeMarket, type FakeMarket } from './fake-market.ts';

export type FakeSession = Session & { readonly id: string; readonly revision: number };
type Asked = { readonly method: string; readonly request: unknown; readonly authorization: string };

/**
 * A broker without instances: a real gRPC server whose sessions move when a test says so. Acquires of class `warm`
 * are active at once; those of any other class stay queued.
 */
export type FakeBroker = {
  readonly address: string;
  readonly sessions: Map<string, FakeSession>;
  readonly reserves: Map<string, Reserve & { readonly class: string }>;
  readonly tokens: Map<string, Token>;
  classes: SessionClass[];
  instances: InstanceStatus[];
  /** Smaller than what callers ask for, so that they must turn pages. */
  instancesPerPage: number;
  events: Event[];
  quotas: TenantQuota[];
  readonly market: FakeMarket;
  /** What GetStatus answers beside the defaults. */
  status: Partial<GetStatusResponse>;
  /** Adds to the event log, and tells it to all who watch. */
  emit(event: Partial<Event>): Event & { readonly id: string };
  /** Bytes that StreamLogs gives before it follows; `null` ends a followed log. */
  logs: string[];
  /** Every call so far, oldest first. */
  readonly asked: Asked[];
  /** The next `times` calls of the method fail. */
  fail(method: string, error: FakeError, times?: number): void;
  add(session: Partial<Session>): FakeSession;
  /** Changes a session as a broker would: with a new revision, told to all who watch. */
  move(id: string, change: Partial<Session>): FakeSession;
  /** Moves a session in its queue, or tells how far its start is, which is no new revision. */
  hint(id: string, hint: Pick<Partial<Session>, 'queuePosition' | 'progress'>): void;
  /** Resolves once `count` calls of the method have arrived. */
  arrived(method: string, count?: number): Promise<void>;
  /** Cuts all connections and listens again at the same address, with the same sessions. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** What is told without a new revision. */
const hintsOf = (s: Partial<Session>): string => `${s.queuePosition ?? 0} ${s.progress ?? ''}`;

export const timestamp = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });

export async function startFakeBroker(
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<FakeBroker> {
  const changes = new EventEmitter().setMaxListeners(1_000);
  const failures = new Map<string, FakeError[]>();
  let created = 0;

  const fake: FakeBroker = {
    address: '',
    sessions: new Map(),
    reserves: new Map(),
    tokens: new Map(),
    classes: [],
    instances: [],
    instancesPerPage: 1_000,
    events: [],
    quotas: [],
    market: createFakeMarket(),
    status: {},
    emit(event) {
      const id = String(fake.events.length + 1).padStart(12, '0');
      const full = { time: timestamp(Date.now()), ...event, id };
      fake.events.push(full);
      changes.emit('event');
      return full;
    },
    logs: [],
    asked: [],
    fail(method, error, times = 1) {
      failures.set(method, [...(failures.get(method) ?? []), ...Array<FakeError>(times).fill(error)]);
    },
    add(session) {
      created += 1;
      const id = session.id ?? `s-${String(created).padStart(26, '0')}`;
      const now = timestamp(Date.now());
      const full = { class: 'cold', tenant: 'default', createTime: now, phaseTime: now, ...session, id, revision: 1 };
      fake.sessions.set(id, full);
      changes.emit('change');
      return full;
    },
    move(id, change) {
      const before = fake.sessions.get(id);
      if (before === undefined) throw new Error(`no session ${id}`);
      const after = { ...before, ...change, id, revision: before.revision + 1 };
      fake.sessions.set(id, after);
      changes.emit('change');
      return after;
    },
    hint(id, hint) {
      const before = fake.sessions.get(id);
      if (before === undefined) throw new Error(`no session ${id}`);
      fake.sessions.set(id, { ...before, ...hint });
      changes.emit('change');
    },
    async arrived(method, count = 1) {
      while (fake.asked.filter((a) => a.method === method).length < count) await once(changes, 'asked');
    },
    restart: async () => undefined,
    close: async () => undefined,
  };

  /** Notes the call, and answers the failure that a test ordered for it. */
  const arrive = (method: string, request: unknown, metadata: Metadata): Partial<StatusObject> | null => {
    fake.asked.push({ method, request, authorization: String(metadata.get('authorization')[0] ?? '') });
    changes.emit('asked');
    const error = failures.get(method)?.shift();
    return error === undefined ? null : statusOf(error);
  };

  const find = (ref: { id?: string; name?: string; requestId?: string }): FakeSession => {
    const found = [...fake.sessions.values()].find((s) =>
      ref.id ? s.id === ref.id : ref.name ? s.name === ref.name && isLiving(s) : s.requestId === ref.requestId,
    );
    if (found !== undefined) return found;
    throw statusOf({
      code: status.NOT_FOUND,
      message: `no session ${ref.id ?? ref.name ?? ref.requestId}`,
      reason: 'SESSION_NOT_FOUND',
    });
  };

  const unary =
    <Req, Res>(method: string, answer: (request: Req) => Res | Promise<Res>) =>
    (call: { request: Req; metadata: Metadata }, done: (err: Partial<StatusObject> | null, res?: Res) => void) => {
      const failure = arrive(method, call.request, call.metadata);
      if (failure !== null) return done(failure);
      Promise.resolve()
        .then(() => answer(call.request))
        .then(
          (res) => done(null, res),
          (err: Partial<StatusObject>) => done(err),
        );
    };

  const acquire = async (r: AcquireSessionRequest__Output) => {
    const known = [...fake.sessions.values()].find((s) => s.requestId === r.requestId);
    const now = Date.now();
    const asked = { requestId: r.requestId, class: r.class, name: r.name, owner: r.owner, labels: r.labels };
    const { id } =
      known ??
      fake.add(
        r.class === 'warm'
          ? { ...asked, ...activeFields(now), fromReserve: true }
          : { ...asked, phase: 'SESSION_PHASE_QUEUED', waitingFor: 'no free slot' },
      );
    const waitMs = r.wait === null ? Number.POSITIVE_INFINITY : r.wait.seconds * 1_000 + r.wait.nanos / 1e6;
    await untilChanged(changes, () => !isWaiting(fake.sessions.get(id)), waitMs);
    const session = find({ id });
    if (!isWaiting(session) && session.phase !== 'SESSION_PHASE_ACTIVE')
      throw statusOf({ code: status.ABORTED, message: session.endDetail ?? '', reason: 'START_FAILED' });
    return { session };
  };

  const watch = (
    call: ServerWritableStream<{ id?: string; name?: string; requestId?: string; afterRevision: number }, unknown>,
  ) => {
    const failure = arrive('WatchSession', call.request, call.metadata);
    if (failure !== null) return void call.emit('error', failure);
    let revision = call.request.afterRevision;
    let id: string;
    let hints: string;
    try {
      const session = find(call.request);
      ({ id } = session);
      hints = hintsOf(session);
    } catch (err) {
      return void call.emit('error', err);
    }
    const send = () => {
      const session = fake.sessions.get(id);
      if (session === undefined) return;
      if (session.revision <= revision && hintsOf(session) === hints) return;
      revision = session.revision;
      hints = hintsOf(session);
      call.write({ session });
      if (session.phase === 'SESSION_PHASE_RELEASED') call.end();
    };
    changes.on('change', send);
    call.on('close', () => changes.off('change', send));
    call.on('cancelled', () => changes.off('change', send));
    send();
  };

  const market = fake.market.answers;
  const sessionCalls: SessionBrokerHandlers = {
    AcquireSession: unary('AcquireSession', acquire),
    ReleaseSession: unary('ReleaseSession', (ref: { requestId?: string }) => {
      if (ref.requestId && ![...fake.sessions.values()].some((s) => s.requestId === ref.requestId))
        return { session: null };
      const session = find(ref);
      if (!isLiving(session)) return { session };
      return { session: fake.move(session.id, { phase: 'SESSION_PHASE_RELEASING', endReason: 'END_REASON_CLIENT' }) };
    }),
    GetSession: unary('GetSession', (ref) => ({ session: find(ref) })),
    KeepAlive: unary('KeepAlive', (ref) => {
      const session = find(ref);
      if (isLiving(session)) return { session: fake.move(session.id, {}) };
      throw statusOf({ code: status.FAILED_PRECONDITION, message: `${session.id} has ended`, reason: 'SESSION_ENDED' });
    }),
    ExtendSession: unary('ExtendSession', (r) => {
      const session = find(r);
      return { session: fake.move(session.id, { deadlines: { ...session.deadlines, expireTime: r.expireTime } }) };
    }),
    ListSessions: unary('ListSessions', (r) => {
      const wanted = [...fake.sessions.values()].filter(
        (s) =>
          s.id > r.pageToken &&
          (r.class === '' || s.class === r.class) &&
          (r.owner === undefined || s.owner === r.owner) &&
          (r.phases.length === 0 ? s.phase !== 'SESSION_PHASE_RELEASED' : r.phases.some((p) => p === s.phase)) &&
          Object.entries(r.labels).every(([k, v]) => s.labels?.[k] === v),
      );
      const sessions = wanted.slice(0, r.pageSize || 100);
      return { sessions, nextPageToken: sessions.length < wanted.length ? (sessions.at(-1)?.id ?? '') : '' };
    }),
    QuoteSession: unary('QuoteSession', market.QuoteSession),
    WatchSession: watch as NonNullable<SessionBrokerHandlers['WatchSession']>,
    StreamLogs: (call) => {
      const failure = arrive('StreamLogs', call.request, call.metadata);
      if (failure !== null) return void call.emit('error', failure);
      for (const text of fake.logs) call.write({ data: Buffer.from(text) });
      if (!call.request.follow) call.end();
    },
  };

  const adminCalls: BrokerAdminHandlers = {
    ListClasses: unary('ListClasses', () => ({ classes: fake.classes })),
    GetReserve: unary('GetReserve', (r) => ({
      reserves: [...fake.reserves.values()].filter((v) => r.class === '' || v.class === r.class),
    })),
    SetReserve: unary('SetReserve', (r) => {
      const before = fake.reserves.get(r.class);
      if (before === undefined)
        throw statusOf({ code: status.NOT_FOUND, message: `no class ${r.class}`, reason: 'CLASS_NOT_FOUND' });
      const reserve = { ...before, target: r.target ?? before.configuredTarget ?? 0, setBy: 'local' };
      fake.reserves.set(r.class, reserve);
      return { reserve };
    }),
    TerminateSession: unary('TerminateSession', (r) => ({
      session: fake.move(find(r).id, {
        phase: 'SESSION_PHASE_RELEASING',
        endReason: 'END_REASON_ADMIN',
        endDetail: r.detail,
      }),
    })),
    GetStatus: unary(
      'GetStatus',
      (): GetStatusResponse => ({
        version: '0.1.0',
        replicaId: 'replica-a',
        installationId: 'installation-1',
        leaderId: 'replica-a',
        store: 'sqlite',
        startTime: timestamp(Date.now() - 3_700_000),
        sessions: { active: 2, queued: 1 },
        instances: { bound: 2 },
        proxies: { serving: 2 },
        reserves: [...fake.reserves.values()],
        loops: [{ name: 'instances', lastPassTime: timestamp(Date.now() - 130_000), failures: 0, lastError: '' }],
        providers: [
          { name: 'process', instances: 2, maxInstances: 10, listTime: timestamp(Date.now() - 70_000), listError: '' },
        ],
        renting: fake.market.renting,
        ...fake.status,
      }),
    ),
    GetCosts: unary('GetCosts', market.GetCosts),
    ListHosts: unary('ListHosts', market.ListHosts),
    BanHost: unary('BanHost', market.BanHost),
    UnbanHost: unary('UnbanHost', market.UnbanHost),
    SetRenting: unary('SetRenting', market.SetRenting),
    CreateToken: unary('CreateToken', (r) => {
      const token = { id: `t-${fake.tokens.size + 1}`, tenant: r.tenant, role: r.role, note: r.note };
      fake.tokens.set(token.id, { ...token, createTime: timestamp(Date.now()) });
      return { token, secret: `secret-of-${token.id}` };
    }),
    ListTokens: unary('ListTokens', () => ({ tokens: [...fake.tokens.values()] })),
    RevokeToken: unary('RevokeToken', (r) => {
      fake.tokens.delete(r.id);
      return {};
    }),
    ListInstances: unary('ListInstances', (r) => {
      const from = Number(r.pageToken);
      const wanted = fake.instances.filter((i) => r.class === '' || i.class === r.class);
      const instances = wanted.slice(from, from + Math.min(r.pageSize || 100, fake.instancesPerPage));
      const next = from + instances.length;
      return { instances, nextPageToken: next < wanted.length ? String(next) : '' };
    }),
    ListEvents: unary('ListEvents', (r) => {
      const after = fake.events.filter((e) => (e.id ?? '') > r.afterId && isLater(e, r.sinceTime));
      const wanted = after.filter((e) => matches(e, r.filter));
      const size = r.pageSize || 100;
      const events = r.afterId === '' ? wanted.slice(-size) : wanted.slice(0, size);
      const more = r.afterId !== '' && events.length < wanted.length;
      return { events, lastId: (more ? events.at(-1)?.id : fake.events.at(-1)?.id) ?? '', more };
    }),
    WatchEvents: (call) => {
      const failure = arrive('WatchEvents', call.request, call.metadata);
      if (failure !== null) return void call.emit('error', failure);
      let told = call.request.afterId === '' ? (fake.events.at(-1)?.id ?? '') : call.request.afterId;
      const send = () => {
        for (const event of fake.events.filter((e) => (e.id ?? '') > told)) {
          told = event.id ?? '';
          if (matches(event, call.request.filter)) call.write({ event });
        }
      };
      changes.on('event', send);
      call.on('close', () => changes.off('event', send));
      call.on('cancelled', () => changes.off('event', send));
      send();
    },
    GetQuotas: unary('GetQuotas', (r) => ({
      quotas: fake.quotas.filter((q) => r.tenant === '' || q.tenant === r.tenant),
    })),
  };

  let server: Server;
  const listen = async (address: string): Promise<string> => {
    server = new Server();
    const { SessionBroker, BrokerAdmin } = brokerProto().berth.v1;
    server.addService(SessionBroker.service, sessionCalls);
    server.addService(BrokerAdmin.service, adminCalls);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync(address, credentials, (err, port) => (err ? reject(err) : resolve(port)));
    return `127.0.0.1:${await promise}`;
  };
  const address = await listen('127.0.0.1:0');
  const restart = async () => {
    server.forceShutdown();
    await listen(address);
  };
  const close = async () => server.forceShutdown();
  return Object.assign(fake, { address, restart, close });
}

/** What an active session has, as of `now`. */
export function activeFields(now: number): Partial<Session> {
  return {
    phase: 'SESSION_PHASE_ACTIVE',
    waitingFor: '',
    activeTime: timestamp(now),
    phaseTime: timestamp(now),
    endpoint: {
      stable: false,
      ports: [
        { name: 'http', protocol: 'PROTOCOL_HTTP', host: '127.0.0.1', port: 20_001, url: 'http://127.0.0.1:20001' },
      ],
    },
    deadlines: { expireTime: timestamp(now + 3_600_000), maxExpireTime: timestamp(now + 86_400_000) },
    instance: {
      id: 'i-1',
      provider: 'process',
      providerRef: '4711',
      granted: { cpuRequest: 1, cpuLimit: 2, memoryRequestBytes: 512 * 2 ** 20, memoryLimitBytes: 2 ** 30 },
      pricePerHour: 0.36,
      createTime: timestamp(now),
    },
    cost: 0.0125,
    attempts: 1,
  };
}

const isWaiting = (s: Session | undefined): boolean =>
  s?.phase === 'SESSION_PHASE_QUEUED' || s?.phase === 'SESSION_PHASE_STARTING';
const isLiving = (s: Session): boolean => s.phase !== 'SESSION_PHASE_RELEASING' && s.phase !== 'SESSION_PHASE_RELEASED';
