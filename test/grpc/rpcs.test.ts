import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOW } from './fake-records.ts';
import { call, type Edge, failure, methodNames, startEdge, stream } from './support.ts';

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
