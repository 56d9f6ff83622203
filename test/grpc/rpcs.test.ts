import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOW } from './fake-engine.ts';
import { call, type Edge, failure, methodNames, startEdge, stream, until } from './support.ts';

const at = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });

describe('Every RPC, over a real socket,', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const acquire = async (request: object = {}) =>
    (await call(edge.client, 'AcquireSession', { class: 'echo', ...request })).session;

  it('answers an acquire with the whole session', async () => {
    const session = await acquire({
      requestId: 'r:1',
      name: 'alpha',
      owner: 'Ünal 📡',
      labels: { 'team/a': 'x', empty: '' },
    });
    expect(session).toMatchObject({
      name: 'alpha',
      tenant: 'default',
      owner: 'Ünal 📡',
      class: 'echo',
      requestId: 'r:1',
      labels: { 'team/a': 'x', empty: '' },
      phase: 'SESSION_PHASE_ACTIVE',
      endReason: 'END_REASON_UNSPECIFIED',
      fromReserve: true,
      revision: 2,
      attempts: 1,
      createTime: at(NOW),
      phaseTime: at(NOW + 250),
      activeTime: at(NOW + 250),
      endTime: null,
      expectedActiveTime: null,
      warning: { reason: 'END_REASON_IDLE', endTime: at(NOW + 1_200_000) },
      endpoint: {
        stable: false,
        ports: [
          { name: 'http', protocol: 'PROTOCOL_HTTP', host: '127.0.0.1', port: 20_001, url: 'http://127.0.0.1:20001' },
          { name: 'raw', protocol: 'PROTOCOL_TCP', host: '::1', port: 20_002, url: 'tcp://[::1]:20002' },
        ],
      },
      deadlines: {
        queueTime: null,
        expireTime: at(NOW + 250 + 3_600_000),
        maxExpireTime: at(NOW + 250 + 86_400_000),
        idleTime: at(NOW + 250 + 1_200_000),
        confirmTime: null,
      },
      instance: {
        provider: 'process',
        providerRef: '4242',
        machineId: 'machine-1',
        hostId: 'host-1',
        region: 'DE',
        pricePerHour: 0.36,
        createTime: at(NOW - 100_000),
        granted: {
          cpuRequest: 0.5,
          cpuLimit: 2,
          memoryRequestBytes: 2 ** 28,
          memoryLimitBytes: 2 ** 30,
          gpuModel: 'RTX 4090',
          gpuCount: 1,
          gpuMemoryBytes: 24 * 2 ** 30,
          diskBytes: 2 ** 33,
        },
      },
    });
    expect(session.id).toMatch(/^s-/);
  });

  it('hands every field of an acquire to the use case, decoded', async () => {
    const { id } = await acquire({
      requestId: 'r:2',
      name: 'beta',
      onConflict: 'ON_CONFLICT_REPLACE',
      owner: 'owner',
      labels: { a: 'b' },
      env: { GREETING: 'hi\nthere' },
      command: ['run', '--cpu={{cpu_limit}}', 'a\tb'],
      lifetime: { seconds: 90, nanos: 1 },
      idleTimeout: { seconds: 0, nanos: 0 },
      queueTimeout: { seconds: 86_400 },
      wait: { seconds: 0, nanos: 500_000_000 },
      requirements: {
        cpu: { request: 0.25, limit: 4 },
        memory: { requestBytes: 2 ** 20, limitBytes: 2 ** 46 },
        gpus: { models: ['RTX 4090', 'H100'], count: 2, memoryBytes: 2 ** 34 },
        diskBytes: 2 ** 50,
        regions: ['DE', 'north-america'],
        maxPricePerHour: 0.1,
        interruptible: false,
        minReliability: 0.95,
      },
    });
    expect(edge.engine.inputOf(id)).toEqual({
      requestId: 'r:2',
      name: 'beta',
      onConflict: 'replace',
      class: 'echo',
      owner: 'owner',
      labels: { a: 'b' },
      env: { GREETING: 'hi\nthere' },
      command: ['run', '--cpu={{cpu_limit}}', 'a\tb'],
      lifetimeMs: 90_001,
      idleTimeoutMs: 0,
      queueTimeoutMs: 86_400_000,
      waitMs: 500,
      requirements: {
        cpuRequest: 0.25,
        cpuLimit: 4,
        memoryRequest: 2 ** 20,
        memoryLimit: 2 ** 46,
        gpuModels: ['RTX 4090', 'H100'],
        gpuCount: 2,
        gpuMemory: 2 ** 34,
        disk: 2 ** 50,
        regions: ['DE', 'north-america'],
        maxMicrosPerHour: 100_000,
        interruptible: false,
        minReliability: 0.95,
      },
    });
  });

  it('leaves out what an acquire does not set, and makes a request_id', async () => {
    const first = await acquire();
    const second = await acquire();
    const input = edge.engine.inputOf(first.id);
    expect(input).toMatchObject({
      name: '',
      onConflict: 'fail',
      requirements: {},
      lifetimeMs: null,
      idleTimeoutMs: null,
      queueTimeoutMs: null,
    });
    expect(input?.requestId).toMatch(/^[A-Za-z0-9._:-]{20,128}$/);
    expect(first.requestId).toBe(input?.requestId);
    expect(second.requestId).not.toBe(first.requestId);
  });

  it('waits until the session is active', async () => {
    const running = acquire({ class: 'slow', requestId: 'slow-1' });
    const { session } = await untilSeen('slow-1');
    expect(session).toMatchObject({
      phase: 'SESSION_PHASE_QUEUED',
      waitingFor: 'room on the machine',
      endpoint: null,
      instance: null,
      deadlines: { queueTime: at(NOW + 600_000), expireTime: null },
      expectedActiveTime: at(NOW + 90_000),
    });
    edge.engine.activate(session.id);
    expect(await running).toMatchObject({ id: session.id, phase: 'SESSION_PHASE_ACTIVE' });
  });

  it('answers an acquire without a wait at once', async () => {
    expect(await acquire({ class: 'slow', wait: { seconds: 0 } })).toMatchObject({ phase: 'SESSION_PHASE_QUEUED' });
  });

  async function untilSeen(requestId: string) {
    for (;;) {
      const answer = await call(edge.client, 'GetSession', { requestId }).catch(() => null);
      if (answer !== null) return answer;
    }
  }

  it('finds a session by id, by name and by request_id', async () => {
    const made = await acquire({ requestId: 'r:find', name: 'gamma' });
    for (const ref of [{ id: made.id }, { name: 'gamma' }, { requestId: 'r:find' }]) {
      expect((await call(edge.client, 'GetSession', ref)).session).toEqual(made);
      expect((await call(edge.client, 'KeepAlive', ref)).session).toEqual(made);
    }
  });

  it('releases a session and shows how it ended', async () => {
    const made = await acquire();
    const { session } = await call(edge.client, 'ReleaseSession', { id: made.id });
    expect(session).toMatchObject({
      id: made.id,
      phase: 'SESSION_PHASE_RELEASED',
      endReason: 'END_REASON_CLIENT',
      endDetail: 'released by its client',
      cost: 1.5,
      endTime: at(NOW + 1_000),
      endpoint: made.endpoint,
      instance: made.instance,
      activeTime: made.activeTime,
      deadlines: null,
      warning: null,
    });
  });

  it('answers the release of an unseen request_id with no session', async () => {
    expect(await call(edge.client, 'ReleaseSession', { requestId: 'never-seen' })).toEqual({ session: null });
  });

  it('extends to an absolute time', async () => {
    const made = await acquire();
    const { session } = await call(edge.client, 'ExtendSession', { id: made.id, expireTime: at(NOW + 7_200_999) });
    expect(session.deadlines.expireTime).toEqual(at(NOW + 7_200_999));
  });

  it('lists page by page, with filters', async () => {
    const labels = { suite: 'list' };
    for (const owner of ['a', 'b', 'a']) await acquire({ labels, owner });
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await call(edge.client, 'ListSessions', { pageSize: 1, pageToken, labels, owner: 'a' });
      seen.push(...page.sessions.map((s: { owner: string }) => s.owner));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual(['a', 'a']);
    const none = { labels, phases: ['SESSION_PHASE_QUEUED', 'SESSION_PHASE_QUEUED'], class: 'echo', tenant: 'default' };
    expect((await call(edge.client, 'ListSessions', none)).sessions).toEqual([]);
    expect((await call(edge.client, 'ListSessions', { labels, owner: '' })).sessions).toEqual([]);
  });

  it('watches from the present state to the end', async () => {
    const made = await acquire({ class: 'slow', wait: { seconds: 0 } });
    const phases: string[] = [];
    for await (const { session } of stream(edge.client, 'WatchSession', { id: made.id })) {
      phases.push(session.phase);
      if (session.phase === 'SESSION_PHASE_QUEUED') edge.engine.activate(made.id);
      if (session.phase === 'SESSION_PHASE_ACTIVE') await call(edge.client, 'ReleaseSession', { id: made.id });
    }
    expect(phases).toEqual(['SESSION_PHASE_QUEUED', 'SESSION_PHASE_ACTIVE', 'SESSION_PHASE_RELEASED']);
    expect(edge.engine.streams()).toBe(0);
  });

  it('resumes a watch after a revision', async () => {
    const made = await acquire();
    await call(edge.client, 'ReleaseSession', { id: made.id });
    const seen: number[] = [];
    const watch = stream(edge.client, 'WatchSession', { id: made.id, afterRevision: made.revision });
    for await (const { session } of watch) seen.push(session.revision);
    expect(seen).toEqual([made.revision + 1]);
  });

  it('streams logs in pieces of at most 64 KiB, byte for byte', async () => {
    const made = await acquire();
    const bytes = Buffer.alloc(1_000_000, 'fähre\n');
    edge.engine.setLogs([bytes]);
    const pieces: Buffer[] = [];
    for await (const { data } of stream(edge.client, 'StreamLogs', { id: made.id })) pieces.push(data);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBe(65_536);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    edge.engine.setLogs([Buffer.from('first\n'), Buffer.from('second\n')]);
    const tail: string[] = [];
    for await (const { data } of stream(edge.client, 'StreamLogs', { id: made.id, tailLines: 1 }))
      tail.push(String(data));
    expect(tail).toEqual(['second\n']);
  });

  it('serves the admin: classes, reserve, termination, status and tokens', async () => {
    const admin = (name: string, request: object = {}) => call(edge.client, name, request);
    expect((await admin('ListClasses')).classes).toMatchObject([
      {
        name: 'echo',
        ports: [{ name: 'http', protocol: 'PROTOCOL_HTTP' }],
        defaultLifetime: { seconds: 3_600, nanos: 0 },
        defaultIdleTimeout: { seconds: 0, nanos: 0 },
        envAllowed: ['GREETING', 'APP_*'],
        commandAllowed: true,
        expectedStart: { seconds: 1, nanos: 5e8 },
      },
    ]);
    expect((await admin('SetReserve', { class: 'echo', target: 0 })).reserve).toMatchObject({
      target: 0,
      configuredTarget: 2,
      setBy: 'local',
      backingOff: true,
      retryTime: at(NOW + 60_000),
    });
    expect((await admin('SetReserve', { class: 'echo' })).reserve).toMatchObject({ target: 2, setBy: '' });
    expect((await admin('GetReserve')).reserves).toHaveLength(1);
    const made = await acquire();
    expect((await admin('TerminateSession', { id: made.id, detail: 'too old' })).session).toMatchObject({
      endReason: 'END_REASON_ADMIN',
      endDetail: 'too old',
    });
    expect(await admin('GetStatus')).toMatchObject({
      version: '1.2.3',
      store: 'sqlite',
      startTime: at(NOW),
      instances: { ready: 2 },
      loops: [{ name: 'sessions', lastPassTime: at(NOW) }],
      providers: [{ name: 'process', instances: 2, maxInstances: 10, listTime: null, listError: 'not yet' }],
    });
    expect((await admin('ListTokens')).tokens).toEqual([]);
  });

  it('tells quotas, and what is not limited', async () => {
    const { quotas } = await call(edge.client, 'GetQuotas', { tenant: 'acme' });
    expect(quotas).toMatchObject([
      {
        tenant: 'acme',
        uses: [
          { name: 'sessions', limit: 10 },
          { name: 'gpus', used: 2 },
        ],
      },
    ]);
    expect(quotas[0].uses.map((u: object) => 'limit' in u && u.limit !== null)).toEqual([true, false]);
    expect((await call(edge.client, 'GetQuotas', {})).quotas).toMatchObject([{ tenant: 'default' }]);
    expect(await failure(call(edge.client, 'GetQuotas', { tenant: 'No/t' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { tenant: expect.stringContaining('lower-case letters') },
    });
  });

  it('lists instances page by page, as far as admins know them', async () => {
    const page = (request: object) => call(edge.client, 'ListInstances', request);
    const first = await page({ pageSize: 2, class: 'echo' });
    expect(first.instances[0]).toMatchObject({
      instance: {
        id: 'i-1',
        provider: 'process',
        providerRef: '4242',
        machineId: 'machine-1',
        hostId: 'host-1',
        region: 'DE',
        granted: { gpuModel: 'RTX 4090', memoryLimitBytes: 2 ** 30 },
        pricePerHour: 0.36,
      },
      class: 'echo',
      phase: 'destroying',
      phaseTime: at(NOW),
      sessionId: 's-1',
      reason: 'lost',
      detail: 'it ended: exit code 1',
      cost: 1.5,
    });
    const second = await page({ pageSize: 2, pageToken: first.nextPageToken });
    const ids = [...first.instances, ...second.instances].map((i: { instance: { id: string } }) => i.instance.id);
    expect(ids).toEqual(['i-1', 'i-2', 'i-3']);
    expect(second.nextPageToken).toBe('');
    expect((await page({ class: 'other' })).instances).toEqual([]);
  });

  it('lists and watches events, whole and filtered', async () => {
    const list = (request: object) => call(edge.client, 'ListEvents', request);
    expect(await list({})).toEqual({ events: [], lastId: '', more: false });
    const { engine } = edge;
    engine.addEvent({});
    engine.addEvent({
      kind: 'instance',
      subject: 'i-1',
      tenant: '',
      before: 'bound',
      after: 'destroying',
      session: 's-1',
    });
    engine.addEvent({ kind: 'reserve', subject: 'echo', tenant: '', before: '2', after: null, actor: 'local' });
    engine.addEvent({ at: NOW + 5, reason: 'idle', detail: 'not used', before: 'active', after: 'releasing' });
    const all = await list({ filter: null });
    expect(all).toMatchObject({ lastId: '4', more: false });
    const plain = { class: 'echo', reason: '', detail: '', sessionId: '', time: at(NOW) };
    expect(all.events).toEqual([
      {
        ...plain,
        id: '1',
        kind: 'session',
        subject: 's-1',
        tenant: 'default',
        actor: 't-1',
        before: '',
        after: 'queued',
      },
      {
        ...plain,
        id: '2',
        kind: 'instance',
        subject: 'i-1',
        tenant: '',
        actor: 't-1',
        before: 'bound',
        after: 'destroying',
        sessionId: 's-1',
      },
      { ...plain, id: '3', kind: 'reserve', subject: 'echo', tenant: '', actor: 'local', before: '2', after: '' },
      {
        ...plain,
        id: '4',
        kind: 'session',
        subject: 's-1',
        tenant: 'default',
        actor: 't-1',
        before: 'active',
        after: 'releasing',
        reason: 'idle',
        detail: 'not used',
        time: at(NOW + 5),
      },
    ]);
    const ids = async (request: object) => (await list(request)).events.map((e: { id: string }) => e.id);
    expect(await ids({ pageSize: 2 })).toEqual(['3', '4']);
    expect(await ids({ pageSize: 2, afterId: '0' })).toEqual(['1', '2']);
    expect(await list({ pageSize: 2, afterId: '1' })).toMatchObject({ lastId: '3', more: true });
    expect(await ids({ sinceTime: at(NOW + 1) })).toEqual(['4']);
    expect(await ids({ filter: { kinds: ['instance', 'reserve'] } })).toEqual(['2', '3']);
    expect(await ids({ filter: { sessionId: 's-1', kinds: ['instance'], class: 'echo' } })).toEqual(['2']);
    expect(await ids({ filter: { tenant: 'other' } })).toEqual([]);

    const told: string[] = [];
    const watch = stream(edge.client, 'WatchEvents', { afterId: '2', filter: { class: 'echo' } });
    for await (const { event } of watch) {
      told.push(event.id);
      if (told.length === 2) engine.addEvent({ after: 'released' });
      if (told.length === 3) break;
    }
    watch.cancel();
    expect(told).toEqual(['3', '4', '5']);
    await until(() => engine.streams() === 0, 'the watch has ended for the engine');
  });

  it('tells metrics of every call, and the log at level debug', async () => {
    const before = edge.rpcs.length;
    await acquire();
    await failure(call(edge.client, 'GetSession', { id: 'nobody' }));
    expect(edge.rpcs.slice(before)).toEqual([
      ['AcquireSession', 'OK'],
      ['GetSession', 'NOT_FOUND'],
    ]);
    const line = edge.lines.at(-1);
    expect(line).toMatchObject({
      level: 'debug',
      message: 'rpc.done',
      fields: { method: 'GetSession', code: 'NOT_FOUND', tenant: 'default', caller: 'local' },
    });
    expect(edge.lines.filter((l) => l.level === 'warn')).toEqual([]);
  });

  it('has a handler for each method of the contract', async () => {
    // One that is good stays open for what is to come.
    const bad = { afterId: 'none' };
    for (const name of methodNames()) {
      const answer = /Watch|Stream/.test(name)
        ? new Promise((_, reject) =>
            stream(edge.client, name, name === 'WatchEvents' ? bad : {})
              .on('error', reject)
              .resume(),
          )
        : call(edge.client, name, {}).catch((err: unknown) => Promise.reject(err));
      const err = await answer.then(
        () => null,
        (e: unknown) => failure(Promise.reject(e)),
      );
      expect(err?.code ?? 'OK', name).toMatch(/^(OK|INVALID_ARGUMENT)$/);
    }
  });
});
