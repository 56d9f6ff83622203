import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BerthClient, BerthError, createClient } from '../../clients/typescript/src/client.ts';
import { SYSTEM } from '../../clients/typescript/src/system.ts';
import { type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';

let broker: FakeBroker;
let client: BerthClient;

beforeEach(async () => {
  broker = await startFakeBroker();
  client = createClient({ address: broker.address, system: { ...SYSTEM, sleep: pause } });
});
afterEach(async () => {
  client.close();
  await broker.close();
});

const pause = (ms: number, signal?: AbortSignal): Promise<void> => SYSTEM.sleep(Math.min(ms, 20), signal);

async function all<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

async function failure(promise: Promise<unknown>): Promise<BerthError> {
  const err = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(err instanceof BerthError)) throw new Error(`expected a BerthError, got ${String(err)}`);
  return err;
}

describe('events', () => {
  const kinds = ['session'] as const;

  it('are read page by page, with the place to go on from', async () => {
    for (let n = 0; n < 5; n += 1) broker.emit({ kind: n === 2 ? 'proxy' : 'session', subject: `s-${n}`, after: 'x' });
    const newest = await client.events({ kinds, pageSize: 2 });
    expect(newest.events.map((e) => e.subject)).toEqual(['s-3', 's-4']);
    const first = broker.events[0]?.id ?? '';
    const next = await client.events({ afterId: first, pageSize: 2 });
    expect([next.events.map((e) => e.subject), next.more]).toEqual([['s-1', 's-2'], true]);
    expect((await client.events({ afterId: next.lastId })).events.map((e) => e.subject)).toEqual(['s-3', 's-4']);
    expect((await client.events({ since: new Date(Date.now() + 60_000) })).events).toEqual([]);
    expect(newest.events[0]?.time).toBeInstanceOf(Date);
  });

  it('go on behind the last one seen after a broken stream: none is left out, none comes twice', async () => {
    broker.emit({ kind: 'session', subject: 'before' });
    const seen: string[] = [];
    const watch = client.watchEvents({ kinds });
    const first = watch.next();
    await broker.arrived('WatchEvents');
    broker.emit({ kind: 'session', subject: 'a' });
    seen.push((await first).value?.subject ?? '');
    await broker.restart();
    broker.emit({ kind: 'proxy', subject: 'other' });
    for (const subject of ['b', 'c']) broker.emit({ kind: 'session', subject });
    for (const _ of [1, 2]) seen.push((await watch.next()).value?.subject ?? '');
    await watch.return();
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('lose nothing when the stream breaks before the first one', async () => {
    broker.emit({ subject: 'before' });
    const watch = client.watchEvents();
    const first = watch.next();
    await broker.arrived('WatchEvents');
    await broker.restart();
    broker.emit({ subject: 'meanwhile' });
    expect((await first).value).toMatchObject({ subject: 'meanwhile' });
    await watch.return();
  });

  it('survive a second break long after the first, however quiet the log was between', async () => {
    let skew = 0;
    const system = { ...SYSTEM, sleep: pause, monotonic: () => SYSTEM.monotonic() + skew };
    using patient = createClient({ address: broker.address, system, retryForMs: 10_000 });
    broker.emit({ subject: 'before' });
    const watch = patient.watchEvents();
    const first = watch.next();
    await broker.arrived('WatchEvents');
    await broker.restart();
    await broker.arrived('WatchEvents', 2);
    skew = 3_600_000;
    await broker.restart();
    broker.emit({ subject: 'later' });
    expect((await first).value).toMatchObject({ subject: 'later' });
    await watch.return();
  });

  it('end when the broker refuses them', async () => {
    broker.fail('WatchEvents', { code: status.PERMISSION_DENIED, message: 'admins only', reason: 'ADMIN_ONLY' });
    expect(await failure(client.watchEvents({ afterId: 'x' }).next())).toMatchObject({ code: 'permission-denied' });
  });
});

describe('logs that are followed', () => {
  const read = async (logs: AsyncGenerator<Uint8Array>, times: number): Promise<string> => {
    let text = '';
    for (let n = 0; n < times; n += 1) text += Buffer.from((await logs.next()).value ?? []).toString();
    return text;
  };

  it('go on after a break with what was written meanwhile, and nothing twice', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_ACTIVE' });
    broker.logs = ['one\n', 'two\n'];
    const logs = client.logs({ id }, { follow: true });
    expect(await read(logs, 2)).toBe('one\ntwo\n');
    broker.logs = ['on', 'e\ntw', 'o\nthree\n', 'four\n'];
    await broker.restart();
    expect(await read(logs, 2)).toBe('three\nfour\n');
    await logs.return();
  });

  it('begin anew where the log no longer holds what came last', async () => {
    const { id } = broker.add({ phase: 'SESSION_PHASE_ACTIVE' });
    broker.logs = ['one\n'];
    const logs = client.logs({ id }, { follow: true });
    expect(await read(logs, 1)).toBe('one\n');
    broker.logs = ['new\n'];
    await broker.restart();
    expect(await read(logs, 1)).toBe('new\n');
    await logs.return();
  });
});

describe('what admins may look at', () => {
  it('list instances page by page, with what they are for', async () => {
    broker.instancesPerPage = 2;
    for (let n = 0; n < 5; n += 1)
      broker.instances.push({
        instance: { id: `i-${n}`, provider: 'process', pricePerHour: 0.1, granted: { cpuLimit: 2 } },
        class: n < 4 ? 'echo' : 'gpu',
        phase: 'ready',
        cost: 0.5,
      });
    const found = await all(client.instances('echo'));
    expect(found.map((i) => i.id)).toEqual(['i-0', 'i-1', 'i-2', 'i-3']);
    expect(found[0]).toMatchObject({ phase: 'ready', sessionId: '', cost: 0.5, granted: { cpuLimit: 2 } });
    expect(await all(client.instances())).toHaveLength(5);
  });

  it('tell quotas, and no limit as null', async () => {
    const uses = [
      { name: 'sessions', used: 3, limit: 5 },
      { name: 'gpus', used: 0 },
    ];
    broker.quotas = [
      { tenant: 'lab', uses },
      { tenant: 'other', uses: [] },
    ];
    expect(await client.quotas('lab')).toEqual([
      {
        tenant: 'lab',
        uses: [
          { name: 'sessions', used: 3, limit: 5 },
          { name: 'gpus', used: 0, limit: null },
        ],
      },
    ]);
    expect(await client.quotas()).toHaveLength(2);
  });

  it('tell in the status where sessions wait', async () => {
    broker.status = { queues: [{ class: 'gpu', waiting: 3, oldestTime: timestamp(1_000), waitingFor: 'no slot' }] };
    expect((await client.status()).queues).toEqual([
      { class: 'gpu', waiting: 3, oldestTime: new Date(1_000), waitingFor: 'no slot' },
    ]);
  });
});
