import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, type Edge, failure, startEdge, stream } from './support.ts';

const MIB = 2 ** 20;
const TIB = 2 ** 40;
const many = (count: number, make: (i: number) => [string, string]) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => make(i)));

/** A request of one RPC that is refused, and the field that the refusal names. */
type Case = readonly [field: string, request: object, rpc?: string];

const requirement = (of: object): object => ({ requirements: of });
const acquires: readonly Case[] = [
  ['request_id', { requestId: 'a b' }],
  ['request_id', { requestId: 'x'.repeat(129) }],
  ['request_id', { requestId: 'nul\0' }],
  ['request_id', { requestId: 'ümlaut' }],
  ['name', { name: 'Upper' }],
  ['name', { name: '-a' }],
  ['name', { name: 'a-' }],
  ['name', { name: 'a'.repeat(64) }],
  ['on_conflict', { onConflict: 17 }],
  ['on_conflict', { onConflict: -1 }],
  ['class', { class: '' }],
  ['class', { class: 'x'.repeat(64) }],
  ['class', { class: 'a\nb' }],
  ['owner', { owner: 'o'.repeat(257) }],
  ['owner', { owner: 'a\0b' }],
  ['owner', { owner: 'tab\t' }],
  ['labels', { labels: many(33, (i) => [`k${i}`, '']) }],
  ['labels["b c"]', { labels: { 'b c': '' } }],
  ['labels[""]', { labels: { '': 'x' } }],
  ['labels["k"]', { labels: { k: 'v'.repeat(257) } }],
  ['labels["k"]', { labels: { k: '\u0007' } }],
  ['labels["__proto__"]', { labels: JSON.parse('{"__proto__": "x"}') }],
  ['env', { env: many(129, (i) => [`K${i}`, '']) }],
  ['env', { env: many(9, (i) => [`K${i}`, 'x'.repeat(30_000)]) }],
  ['env["1A"]', { env: { '1A': '' } }],
  ['env["A=B"]', { env: { 'A=B': '' } }],
  ['env["A"]', { env: { A: 'x'.repeat(32_769) } }],
  ['env["A"]', { env: { A: 'ü'.repeat(16_385) } }],
  ['env["A"]', { env: { A: 'a\0b' } }],
  ['env["__proto__"]', { env: JSON.parse('{"__proto__": "x"}') }],
  ['command', { command: Array(257).fill('x') }],
  ['command[1]', { command: ['a', ''] }],
  ['command[0]', { command: ['x'.repeat(8_193)] }],
  ['command[0]', { command: ['a\0'] }],
  ['lifetime', { lifetime: { seconds: -1 } }],
  ['lifetime', { lifetime: { nanos: -1 } }],
  ['lifetime', { lifetime: { seconds: 1, nanos: -1 } }],
  ['lifetime', { lifetime: { seconds: 1, nanos: 1e9 } }],
  ['lifetime', { lifetime: { seconds: 315_576_000_001 } }],
  ['lifetime', { lifetime: { seconds: '9223372036854775807' } }],
  ['idle_timeout', { idleTimeout: { seconds: '-9223372036854775808' } }],
  ['queue_timeout', { queueTimeout: { seconds: 86_401 } }],
  ['queue_timeout', { queueTimeout: { seconds: 86_400, nanos: 1 } }],
  ['wait', { wait: { seconds: -5 } }],
  ['requirements.cpu.request', requirement({ cpu: { request: 0 } })],
  ['requirements.cpu.request', requirement({ cpu: { request: Number.NaN } })],
  ['requirements.cpu.request', requirement({ cpu: { request: -1 } })],
  ['requirements.cpu.limit', requirement({ cpu: { limit: Number.POSITIVE_INFINITY } })],
  ['requirements.cpu.limit', requirement({ cpu: { limit: 1_025 } })],
  ['requirements.cpu.limit', requirement({ cpu: { request: 2, limit: 1 } })],
  ['requirements.memory.request_bytes', requirement({ memory: { requestBytes: MIB - 1 } })],
  ['requirements.memory.request_bytes', requirement({ memory: { requestBytes: -1 } })],
  ['requirements.memory.limit_bytes', requirement({ memory: { limitBytes: 64 * TIB + 1 } })],
  ['requirements.memory.limit_bytes', requirement({ memory: { limitBytes: '9223372036854775807' } })],
  ['requirements.memory.limit_bytes', requirement({ memory: { requestBytes: 2 * MIB, limitBytes: MIB } })],
  ['requirements.gpus.models', requirement({ gpus: { models: Array(51).fill('H100') } })],
  ['requirements.gpus.models[1]', requirement({ gpus: { models: ['H100', ''] } })],
  ['requirements.gpus.models[0]', requirement({ gpus: { models: ['x'.repeat(65)] } })],
  ['requirements.gpus.count', requirement({ gpus: { count: -1 } })],
  ['requirements.gpus.count', requirement({ gpus: { count: 65 } })],
  ['requirements.gpus.memory_bytes', requirement({ gpus: { memoryBytes: TIB + 1 } })],
  ['requirements.disk_bytes', requirement({ diskBytes: -1 })],
  ['requirements.disk_bytes', requirement({ diskBytes: 1_024 * TIB + 1 })],
  ['requirements.regions', requirement({ regions: Array(51).fill('DE') })],
  ['requirements.regions[0]', requirement({ regions: ['Atlantis'] })],
  ['requirements.max_price_per_hour', requirement({ maxPricePerHour: -0.01 })],
  ['requirements.max_price_per_hour', requirement({ maxPricePerHour: 10_000.01 })],
  ['requirements.max_price_per_hour', requirement({ maxPricePerHour: Number.NaN })],
  ['requirements.min_reliability', requirement({ minReliability: 1.01 })],
  ['requirements.min_reliability', requirement({ minReliability: Number.NEGATIVE_INFINITY })],
];

