import { connect as http2Connect } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { newSession } from './fake-records.ts';
import { call, type Edge, failure, startEdge, stream, until } from './support.ts';

const STOPPING = { code: 'UNAVAILABLE', reason: 'BROKER_STOPPING', retryMs: 1_000, domain: 'berth' };

describe('A stop', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  const streamEnd = (name: string, request: object) =>
    failure(new Promise((_, reject) => stream(edge.client, name, request).on('error', reject).resume()));

  it('ends waits, watches and followed logs at once, and no session', async () => {
    edge = await startEdge();
    edge.engine.put(newSession('s-watched' as 's-x', 'default'));
    const ends = [
      failure(call(edge.client, 'AcquireSession', { class: 'slow' })),
      streamEnd('WatchSession', { id: 's-watched' }),
      streamEnd('StreamLogs', { id: 's-watched', follow: true }),
      streamEnd('WatchEvents', {}),
    ];
    await until(() => edge.engine.waiting() === 4, 'all four wait');
    const startedAt = performance.now();
    await edge.server.stop(15_000);
    for (const end of await Promise.all(ends)) expect(end).toMatchObject(STOPPING);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(edge.engine.waiting()).toBe(0);
    expect(edge.engine.streams()).toBe(0);
    expect(edge.engine.sessionCount()).toBe(2);
  });

  it('lets a short call finish, and refuses new ones meanwhile', async () => {
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    let inside = false;
    edge = await startEdge();
    const { engine } = edge;
    await edge.close();
    edge = await startEdge({
      sessions: {
        ...engine.sessions,
        async get() {
          inside = true;
          await gate;
          return {
            session: newSession('s-1' as 's-x', 'default'),
            costMicros: 0,
            expectedActiveAt: null,
            queuePosition: 0,
            progress: '',
            plannedEnd: null,
            accessToken: null,
          };
        },
      },
    });
    const short = call(edge.client, 'GetSession', { id: 's-1' });
    await until(() => inside, 'the call is inside');
    let stopped = false;
    const stopping = edge.server.stop(15_000).then(() => (stopped = true));
    expect(await failure(call(edge.client, 'ListSessions', {}))).toMatchObject(STOPPING);
    expect(await streamEnd('WatchSession', { id: 's-1' })).toMatchObject(STOPPING);
    expect(stopped).toBe(false);
    finish();
    expect((await short).session.id).toBe('s-1');
    await stopping;
    expect(await failure(call(edge.client, 'GetSession', { id: 's-1' }))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('answers a wait that gave up without an error like one that was ended', async () => {
    edge = await startEdge();
    const { engine } = edge;
    await edge.close();
    let waits = false;
    edge = await startEdge({
      sessions: {
        ...engine.sessions,
        acquire: (_caller, _input, signal) =>
          new Promise((resolve) => {
            waits = true;
            signal.addEventListener('abort', () =>
              resolve({
                session: newSession('s-1' as 's-x', 'default'),
                costMicros: 0,
                expectedActiveAt: null,
                queuePosition: 0,
                progress: '',
                plannedEnd: null,
                accessToken: null,
              }),
            );
          }),
      },
    });
    const end = failure(call(edge.client, 'AcquireSession', { class: 'slow' }));
    await until(() => waits, 'the call waits');
    await edge.server.stop(5_000);
    expect(await end).toMatchObject(STOPPING);
  });

  it('does not wait longer than its grace for a call that hangs', async () => {
    edge = await startEdge({ admin: { ...(await hangingAdmin()) } });
    const hanging = failure(call(edge.client, 'GetStatus', {}));
    await until(() => hung > 0, 'the call hangs');
    await edge.server.stop(30);
    expect((await hanging).code).toMatch(/^(CANCELLED|UNAVAILABLE|INTERNAL)$/);
  });

  let hung = 0;
  async function hangingAdmin() {
    const inner = await startEdge();
    const { admin } = inner.engine;
    await inner.close();
    hung = 0;
    return {
      ...admin,
      status: () => {
        hung += 1;
        return new Promise<never>(() => undefined);
      },
    };
  }

  it('closes connections that never said anything', async () => {
    edge = await startEdge();
    const socket = connect(edge.server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    await edge.server.stop(30);
    await ended;
  });
});

describe('A wait', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  it('is bounded by the deadline of its call, less a second', async () => {
    edge = await startEdge();
    const startedAt = performance.now();
    const { session } = await call(edge.client, 'AcquireSession', { class: 'slow' }, { deadline: Date.now() + 1_300 });
    expect(session.phase).toBe('SESSION_PHASE_QUEUED');
    expect(performance.now() - startedAt).toBeLessThan(1_200);
    const waits = (deadlineMs: number | null, wait: object | null) =>
      call(
        edge.client,
        'AcquireSession',
        { class: 'echo', wait },
        deadlineMs === null ? { deadline: Infinity } : { deadline: Date.now() + deadlineMs },
      ).then((answer) => edge.engine.inputOf(answer.session.id)?.waitMs ?? Number.NaN);
    expect(await waits(null, null)).toBe(600_000);
    expect(await waits(3_600_000, null)).toBe(600_000);
    expect(await waits(60_000, null)).toBeLessThanOrEqual(59_000);
    expect(await waits(60_000, null)).toBeGreaterThan(55_000);
    expect(await waits(60_000, { seconds: 5 })).toBe(5_000);
    expect(await waits(60_000, { seconds: 3_600 })).toBeLessThanOrEqual(59_000);
    expect(await waits(null, { seconds: 3_600 })).toBe(3_600_000);
    expect(await waits(null, { seconds: 1_000_000 })).toBe(86_400_000);
    expect(await waits(900, null)).toBe(0);
  });

  it('ends when the client cancels; the session does not', async () => {
    edge = await startEdge();
    const cancel = new AbortController();
    const wait = failure(call(edge.client, 'AcquireSession', { class: 'slow' }, { signal: cancel.signal }));
    await until(() => edge.engine.waiting() === 1, 'the call waits');
    cancel.abort();
    expect(await wait).toMatchObject({ code: 'CANCELLED' });
    await until(() => edge.engine.waiting() === 0, 'nobody waits');
    expect(edge.engine.sessionCount()).toBe(1);
    await until(() => edge.rpcs.length === 1, 'the call is counted');
    expect(edge.rpcs).toEqual([['AcquireSession', 'CANCELLED']]);
  });

  it('ends when the connection breaks', async () => {
    edge = await startEdge();
    const relay = await startRelay(edge.server.port);
    const client = edge.dial(undefined, undefined, relay.address);
    const ends = [
      failure(call(client, 'AcquireSession', { class: 'slow' })),
      failure(call(client, 'AcquireSession', { class: 'slow' })),
    ];
    await until(() => edge.engine.waiting() === 2, 'both wait');
    await relay.cut();
    await until(() => edge.engine.waiting() === 0, 'nobody waits');
    for (const end of await Promise.all(ends)) expect(end.code).toBe('UNAVAILABLE');
    expect(edge.engine.sessionCount()).toBe(2);
  });

  it('is one of a thousand on one connection', async () => {
    edge = await startEdge();
    const waits = Array.from({ length: 1_000 }, (_, i) =>
      call(edge.client, 'AcquireSession', { class: 'slow', requestId: `r${i}` }),
    );
    await until(() => edge.engine.waiting() === 1_000, 'a thousand wait');
    expect((await call(edge.client, 'ListSessions', { pageSize: 1_000 })).sessions).toHaveLength(1_000);
    const { sessions } = await call(edge.client, 'ListSessions', { pageSize: 1_000 });
    for (const { id } of sessions) edge.engine.activate(id);
    const answers = await Promise.all(waits);
    expect(new Set(answers.map((a) => a.session.id)).size).toBe(1_000);
    expect(answers.every((a) => a.session.phase === 'SESSION_PHASE_ACTIVE')).toBe(true);
  });
});

/** Passes bytes on to the port until it is cut. */
async function startRelay(port: number) {
  const sockets: Socket[] = [];
  const relay = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(relay.address() as AddressInfo).port}`,
    cut(): Promise<unknown> {
      const closed = new Promise((resolve) => relay.close(resolve));
      for (const socket of sockets) socket.resetAndDestroy();
      return closed;
    },
  };
}

describe('A watch', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  it('ends for the engine when the client cancels', async () => {
    edge = await startEdge();
    edge.engine.put(newSession('s-1' as 's-x', 'default'));
    const watch = stream(edge.client, 'WatchSession', { id: 's-1' });
    const ended = failure(new Promise((_, reject) => watch.on('error', reject)));
    await new Promise((resolve) => watch.once('data', resolve));
    watch.cancel();
    expect(await ended).toMatchObject({ code: 'CANCELLED' });
    await until(() => edge.engine.streams() === 0, 'the engine watches no more');
  });

  it('of logs holds back the engine while the client does not read', async () => {
    let produced = 0;
    edge = await startEdge();
    const { engine } = edge;
    await edge.close();
    edge = await startEdge({
      sessions: {
        ...engine.sessions,
        async *logs() {
          for (; produced < 1_000; produced++) yield Buffer.alloc(65_536);
        },
      },
    });
    const logs = stream(edge.client, 'StreamLogs', { id: 's-1' });
    logs.pause();
    let before = -1;
    await until(() => {
      const settled = produced > 0 && produced === before;
      before = produced;
      return settled;
    }, 'the engine is held back');
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(100);
    let bytes = 0;
    for await (const { data } of logs) bytes += data.length;
    expect(bytes).toBe(65_536_000);
    expect(produced).toBe(1_000);
  });
});

describe('An idle connection', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  it('is pinged by the server, and may ping as it likes', async () => {
    edge = await startEdge({ keepaliveMs: 20 });
    const session = http2Connect(`http://127.0.0.1:${edge.server.port}`);
    let pings = 0;
    session.on('ping', () => {
      pings += 1;
    });
    await until(() => pings >= 3, 'three pings');
    for (let i = 0; i < 100; i++)
      await new Promise<void>((resolve, reject) => session.ping((err) => (err === null ? resolve() : reject(err))));
    expect(session.closed).toBe(false);
    await new Promise<void>((resolve) => session.close(resolve));
  });
});
