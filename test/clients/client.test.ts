import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BerthClient, BerthError, createClient, type Session } from '../../clients/typescript/src/client.ts';
import { SYSTEM } from '../../clients/typescript/src/system.ts';
import { activeFields, type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';

let broker: FakeBroker;
let client: BerthClient;
/** Pauses that the client made before it called again [ms]. */
let pauses: number[];

beforeEach(async () => {
  broker = await startFakeBroker();
  pauses = [];
  client = createClient({ address: broker.address, system: { ...SYSTEM, sleep: pause, random: () => 0.5 } });
});
afterEach(async () => {
  client.close();
  await broker.close();
});

/** Notes how long the pause would be, and makes it short; the long ones are deadlines and stay as they are. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  pauses.push(ms);
  return SYSTEM.sleep(Math.min(ms, 20), signal);
}

const UNAVAILABLE = { code: status.UNAVAILABLE, message: 'the broker stops', reason: 'STOPPING' } as const;
const requestIds = () => broker.asked.map((a) => (a.request as { requestId: string }).requestId);

async function failure(promise: Promise<unknown>): Promise<BerthError> {
  const err = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(err instanceof BerthError)) throw new Error(`expected a BerthError, got ${String(err)}`);
  return err;
}

describe('acquire', () => {
  it('answers the session in friendly types, none of the wire', async () => {
    const session = await client.acquire({ class: 'warm', name: 'n', labels: { a: 'b' } });
    expect(session).toMatchObject({
      phase: 'active',
      name: 'n',
      labels: { a: 'b' },
      fromReserve: true,
      endReason: null,
      warning: null,
      cost: 0.0125,
      endpoint: { stable: false, ports: [{ name: 'http', protocol: 'http', url: 'http://127.0.0.1:20001' }] },
      instance: { granted: { memoryLimitBytes: 2 ** 30, cpuLimit: 2 }, pricePerHour: 0.36 },
    });
    expect(session.activeTime).toBeInstanceOf(Date);
    expect(session.deadlines.idleTime).toBeNull();
    expect(JSON.stringify(session)).not.toMatch(/SESSION_PHASE|nanos/);
  });

  it('sends every field that was given, and none that was not', async () => {
    await client.acquire({
      class: 'warm',
      requestId: 'mine',
      onConflict: 'replace',
      owner: 'ada',
      env: { A: '1' },
      command: ['run', '--port', '{{port.http}}'],
      lifetimeMs: 90_500,
      idleTimeoutMs: 0,
      queueTimeoutMs: 1,
      requirements: {
        cpu: { request: 0.5 },
        memory: { limit: 2 ** 31 },
        gpus: { models: ['RTX 4090'], count: 1, memoryBytes: 24e9 },
        regions: ['europe'],
        maxPricePerHour: 0.4,
        interruptible: false,
      },
    });
    expect(broker.asked[0]?.request).toMatchObject({
      requestId: 'mine',
      onConflict: 'ON_CONFLICT_REPLACE',
      owner: 'ada',
      env: { A: '1' },
      command: ['run', '--port', '{{port.http}}'],
      lifetime: { seconds: 90, nanos: 500_000_000 },
      idleTimeout: { seconds: 0, nanos: 0 },
      queueTimeout: { seconds: 0, nanos: 1_000_000 },
      requirements: {
        cpu: { request: 0.5 },
        memory: { limitBytes: 2 ** 31 },
        gpus: { models: ['RTX 4090'], count: 1, memoryBytes: 24e9 },
        regions: ['europe'],
        maxPricePerHour: 0.4,
        interruptible: false,
      },
    });
    const { cpu, memory, diskBytes } =
      broker.asked.map((a) => (a.request as { requirements: Record<string, object> }).requirements)[0] ?? {};
    expect([cpu && 'limit' in cpu, memory && 'requestBytes' in memory, diskBytes]).toEqual([false, false, undefined]);
  });

  it('tries again with the same request_id and not before RetryInfo says', async () => {
    broker.fail('AcquireSession', { ...UNAVAILABLE, retryAfterMs: 700 }, 2);
    const session = await client.acquire({ class: 'warm' });
    expect(new Set(requestIds()).size).toBe(1);
    expect(requestIds()).toHaveLength(3);
    expect(session.requestId).toBe(requestIds()[0]);
    expect(pauses).toEqual([800, 800]);
    expect(broker.sessions.size).toBe(1);
  });

  it('backs off with jitter when the broker does not say how long', async () => {
    broker.fail('AcquireSession', UNAVAILABLE, 3);
    await client.acquire({ class: 'warm' });
    expect(pauses).toEqual([150, 300, 600]);
  });

  it('gives up when the pause would pass its patience', async () => {
    broker.fail('AcquireSession', { ...UNAVAILABLE, retryAfterMs: 60_000 });
    const err = await failure(client.acquire({ class: 'warm' }));
    expect(err).toMatchObject({ code: 'unavailable', reason: 'STOPPING', retryAfterMs: 60_000, answered: true });
    expect(broker.asked).toHaveLength(1);
  });

  it('waits until the session is active, over a broken connection', async () => {
    const waiting = client.acquire({ class: 'cold', requestId: 'r' });
    await broker.arrived('AcquireSession');
    await broker.restart();
    await broker.arrived('AcquireSession', 2);
    const [id = ''] = broker.sessions.keys();
    broker.move(id, activeFields(Date.now()));
    expect(await waiting).toMatchObject({ id, phase: 'active' });
    expect(requestIds()).toEqual(['r', 'r']);
  });

  it('answers an earlier phase when the wait is over', async () => {
    expect(await client.acquire({ class: 'cold', waitMs: 0 })).toMatchObject({ phase: 'queued' });
    expect(await client.acquire({ class: 'cold', waitMs: 30 })).toMatchObject({ phase: 'queued' });
  });

  it('ends the waiting by an abort, never the session', async () => {
    const stop = new AbortController();
    const waiting = client.acquire({ class: 'cold' }, { signal: stop.signal });
    await broker.arrived('AcquireSession');
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(broker.asked.map((a) => a.method)).toEqual(['AcquireSession']);
    await expect(client.acquire({ class: 'cold' }, { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('reports each state on the way when asked to', async () => {
    const seen: string[] = [];
    const onProgress = (s: Session) => {
      seen.push(s.phase);
      if (s.phase === 'queued') queueMicrotask(() => broker.move(s.id, { phase: 'SESSION_PHASE_STARTING' }));
      if (s.phase === 'starting') queueMicrotask(() => broker.move(s.id, activeFields(Date.now())));
    };
    expect(await client.acquire({ class: 'cold' }, { onProgress })).toMatchObject({ phase: 'active' });
    expect(seen).toEqual(['queued', 'starting', 'active']);
  });

  it('fails with the reason when the session ends before it is active', async () => {
    const onProgress = (s: Session) => {
      if (s.phase === 'queued')
        broker.move(s.id, {
          phase: 'SESSION_PHASE_RELEASING',
          endReason: 'END_REASON_QUEUE_TIMEOUT',
          endDetail: '3 offers seen, 3 too dear',
        });
    };
    const err = await failure(client.acquire({ class: 'cold' }, { onProgress }));
    expect(err).toMatchObject({ code: 'resource-exhausted', reason: 'QUEUE_TIMEOUT' });
    expect(err.message).toContain('3 offers seen, 3 too dear');
  });

  it('releases a held session at the end of its block', async () => {
    let id: string;
    {
      await using session = await client.session({ class: 'warm' });
      id = session.id;
      expect(broker.sessions.get(id)?.phase).toBe('SESSION_PHASE_ACTIVE');
    }
    expect(broker.sessions.get(id)).toMatchObject({ phase: 'SESSION_PHASE_RELEASING', endReason: 'END_REASON_CLIENT' });
  });
});

describe('errors', () => {
  it('decode every google.rpc detail', async () => {
    broker.fail('AcquireSession', {
      code: status.INVALID_ARGUMENT,
      message: 'lifetime: 1 s is too short',
      reason: 'INVALID_ARGUMENT',
      metadata: { class: 'warm' },
      violations: [{ field: 'lifetime', description: 'must be 20 s to 24 h' }],
    });
    expect(await failure(client.acquire({ class: 'warm' }))).toMatchObject({
      code: 'invalid-argument',
      message: 'lifetime: 1 s is too short',
      reason: 'INVALID_ARGUMENT',
      metadata: { class: 'warm' },
      violations: [{ field: 'lifetime', description: 'must be 20 s to 24 h' }],
      quota: [],
      retryAfterMs: null,
      answered: true,
    });
    broker.fail('AcquireSession', {
      code: status.RESOURCE_EXHAUSTED,
      message: 'limit reached',
      reason: 'QUOTA',
      quota: { subject: 'tenant default', description: '5 of 5 sessions' },
    });
    expect(await failure(client.acquire({ class: 'warm' }))).toMatchObject({
      code: 'resource-exhausted',
      quota: [{ subject: 'tenant default', description: '5 of 5 sessions' }],
    });
  });

  it('tell a broker that cannot be reached from one that refuses', async () => {
    await broker.close();
    const err = await failure(client.get({ id: 's-1' }, { retryForMs: 0 }));
    expect(err).toMatchObject({ code: 'unavailable', answered: false });
    expect(err.message).toContain('ECONNREFUSED');
  });

  it('refuse to send a token unprotected to another machine', () => {
    expect(() => createClient({ address: 'broker.example:7700', token: 'x' })).toThrow(/unprotected/);
    createClient({ address: 'broker.example:7700', token: 'x', insecure: true }).close();
    createClient({ address: '[::1]:7700', token: 'x' }).close();
  });
});

describe('watch', () => {
  it('goes on behind the last revision after a broken stream, and ends after released', async () => {
    const { id } = broker.add({ name: 'job', phase: 'SESSION_PHASE_QUEUED' });
    const seen: string[] = [];
    for await (const session of client.watch({ name: 'job' })) {
      seen.push(`${session.phase} ${session.revision}`);
      if (session.revision === 1) {
        await broker.restart();
        broker.move(id, activeFields(Date.now()));
      } else if (session.phase === 'active') {
        await broker.restart();
        broker.move(id, { phase: 'SESSION_PHASE_RELEASING' });
        broker.move(id, { phase: 'SESSION_PHASE_RELEASED', endReason: 'END_REASON_CLIENT' });
      }
    }
    expect(seen).toEqual(['queued 1', 'active 2', 'released 4']);
    const watches = broker.asked.map((a) => a.request as { session: string; afterRevision: number });
    expect(watches.map((w) => w.session)).toEqual(['name', 'id', 'id']);
    expect(watches.map((w) => w.afterRevision)).toEqual([0, 1, 2]);
  });

  it('tells each place in the queue, which is no new revision, also one taken during a break', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_QUEUED', queuePosition: 5 });
    const seen: string[] = [];
    for await (const session of client.watch({ id })) {
      seen.push(`${session.phase} #${session.queuePosition}`);
      if (session.queuePosition === 5) broker.hint(id, { queuePosition: 4 });
      if (session.queuePosition === 4) {
        broker.hint(id, { queuePosition: 3 });
        await broker.restart();
      }
      if (session.queuePosition === 3) broker.move(id, { phase: 'SESSION_PHASE_RELEASED', queuePosition: 0 });
    }
    expect(seen).toEqual(['queued #5', 'queued #4', 'queued #3', 'released #0']);
  });

  it('tells how far the start is, which is no new revision either', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_STARTING', progress: 'is being asked for' });
    const seen: string[] = [];
    for await (const session of client.watch({ id })) {
      seen.push(session.progress);
      if (seen.length === 1) broker.hint(id, { progress: 'booting: pulling' });
      else break;
    }
    expect(seen).toEqual(['is being asked for', 'booting: pulling']);
  });

  it('fails at once when there is no such session', async () => {
    expect(await failure(client.watch({ id: 's-none' }).next())).toMatchObject({
      code: 'not-found',
      reason: 'SESSION_NOT_FOUND',
    });
  });

  it('fails when the broker stays away longer than its patience', async () => {
    broker.add({ id: 's-1', phase: 'SESSION_PHASE_QUEUED' });
    const states = client.watch({ id: 's-1' }, { retryForMs: 0 });
    await states.next();
    await broker.close();
    expect(await failure(states.next())).toMatchObject({ code: 'unavailable' });
  });

  it('leaves nothing behind when its loop is left', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_QUEUED' });
    for await (const _ of client.watch({ id })) break;
    const stop = new AbortController();
    const states = client.watch({ id }, { signal: stop.signal });
    await states.next();
    stop.abort(new Error('enough'));
    await expect(states.next()).rejects.toThrow('enough');
  });

  it('waits for a session that somebody else asked for', async () => {
    const { id } = broker.add({ name: 'job', phase: 'SESSION_PHASE_STARTING' });
    const onProgress = () => broker.sessions.get(id)?.revision === 1 && broker.move(id, activeFields(Date.now()));
    expect(await client.waitUntilActive({ name: 'job' }, { onProgress: () => void onProgress() })).toMatchObject({
      id,
    });
  });
});

describe('close', () => {
  it('ends open calls, watches and pauses', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_QUEUED' });
    const waiting = failure(client.acquire({ class: 'cold' }));
    const watching = client.watch({ id });
    await watching.next();
    const watch = failure(watching.next());
    await broker.arrived('AcquireSession');
    client.close();
    expect([(await waiting).code, (await watch).code]).toEqual(['cancelled', 'cancelled']);
    expect((await failure(client.get({ id }))).code).toBe('cancelled');
  });
});

describe('the other calls', () => {
  it('list page by page', async () => {
    for (let n = 0; n < 7; n += 1) broker.add({ phase: 'SESSION_PHASE_ACTIVE', owner: n < 5 ? 'ada' : 'bob' });
    const ids: string[] = [];
    for await (const s of client.listAll({ pageSize: 2, owner: 'ada' })) ids.push(s.id);
    expect(ids).toEqual([...broker.sessions.keys()].slice(0, 5));
    expect(broker.asked).toHaveLength(3);
    expect((await client.list({ phases: ['queued'] })).sessions).toEqual([]);
  });

  it('release, also what the broker has not seen yet', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_ACTIVE' });
    expect(await client.release({ id })).toMatchObject({ phase: 'releasing', endReason: 'client' });
    expect(await client.release({ requestId: 'later' })).toBeNull();
  });

  it('extend to an absolute time, to the millisecond', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_ACTIVE' });
    const end = new Date(Date.now() + 60_123);
    expect((await client.extend({ id }, end)).deadlines.expireTime).toEqual(end);
  });

  it('read logs as bytes, and stop following when told', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_ACTIVE' });
    broker.logs = ['one\ntw', 'o\n'];
    let text = '';
    for await (const bytes of client.logs({ id }, { tailLines: 2 })) text += Buffer.from(bytes).toString();
    expect(text).toBe('one\ntwo\n');
    expect(broker.asked.at(-1)?.request).toMatchObject({ tailLines: 2, follow: false });
    const stop = new AbortController();
    const following = client.logs({ id }, { follow: true, signal: stop.signal });
    await following.next();
    await following.next();
    stop.abort(new Error('enough'));
    await expect(following.next()).rejects.toThrow('enough');
  });

  it('carry the token with each call', async () => {
    const named = createClient({ address: broker.address, token: 'geheim' });
    await named.classes();
    named.close();
    await client.classes();
    expect(broker.asked.map((a) => a.authorization)).toEqual(['Bearer geheim', '']);
  });

  it('make tokens once only: a second try could make a second one', async () => {
    broker.fail('CreateToken', UNAVAILABLE);
    expect(await failure(client.createToken({ tenant: 'lab', role: 'client' }))).toMatchObject({ code: 'unavailable' });
    const made = await client.createToken({ tenant: 'lab', role: 'admin', note: 'for ada' });
    expect(made).toMatchObject({ secret: 'secret-of-t-1', token: { id: 't-1', role: 'admin', tenant: 'lab' } });
    expect(await client.tokens()).toHaveLength(1);
    await client.revokeToken('t-1');
    expect(await client.tokens()).toEqual([]);
  });

  it('set a reserve, and take the setting back', async () => {
    broker.reserves.set('warm', { class: 'warm', target: 2, configuredTarget: 2, ready: 1 });
    expect(await client.setReserve('warm', 5)).toMatchObject({ target: 5, configuredTarget: 2, setBy: 'local' });
    expect(await client.setReserve('warm', null)).toMatchObject({ target: 2 });
    expect(await client.reserves()).toHaveLength(1);
    expect(await client.reserves('other')).toEqual([]);
  });

  it('terminate any session, and tell how the broker is', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_ACTIVE' });
    expect(await client.terminate(id, 'too dear')).toMatchObject({ endReason: 'admin', endDetail: 'too dear' });
    expect(await client.status()).toMatchObject({ store: 'sqlite', sessions: { active: 2 }, loops: [{ failures: 0 }] });
  });
});