const BY_REF = ['ReleaseSession', 'GetSession', 'KeepAlive', 'ExtendSession'];
const refs: readonly Case[] = BY_REF.flatMap((rpc): Case[] => {
  const rest = rpc === 'ExtendSession' ? { expireTime: { seconds: 1 } } : {};
  return [
    ['session', { ...rest }, rpc],
    ['id', { ...rest, id: '' }, rpc],
    ['id', { ...rest, id: 'x'.repeat(129) }, rpc],
    ['id', { ...rest, id: 'a\0' }, rpc],
    ['name', { ...rest, name: 'No' }, rpc],
    ['request_id', { ...rest, requestId: '' }, rpc],
  ];
});

const others: readonly Case[] = [
  ['expire_time', { id: 's' }, 'ExtendSession'],
  ['expire_time', { id: 's', expireTime: { seconds: 1, nanos: 1e9 } }, 'ExtendSession'],
  ['expire_time', { id: 's', expireTime: { nanos: -1 } }, 'ExtendSession'],
  ['expire_time', { id: 's', expireTime: { seconds: 253_402_300_800 } }, 'ExtendSession'],
  ['expire_time', { id: 's', expireTime: { seconds: '-9223372036854775808' } }, 'ExtendSession'],
  ['page_size', { pageSize: -1 }, 'ListSessions'],
  ['page_size', { pageSize: 1_001 }, 'ListSessions'],
  ['page_token', { pageToken: 'x'.repeat(1_025) }, 'ListSessions'],
  ['page_token', { pageToken: 'a b' }, 'ListSessions'],
  ['class', { class: 'a\0' }, 'ListSessions'],
  ['owner', { owner: '\0' }, 'ListSessions'],
  ['phases[1]', { phases: ['SESSION_PHASE_ACTIVE', 'SESSION_PHASE_UNSPECIFIED'] }, 'ListSessions'],
  ['phases[0]', { phases: [99] }, 'ListSessions'],
  ['phases', { phases: Array(33).fill('SESSION_PHASE_ACTIVE') }, 'ListSessions'],
  ['labels["a b"]', { labels: { 'a b': '' } }, 'ListSessions'],
  ['tenant', { tenant: 'Not/One' }, 'ListSessions'],
  ['class', { class: '' }, 'SetReserve'],
  ['target', { class: 'echo', target: -1 }, 'SetReserve'],
  ['target', { class: 'echo', target: 100_001 }, 'SetReserve'],
  ['class', { class: '\0' }, 'GetReserve'],
  ['id', {}, 'TerminateSession'],
  ['detail', { id: 's', detail: 'd'.repeat(513) }, 'TerminateSession'],
  ['detail', { id: 's', detail: 'a\u0000' }, 'TerminateSession'],
  ['tenant', { role: 'ROLE_CLIENT' }, 'CreateToken'],
  ['tenant', { tenant: 'UPPER', role: 'ROLE_CLIENT' }, 'CreateToken'],
  ['tenant', { tenant: 't'.repeat(64), role: 'ROLE_CLIENT' }, 'CreateToken'],
  ['role', { tenant: 't' }, 'CreateToken'],
  ['role', { tenant: 't', role: 5 }, 'CreateToken'],
  ['note', { tenant: 't', role: 'ROLE_CLIENT', note: 'n'.repeat(257) }, 'CreateToken'],
  ['id', {}, 'RevokeToken'],
  ['id', { id: 'x'.repeat(200) }, 'RevokeToken'],
  ['page_size', { pageSize: -1 }, 'ListInstances'],
  ['page_size', { pageSize: 1_001 }, 'ListInstances'],
  ['page_token', { pageToken: 'a b' }, 'ListInstances'],
  ['class', { class: 'c'.repeat(64) }, 'ListInstances'],
  ['page_size', { pageSize: 1_001 }, 'ListEvents'],
  ['since_time', { sinceTime: { nanos: -1 } }, 'ListEvents'],
  ['since_time', { sinceTime: { seconds: 253_402_300_800 } }, 'ListEvents'],
  ...['ListEvents', 'WatchEvents'].flatMap((rpc): Case[] => [
    ['after_id', { afterId: 'x' }, rpc],
    ['after_id', { afterId: '-1' }, rpc],
    ['after_id', { afterId: '1-' }, rpc],
    ['after_id', { afterId: '1-2-3' }, rpc],
    ['after_id', { afterId: '1'.repeat(20) }, rpc],
    ['after_id', { afterId: '1\n' }, rpc],
    ['filter.kinds[1]', { filter: { kinds: ['session', 'Session'] } }, rpc],
    ['filter.kinds[0]', { filter: { kinds: [''] } }, rpc],
    ['filter.kinds', { filter: { kinds: Array(17).fill('session') } }, rpc],
    ['filter.session_id', { filter: { sessionId: 'x'.repeat(129) } }, rpc],
    ['filter.class', { filter: { class: 'a\0' } }, rpc],
    ['filter.tenant', { filter: { tenant: 'Not/One' } }, rpc],
  ]),
];

