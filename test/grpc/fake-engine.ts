import type { Caller } from '../../src/domain/caller.ts';
import { costSoFar } from '../../src/domain/cost.ts';
import { BrokerError } from '../../src/domain/errors.ts';
import type { SessionId, TokenId } from '../../src/domain/ids.ts';
import type { Session } from '../../src/domain/session.ts';
import type {
  AcquireInput,
  AdminUseCases,
  Authenticator,
  EventFilter,
  EventView,
  ReserveView,
  SessionRef,
  SessionUseCases,
  SessionView,
  TokenView,
} from '../../src/engine/use-cases.ts';
import { createFakeMarket } from './fake-market.ts';
import {
  activeFrom,
  ECHO,
  EVENT,
  fakeInstance,
  instance,
  NOW,
  newSession,
  RESERVE,
  releasedFrom,
} from './fake-records.ts';

export type FakeEngine = ReturnType<typeof createFakeEngine>;

/** The use cases over plain memory. Class `echo` is served at once, class `slow` waits until `activate`. */
export function createFakeEngine() {
  const sessions = new Map<string, Session>();
  const inputs = new Map<string, AcquireInput>();
  const tokens = new Map<string, { token: TokenView; caller: Caller }>();
  const changed = new Set<() => void>();
  let failure: unknown = null;
  let made = 0;
  let target: number | null = null;
  let follow = 0;
  let progress = '';
  const events: EventView[] = [];
  const market = createFakeMarket();
  let logs: readonly Uint8Array[] = [Buffer.from('first\n'), Buffer.from('second\n')];

  const id = (prefix: string): string => `${prefix}-${String(++made).padStart(26, '0')}`;
  const viewOf = (session: Session): SessionView => ({
    session,
    costMicros: costSoFar(session, session.since),
    expectedActiveAt: session.phase === 'queued' ? session.createdAt + 90_000 : null,
    progress,
    queuePosition: 0,
    plannedEnd: null,
    accessToken: null,
  });
  const put = (session: Session): Session => {
    sessions.set(session.id, session);
    for (const wake of [...changed]) wake();
    return session;
  };
  /** Resolves at the next change. @throws what the signal is aborted with */
  const change = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const over = (): void => {
        changed.delete(wake);
        signal.removeEventListener('abort', abort);
      };
      const wake = (): void => {
        over();
        resolve();
      };
      const abort = (): void => {
        over();
        reject(new DOMException('The wait was aborted', 'AbortError'));
      };
      if (signal.aborted) abort();
      changed.add(wake);
      signal.addEventListener('abort', abort, { once: true });
    });

  function find(caller: Caller, ref: SessionRef): Session {
    if (failure !== null) throw failure;
    const all = [...sessions.values()].filter((s) => caller.role === 'admin' || s.tenant === caller.tenant);
    const found = all.find((s) =>
      ref.by === 'id' ? s.id === ref.id : ref.by === 'name' ? s.asked.name === ref.name : s.requestId === ref.requestId,
    );
    if (found === undefined) throw new BrokerError('not-found', 'no such session', { reason: 'SESSION_NOT_FOUND' });
    return found;
  }

  async function untilActive(session: Session, waitMs: number, signal: AbortSignal): Promise<Session> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(waitMs))]);
    for (;;) {
      const now = sessions.get(session.id) ?? session;
      if (now.phase === 'active') return now;
      try {
        await change(late);
      } catch (err) {
        if (signal.aborted) throw err;
        return now;
      }
    }
  }

  const use: SessionUseCases = {
    async acquire(caller, input, signal) {
      if (failure !== null) throw failure;
      const base = newSession(id('s') as SessionId, caller.tenant, input);
      inputs.set(base.id, input);
      const session = put(input.class === 'slow' ? base : activeFrom(base, instance(id('i'))));
      return viewOf(input.waitMs === 0 ? session : await untilActive(session, input.waitMs, signal));
    },
    async release(caller, ref) {
      if (ref.by === 'request' && ![...sessions.values()].some((s) => s.requestId === ref.requestId)) return null;
      const session = find(caller, ref);
      return viewOf(put(releasedFrom(session, session.phase === 'active')));
    },
    quote: market.use.quote,
    get: async (caller, ref) => viewOf(find(caller, ref)),
    async list(caller, query) {
      if (failure !== null) throw failure;
      const all = [...sessions.values()].filter(
        (s) =>
          (query.tenant === null ? caller.role === 'admin' || s.tenant === caller.tenant : s.tenant === query.tenant) &&
          (query.class === null || s.asked.class === query.class) &&
          (query.owner === null || s.asked.owner === query.owner) &&
          (query.phases.length === 0 ? s.phase !== 'released' : query.phases.includes(s.phase)) &&
          Object.entries(query.labels).every(([key, value]) => s.asked.labels[key] === value) &&
          s.id > query.pageToken,
      );
      const page = all.slice(0, query.pageSize);
      return { sessions: page.map(viewOf), nextPageToken: all.length > page.length ? (page.at(-1)?.id ?? '') : '' };
    },
    async *watch(caller, ref, afterRevision, signal) {
      follow += 1;
      try {
        for (let seen = afterRevision; ; ) {
          const session = find(caller, ref);
          if (session.revision > seen) {
            seen = session.revision;
            yield viewOf(session);
          } else await change(signal);
          if (session.phase === 'released') return;
        }
      } finally {
        follow -= 1;
      }
    },
    keepAlive: async (caller, ref) => viewOf(find(caller, ref)),
    async extend(caller, ref, expireAt) {
      const session = find(caller, ref);
      if (session.phase !== 'active')
        throw new BrokerError('precondition', 'the session is not active', { reason: 'NOT_ACTIVE' });
      return viewOf(put({ ...session, expireAt, revision: session.revision + 1 }));
    },
    async *logs(caller, ref, query, signal) {
      find(caller, ref);
      follow += 1;
      try {
        yield* query.tailLines === null ? logs : logs.slice(-query.tailLines || logs.length);
        while (query.follow) await change(signal);
      } finally {
        follow -= 1;
      }
    },
  };

  const reserve = (): ReserveView => ({ ...RESERVE, target: target ?? RESERVE.configuredTarget });
  const admin: AdminUseCases = {
    async classes() {
      if (failure !== null) throw failure;
      return [{ class: ECHO, expectedStartMs: 1_500 }];
    },
    async setReserve(caller, className, value) {
      if (className !== 'echo') throw new BrokerError('not-found', 'no such class', { reason: 'CLASS_NOT_FOUND' });
      target = value;
      return { ...reserve(), setBy: value === null ? '' : caller.name };
    },
    reserves: async () => [reserve()],
    async quotas(caller, tenant) {
      const uses = [
        { name: 'sessions', used: sessions.size, limit: 10 },
        { name: 'gpus', used: 2, limit: null },
      ];
      return [{ tenant: tenant ?? caller.tenant, uses }];
    },
    async terminate(caller, sessionId, detail) {
      const session = find(caller, { by: 'id', id: sessionId });
      return viewOf(put({ ...releasedFrom(session, true), why: 'admin', detail } as Session));
    },
    status: async () => ({
      version: '1.2.3',
      replicaId: 'replica-a',
      installationId: 'here',
      leaderId: 'replica-a',
      store: 'sqlite',
      startedAt: NOW,
      sessions: { active: sessions.size },
      instances: { ready: 2, bound: sessions.size },
      proxies: { serving: 2 },
      reserves: [reserve()],
      loops: [{ name: 'sessions', lastPassAt: NOW, failures: 0, lastError: '' }],
      providers: [
        {
          name: 'process',
          instances: 2,
          maxInstances: 10,
          listedAt: null,
          listError: 'not yet',
          microsPerHour: 0,
          maxMicrosPerHour: 5_000_000,
          untrackedMicrosPerHour: null,
          creditMicros: null,
        },
        {
          name: 'vastai',
          instances: 3,
          maxInstances: 20,
          listedAt: NOW,
          listError: '',
          microsPerHour: 1_050_000,
          maxMicrosPerHour: 5_000_000,
          untrackedMicrosPerHour: 350_000,
          creditMicros: 42_500_000,
        },
      ],
      queues: [],
      renting: market.renting(),
    }),
    costs: market.use.costs,
    hosts: market.use.hosts,
    banHost: market.use.banHost,
    unbanHost: market.use.unbanHost,
    setRenting: market.use.setRenting,
    async instances(_, query) {
      if (failure !== null) throw failure;
      const all = [fakeInstance('i-1'), fakeInstance('i-2'), fakeInstance('i-3')].filter(
        (i) => i.id > query.pageToken && (query.class === null || i.class === query.class),
      );
      const page = all.slice(0, query.pageSize);
      return {
        instances: page.map((one) => ({
          instance: one,
          costMicros: 1_500_000,
          progress,
        })),
        nextPageToken: all.length > page.length ? (page.at(-1)?.id ?? '') : '',
      };
    },
    async events(_, query) {
      if (failure !== null) throw failure;
      const all = events.filter(
        (e) =>
          matches(e, query.filter) &&
          Number(e.id) > Number(query.afterId) &&
          (query.sinceAt === null || e.at >= query.sinceAt),
      );
      const page = query.afterId === '' ? all.slice(-query.pageSize) : all.slice(0, query.pageSize);
      return { events: page, lastId: page.at(-1)?.id ?? query.afterId, more: all.at(-1) !== page.at(-1) };
    },
    async *watchEvents(_, filter, afterId, signal) {
      follow += 1;
      try {
        for (let told = afterId === '' ? events.length : Number(afterId); ; ) {
          for (const event of events.slice(told)) if (matches(event, filter)) yield event;
          told = events.length;
          await change(signal);
        }
      } finally {
        follow -= 1;
      }
    },
    async createToken(_, tenant, role, note) {
      const token: TokenView = { id: id('t') as TokenId, tenant, role, createdAt: NOW, note };
      const secret = `secret-of-${token.id}`;
      tokens.set(secret, { token, caller: { tenant, role, name: token.id } });
      return { token, secret };
    },
    listTokens: async () => [...tokens.values()].map(({ token }) => token),
    async revokeToken(_, tokenId) {
      for (const [secret, { token }] of tokens) if (token.id === tokenId) tokens.delete(secret);
    },
  };

  const auth: Authenticator = {
    tokensExist: () => tokens.size > 0,
    callerOf: (secret) => tokens.get(secret)?.caller ?? null,
  };

  return {
    sessions: use,
    admin,
    auth,
    /** What AcquireSession was asked for this session. */
    inputOf: (sessionId: string): AcquireInput | undefined => inputs.get(sessionId),
    allInputs: (): readonly AcquireInput[] => [...inputs.values()],
    /** Every later call fails with this; null: none. */
    failWith: (err: unknown): void => {
      failure = err;
    },
    setLogs: (chunks: readonly Uint8Array[]): void => {
      logs = chunks;
    },
    /** What every session's instance is told to do. */
    setProgress: (text: string): void => {
      progress = text;
    },
    put,
    /** A line of the event log, its ids counting from 1. */
    addEvent(event: Partial<EventView>): void {
      events.push({ ...EVENT, ...event, id: String(events.length + 1) });
      for (const wake of [...changed]) wake();
    },
    find: (sessionId: string): Session | undefined => sessions.get(sessionId),
    /** A waiting session gets an instance. */
    activate(sessionId: string): void {
      const session = sessions.get(sessionId);
      if (session !== undefined) put(activeFrom(session, instance(id('i'))));
    },
    /** What QuoteSession was asked. */
    quotes: market.quotes,
    failQuotes: market.failQuotes,
    sessionCount: (): number => sessions.size,
    /** Waits of acquires, watches and followed logs. */
    waiting: (): number => changed.size,
    /** Watches and logs that are open. */
    streams: (): number => follow,
  };
}

const matches = (e: EventView, f: EventFilter): boolean =>
  (f.kinds.length === 0 || f.kinds.includes(e.kind)) &&
  (f.session === null || f.session === e.session || f.session === e.subject) &&
  (f.class === null || f.class === e.class) &&
  (f.tenant === null || f.tenant === e.tenant);
