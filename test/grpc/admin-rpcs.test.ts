import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOW } from './fake-records.ts';
import { call, type Edge, failure, startEdge, stream, until } from './support.ts';

const at = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });

describe('Every RPC of the admin, over a real socket,', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const acquire = async (request: object = {}) =>
    (await call(edge.client, 'AcquireSession', { class: 'echo', ...request })).session;

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
      providers: [
        { name: 'process', instances: 2, maxInstances: 10, listTime: null, listError: 'not yet' },
        { name: 'vastai', listTime: at(NOW) },
      ],
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
});