/** Resolves when the stream has ended. */
const streamed = (edge: Edge, rpc: string, request: object): Promise<unknown> =>
  new Promise((resolve, reject) => stream(edge.client, rpc, request).on('error', reject).on('end', resolve).resume());

describe('A malformed request', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const cases = [...acquires.map(([field, r]): Case => [field, { class: 'echo', ...r }]), ...refs, ...others];

  it('is refused with the name of its field, its value and what is accepted', async () => {
    for (const [field, request, rpc = 'AcquireSession'] of cases) {
      const found = await failure(
        /^(Watch|Stream)/.test(rpc) ? streamed(edge, rpc, request) : call(edge.client, rpc, request),
      );
      const what = `${rpc} ${JSON.stringify(request).slice(0, 120)}`;
      expect(found, what).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_ARGUMENT', domain: 'berth' });
      expect(Object.keys(found.fields), what).toEqual([field]);
      expect(found.fields[field], what).toMatch(/; accepted: \S/);
      expect(found.message.startsWith(`${field}: `), what).toBe(true);
    }
    expect(edge.engine.sessionCount()).toBe(0);
  });

  it('is told all that is wrong with it at once', async () => {
    const request = {
      requestId: ' ',
      name: 'No',
      class: '',
      lifetime: { seconds: -1 },
      requirements: { cpu: { request: 0 }, gpus: { count: 99 } },
      command: [''],
      wait: { seconds: -1 },
    };
    const found = await failure(call(edge.client, 'AcquireSession', request));
    expect(Object.keys(found.fields).sort()).toEqual([
      'class',
      'command[0]',
      'lifetime',
      'name',
      'request_id',
      'requirements.cpu.request',
      'requirements.gpus.count',
      'wait',
    ]);
    expect(found.fields['requirements.gpus.count']).toBe('is 99; accepted: 0 to 64');
    expect(found.fields.lifetime).toBe('is -1 s; accepted: 0 s to 10,000 years');
    expect(found.fields.class).toBe('is empty; accepted: the name of a session class, 1 to 63 characters');
  });

  it('never gets its environment back', async () => {
    const env = { A: 'hunter2\0', 'bad name': 'hunter2', B: `hunter2${'x'.repeat(40_000)}` };
    const found = await failure(call(edge.client, 'AcquireSession', { class: 'echo', env }));
    expect(Object.keys(found.fields)).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(JSON.stringify(edge.lines)).not.toContain('hunter2');
  });

  it('is told a long value shortened', async () => {
    const found = await failure(call(edge.client, 'AcquireSession', { class: 'c'.repeat(5_000) }));
    expect(found.fields.class).toBe(
      `is "${'c'.repeat(40)}…": too long (5000); accepted: the name of a session class, 1 to 63 characters`,
    );
  });

  it('is not one at the very ends of what is accepted', async () => {
    const good: readonly object[] = [
      { requestId: 'x'.repeat(128) },
      { name: 'a' },
      { name: `a${'-'.repeat(61)}z` },
      { owner: '📡'.repeat(256) },
      { labels: many(32, (i) => [`k${i}`, 'v'.repeat(256)]) },
      { env: many(8, (i) => [`K${i}`, 'x'.repeat(32_768)]) },
      { env: many(128, (i) => [`_${'K'.repeat(100)}${i}`, '\n']) },
      { command: Array(256).fill('x') },
      { command: ['x'.repeat(8_192)] },
      { lifetime: { seconds: 315_576_000_000 } },
      { queueTimeout: { seconds: 86_400 } },
      { wait: { seconds: 315_576_000_000 } },
      requirement({ cpu: { request: 0.001, limit: 1_024 }, memory: { requestBytes: MIB, limitBytes: 64 * TIB } }),
      requirement({ cpu: { request: 2, limit: 2 }, gpus: { models: Array(50).fill('x'.repeat(64)), count: 64 } }),
      requirement({ diskBytes: 1_024 * TIB, maxPricePerHour: 10_000, minReliability: 1, interruptible: true }),
      requirement({ diskBytes: 0, maxPricePerHour: 0, minReliability: 0, gpus: { count: 0, memoryBytes: 0 } }),
    ];
    for (const request of good)
      expect((await call(edge.client, 'AcquireSession', { class: 'echo', ...request })).session.phase).toBe(
        'SESSION_PHASE_ACTIVE',
      );
  });

  it('that sets a requirement to nothing is told apart from one that does not set it', async () => {
    const set = requirement({ gpus: { count: 0 }, interruptible: false, maxPricePerHour: 0 });
    const { session } = await call(edge.client, 'AcquireSession', { class: 'echo', ...set });
    expect(edge.engine.inputOf(session.id)?.requirements).toEqual({
      gpuCount: 0,
      interruptible: false,
      maxMicrosPerHour: 0,
    });
  });
});
