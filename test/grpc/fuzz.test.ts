import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import type { Client, ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  DEADLINE_MS,
  decodeFailure,
  type Edge,
  failure,
  method,
  methodNames,
  send,
  startEdge,
} from './support.ts';

/** What a call with any bytes at all may end with. */
const TYPED = /^(OK|INVALID_ARGUMENT|NOT_FOUND|FAILED_PRECONDITION)$/;
/** The stream that is served as long as its client wants [ms]. */
const OPEN_END = 'WatchEvents';
const OPEN_END_MS = 250;
const same = (b: Buffer): Buffer => b;

/** A field of protobuf's wire format with a length: strings, messages, map entries. Up to 127 bytes. */
const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
const BROKEN_UTF8 = Buffer.from([0x61, 0xff, 0xfe, 0x62]);

describe('Whatever bytes arrive,', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const outcome = (client: Client, name: string, bytes: Buffer): Promise<{ code: string; reason: string }> => {
    const m = method(name);
    const ended = m.responseStream
      ? new Promise<void>((resolve, reject) => {
          const deadline = Date.now() + (name === OPEN_END ? OPEN_END_MS : DEADLINE_MS);
          client
            .makeServerStreamRequest(m.path, same, same, bytes, { deadline })
            .on('error', reject)
            .on('end', resolve)
            .resume();
        })
      : send(client, m.path, bytes);
    return ended.then(
      () => ({ code: 'OK', reason: 'OK' }),
      (err: ServiceError) => decodeFailure(err),
    );
  };

  const expectTyped = async (name: string, bytes: Buffer): Promise<void> => {
    const { code, reason } = await outcome(edge.client, name, bytes);
    if (name === OPEN_END && code === 'DEADLINE_EXCEEDED') return;
    if (!TYPED.test(code) || reason === '')
      throw new Error(`${name} answered ${code} ${reason} to ${bytes.subarray(0, 200).toString('hex')}`);
  };

  const expectUnharmed = async (): Promise<void> => {
    expect(edge.lines.filter((l) => l.level === 'warn')).toEqual([]);
    expect((await call(edge.client, 'AcquireSession', { class: 'echo' })).session.phase).toBe('SESSION_PHASE_ACTIVE');
  };

  it('random ones are refused by every method', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...methodNames()), fc.uint8Array({ maxLength: 200 }), (name, bytes) =>
        expectTyped(name, Buffer.from(bytes)),
      ),
      { numRuns: 600, seed: 7 },
    );
    await expectUnharmed();
  });

  const GOOD = {
    requestId: 'r',
    name: 'n',
    class: 'echo',
    requirements: { cpu: { request: 1, limit: 2 }, gpus: { models: ['H100'] }, diskBytes: 5, regions: ['DE'] },
    labels: { a: 'b' },
    env: { A: 'b' },
    command: ['x'],
    lifetime: { seconds: 60 },
  };

  it('a good message with some bytes changed, or cut short, is served or refused', async () => {
    const good = method('AcquireSession').requestSerialize(GOOD);
    for (let length = 0; length < good.length; length++) await expectTyped('AcquireSession', good.subarray(0, length));
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        return expectTyped('AcquireSession', bytes);
      }),
      { numRuns: 500, seed: 11 },
    );
    await expectUnharmed();
  });

  it('random values in every field of an acquire are served or refused', async () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 2 ** 53));
    const int64 = fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String));
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('', '\0', 'a\ufffd', '..'));
    const duration = fc.record({ seconds: int64, nanos: fc.integer() }, { requiredKeys: [] });
    const texts = fc.dictionary(text, text, { maxKeys: 40 });
    const request = fc.record(
      {
        requestId: text,
        name: text,
        onConflict: fc.integer({ min: -5, max: 9 }),
        class: fc.oneof(text, fc.constant('echo')),
        owner: text,
        labels: texts,
        env: texts,
        command: fc.array(text, { maxLength: 300 }),
        lifetime: duration,
        idleTimeout: duration,
        queueTimeout: duration,
        wait: duration,
        requirements: fc.record(
          {
            cpu: fc.record({ request: number, limit: number }, { requiredKeys: [] }),
            memory: fc.record({ requestBytes: int64, limitBytes: int64 }, { requiredKeys: [] }),
            gpus: fc.record({ models: fc.array(text), count: fc.integer(), memoryBytes: int64 }, { requiredKeys: [] }),
            diskBytes: int64,
            regions: fc.array(text, { maxLength: 60 }),
            maxPricePerHour: number,
            interruptible: fc.boolean(),
            minReliability: number,
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(request, (value) =>
        expectTyped('AcquireSession', method('AcquireSession').requestSerialize(value)),
      ),
      { numRuns: 400, seed: 13 },
    );
    await expectUnharmed();
  });

  it('text that is not UTF-8 is refused by the name of its field', async () => {
    const echo = field(4, Buffer.from('echo'));
    const entry = (key: Uint8Array, value: Uint8Array): Buffer => Buffer.concat([field(1, key), field(2, value)]);
    const A = Buffer.from('A');
    const cases: readonly (readonly [string, Buffer])[] = [
      ['request_id', field(1, BROKEN_UTF8)],
      ['name', field(2, BROKEN_UTF8)],
      ['class', field(4, BROKEN_UTF8)],
      ['owner', field(6, BROKEN_UTF8)],
      ['labels["A"]', field(7, entry(A, BROKEN_UTF8))],
      ['labels["a\ufffd\ufffdb"]', field(7, entry(BROKEN_UTF8, A))],
      ['env["A"]', field(8, entry(A, BROKEN_UTF8))],
      ['command[0]', field(9, BROKEN_UTF8)],
      ['requirements.regions[0]', field(5, field(5, BROKEN_UTF8))],
      ['requirements.gpus.models[0]', field(5, field(3, field(1, BROKEN_UTF8)))],
    ];
    for (const [name, bytes] of cases) {
      const found = await failure(send(edge.client, method('AcquireSession').path, Buffer.concat([echo, bytes])));
      expect(found.code, name).toBe('INVALID_ARGUMENT');
      expect(Object.keys(found.fields), name).toEqual([name]);
      expect(found.fields[name], name).toContain('not valid UTF-8');
    }
  });

  it('a message deeper than any of ours is refused', async () => {
    // Field 15, which no request has, as a group in a group in a group …
    const groups = Buffer.alloc(500_000, 0x7b);
    expect(await outcome(edge.client, 'GetSession', groups)).toMatchObject({ reason: 'MALFORMED_MESSAGE' });
    await expectUnharmed();
  });

  it('large messages are refused with the limit, up to what gRPC clients send at most', async () => {
    for (const size of [2 ** 20 + 1, 4 * 2 ** 20]) {
      const found = await failure(send(edge.client, method('AcquireSession').path, Buffer.alloc(size, 'x')));
      expect(found).toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'MESSAGE_TOO_LARGE',
        metadata: { maxBytes: '1048576' },
      });
    }
    const huge = edge.dial(undefined, { 'grpc.max_send_message_length': -1 });
    expect(await failure(send(huge, method('AcquireSession').path, Buffer.alloc(6 * 2 ** 20)))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    });
    await expectUnharmed();
  });

  it('lists of a million entries are counted, not looked into', async () => {
    const startedAt = performance.now();
    const commands = Buffer.alloc(1_000_000, Buffer.from([0x4a, 0x00]));
    expect((await failure(send(edge.client, method('AcquireSession').path, commands))).fields.command).toBe(
      'has 500000 arguments; accepted: at most 256',
    );
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('a small compressed message that grows huge is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    const zipping = edge.dial(undefined, {
      'grpc.default_compression_algorithm': 2,
      'grpc.max_send_message_length': -1,
    });
    const path = method('AcquireSession').path;
    expect((await failure(send(zipping, path, Buffer.alloc(64 * 2 ** 20)))).code).toBe('RESOURCE_EXHAUSTED');
    await expectUnharmed();
  });

  it('what is not HTTP/2 at all only loses its connection', async () => {
    for (const text of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff']) {
      const socket = connect(edge.server.port, '127.0.0.1').on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume().end(Buffer.from(text, 'latin1'));
      await closed;
    }
    await expectUnharmed();
  });

  it('memory stays flat over 20,000 bad calls', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const names = methodNames();
    const bad = method('AcquireSession').requestSerialize({ class: '', labels: { 'a b': '' }, command: ['', ''] });
    const junk = Buffer.from('ffffffffffff', 'hex');
    const round = async (calls: number): Promise<number> => {
      const one = async (i: number): Promise<void> => {
        const name = i % 2 === 0 ? 'AcquireSession' : (names[i % names.length] ?? 'GetSession');
        await outcome(edge.client, name, i % 2 === 0 ? bad : junk);
      };
      for (let done = 0; done < calls; done += 100) await Promise.all(Array.from({ length: 100 }, (_, i) => one(i)));
      edge.clear();
      gc();
      return process.memoryUsage().heapUsed;
    };
    const before = await round(2_000);
    const after = await round(20_000);
    expect(after - before).toBeLessThan(8 * 2 ** 20);
    await expectUnharmed();
  }, 60_000);
});
