import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeFields, type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';
import { type Ran, runCli } from '../support/run-cli.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, { BERTH_ADDRESS: broker.address });
const id = (n: number): string => `s-${String(n).padStart(26, '0')}`;
/** The cells of each line. */
const cells = (text: string): readonly (readonly string[])[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
const ago = (ms: number) => timestamp(Date.now() - ms);

function addThree(): void {
  const now = Date.now();
  broker.add({
    ...activeFields(now),
    name: 'lab',
    owner: 'ada',
    class: 'echo',
    labels: { course: 'x' },
    createTime: ago(185_500),
  });
  broker.add({ phase: 'SESSION_PHASE_QUEUED', class: 'gpu', waitingFor: 'no free slot', createTime: ago(4_500) });
  broker.add({
    phase: 'SESSION_PHASE_RELEASED',
    class: 'echo',
    endReason: 'END_REASON_EXPIRED',
    createTime: ago(90_000_000),
  });
}

describe('berth ls', () => {
  it('shows living sessions as aligned columns', async () => {
    addThree();
    const { code, stdout, stderr } = await berth('ls');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(cells(stdout)).toEqual([
      ['ID', 'NAME', 'OWNER', 'CLASS', 'PHASE', 'AGE', 'ENDS', 'COST', 'ENDPOINT'],
      [id(1), 'lab', 'ada', 'echo', 'active', '3m', 'in 59m', '$0.0125', 'http://127.0.0.1:20001'],
      [id(2), '-', '-', 'gpu', 'queued (no free slot)', '4s', '-', '-', '-'],
    ]);
    const column = stdout.split('\n').map((line) => line.indexOf(line.startsWith('ID') ? 'CLASS' : 'echo'));
    expect(column[0]).toBe(column[1]);
  });

  it('prints whole sessions as JSON, in order, filtered as asked', async () => {
    addThree();
    const all = JSON.parse((await berth('ls', '--ended', '--json')).stdout) as { sessions: Record<string, unknown>[] };
    expect(all.sessions.map((s) => [s.id, s.phase, s.endReason])).toEqual([
      [id(1), 'active', null],
      [id(2), 'queued', null],
      [id(3), 'released', 'expired'],
    ]);
    const some = JSON.parse(
      (
        await berth(
          'ls',
          '--json',
          '--phase',
          'queued,active',
          '--label',
          'course=x',
          '--owner',
          'ada',
          '--class',
          'echo',
        )
      ).stdout,
    );
    expect(some).toMatchObject({ sessions: [{ id: id(1) }] });
    expect(some.sessions).toHaveLength(1);
  });

  it('says so when there is none, and refuses a phase that does not exist', async () => {
    expect(await berth('ls')).toEqual({ code: 0, stdout: '', stderr: 'no sessions\n' });
    const wrong = await berth('ls', '--phase', 'gone');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toBe(
      'berth: --phase: "gone" is none of queued, starting, activating, active, releasing, released\n',
    );
  });

  it('shows tenants when there is more than one', async () => {
    addThree();
    broker.add({ ...activeFields(Date.now()), tenant: 'other' });
    expect(cells((await berth('ls')).stdout)[0]).toContain('TENANT');
  });
});

describe('berth get', () => {
  it('shows one session by id, name or request id', async () => {
    addThree();
    broker.move(id(1), { requestId: 'r-1' });
    for (const ref of [id(1), 'lab', 'request:r-1']) {
      const { code, stdout } = await berth('get', ref);
      expect(code).toBe(0);
      expect(cells(stdout)).toEqual(
        expect.arrayContaining([
          ['session', id(1)],
          ['name', 'lab'],
          ['http', 'http://127.0.0.1:20001'],
          ['granted', '1 cpu, 512Mi'],
          ['price', '$0.36 per hour, $0.0125 so far'],
          ['created', '3m ago'],
        ]),
      );
    }
  });

  it('fails with 3 and a hint when there is none', async () => {
    const { code, stdout, stderr } = await berth('get', 'nobody');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe('berth: no session nobody\nberth: hint: berth ls --ended shows all sessions\n');
  });
});

describe('berth release', () => {
  it('ends several, goes on after one that is not there, and fails for it', async () => {
    addThree();
    const { code, stdout, stderr } = await berth('release', 'lab', 'nobody', id(2), 'request:later');
    expect(code).toBe(3);
    expect(cells(stdout)).toEqual([
      [id(1), 'releasing (client)'],
      [id(2), 'releasing (client)'],
      ['request:later', 'not there yet, will be refused on arrival'],
    ]);
    expect(stderr).toContain('berth: nobody: no session nobody');
    expect(broker.sessions.get(id(1))?.phase).toBe('SESSION_PHASE_RELEASING');
  });

  it('prints what it released as JSON', async () => {
    addThree();
    const { stdout } = await berth('release', 'lab', 'request:later', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      released: [
        { ref: 'lab', session: { phase: 'releasing' } },
        { ref: 'request:later', session: null },
      ],
    });
  });

  it('terminates as an admin with a reason', async () => {
    addThree();
    expect(cells((await berth('terminate', id(1), '--detail', 'too dear')).stdout)).toEqual([
      [id(1), 'releasing (admin)'],
    ]);
    expect(broker.sessions.get(id(1))?.endDetail).toBe('too dear');
  });
});

describe('berth extend', () => {
  it('adds to the present end', async () => {
    addThree();
    const before = broker.sessions.get(id(1))?.deadlines?.expireTime?.seconds;
    const { code, stdout } = await berth('extend', 'lab', '+30m');
    expect(code).toBe(0);
    expect(cells(stdout)).toEqual([[id(1), 'expires in 1h']]);
    expect(broker.sessions.get(id(1))?.deadlines?.expireTime?.seconds).toBe(Number(before) + 1_800);
  });

  it('sets a time, and has nothing to add to before the session is active', async () => {
    addThree();
    expect((await berth('extend', 'lab', '2030-01-31T18:00Z', '--json')).stdout).toContain(
      '"expireTime": "2030-01-31T18:00:00.000Z"',
    );
    const { code, stderr } = await berth('extend', id(2), '+30m');
    expect(code).toBe(2);
    expect(stderr).toContain('is queued and has no end to add to');
  });
});

describe('berth watch and keepalive', () => {
  it('prints each state on a line of JSON until released', async () => {
    addThree();
    const running = berth('watch', 'lab', '--json');
    await broker.arrived('WatchSession');
    broker.move(id(1), { warning: { reason: 'END_REASON_IDLE', endTime: timestamp(Date.now() + 60_000) } });
    broker.move(id(1), { phase: 'SESSION_PHASE_RELEASING', endReason: 'END_REASON_IDLE' });
    broker.move(id(1), { phase: 'SESSION_PHASE_RELEASED', endReason: 'END_REASON_IDLE' });
    const { code, stdout } = await running;
    expect(code).toBe(0);
    const states = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { phase: string });
    expect(states.map((s) => s.phase)).toEqual(['active', 'active', 'releasing', 'released']);
  });

  it('prints each state for people', async () => {
    addThree();
    const running = berth('watch', 'lab');
    await broker.arrived('WatchSession');
    broker.move(id(1), { phase: 'SESSION_PHASE_RELEASED', endReason: 'END_REASON_EXPIRED' });
    const lines = cells((await running).stdout).map(([, ...rest]) => rest);
    expect(lines).toEqual([
      [id(1), 'active', 'http://127.0.0.1:20001'],
      [id(1), 'released (expired)'],
    ]);
  });

  it('keeps a session alive again and again until it has ended', async () => {
    addThree();
    const running = berth('keepalive', 'lab', '--every', '10ms');
    await broker.arrived('KeepAlive', 3);
    broker.move(id(1), { phase: 'SESSION_PHASE_RELEASED' });
    const { code, stdout, stderr } = await running;
    expect(code).toBe(3);
    expect(stdout.split('\n').length).toBeGreaterThan(3);
    expect(stderr).toContain('no session lab');
  });
});

describe('berth logs', () => {
  it('prints the bytes as they are', async () => {
    addThree();
    broker.logs = ['half a li', 'ne\nsecond\n'];
    expect(await berth('logs', 'lab', '--tail', '20')).toEqual({
      code: 0,
      stdout: 'half a line\nsecond\n',
      stderr: '',
    });
    expect(broker.asked.at(-1)?.request).toMatchObject({ tailLines: 20, follow: false });
  });
});

describe('what admins see', () => {
  beforeEach(() => {
    broker.classes = [
      {
        name: 'echo',
        description: 'a small server',
        provider: 'process',
        proxy: 'direct',
        ports: [
          { name: 'http', protocol: 'PROTOCOL_HTTP' },
          { name: 'ssh', protocol: 'PROTOCOL_TCP' },
        ],
        resources: { cpuRequest: 0.5, memoryRequestBytes: 2 ** 26 },
        defaultLifetime: { seconds: 3_600 },
        maxLifetime: { seconds: 86_400 },
        expectedStart: { seconds: 0, nanos: 420_000_000 },
      },
    ];
    broker.reserves.set('echo', {
      class: 'echo',
      target: 3,
      configuredTarget: 2,
      ready: 1,
      starting: 2,
      setBy: 't-1',
      setTime: ago(60_500),
    });
    broker.reserves.set('gpu', {
      class: 'gpu',
      target: 1,
      configuredTarget: 1,
      backingOff: true,
      failures: 4,
      lastFailure: 'no offer',
    });
  });

  it('lists classes', async () => {
    expect(cells((await berth('classes')).stdout)[1]).toEqual([
      'echo',
      'process',
      'direct',
      'http,ssh:tcp',
      '0.5 cpu, 64Mi',
      '1h (to 1d)',
      'never',
      '0.4 s',
      'a small server',
    ]);
    expect(JSON.parse((await berth('classes', '--json')).stdout)).toMatchObject({
      classes: [{ name: 'echo', defaultLifetimeMs: 3_600_000, expectedStartMs: 420, defaultIdleTimeoutMs: 0 }],
    });
  });

  it('shows and sets reserves', async () => {
    expect(cells((await berth('reserve', 'get')).stdout)).toEqual(
      [
        ['CLASS', 'TARGET', 'READY', 'STARTING', 'STATE'],
        ['echo', '3 (configured 2)', '1', '2', 'filling, set by t-1 1m ago'],
        ['gpu', '1', '0', '0', 'backing off after 4 failures: no offer'],
      ].map((row) => row.filter((c) => c !== '')),
    );
    expect(JSON.parse((await berth('reserve', 'set', 'gpu', '7', '--json')).stdout)).toMatchObject({
      class: 'gpu',
      target: 7,
    });
    expect(JSON.parse((await berth('reserve', 'set', 'gpu', 'default', '--json')).stdout)).toMatchObject({ target: 1 });
    expect(await berth('reserve', 'set', 'gpu', 'many')).toMatchObject({
      code: 2,
      stderr: 'berth: N: "many" is neither a whole number nor "default"\n',
    });
    expect(await berth('reserve', 'set', 'nope', '1')).toMatchObject({ code: 3 });
  });

  it('shows how the broker is', async () => {
    const { code, stdout } = await berth('status');
    expect(code).toBe(0);
    expect(cells(stdout)).toEqual(
      expect.arrayContaining([
        ['berth', `0.1.0 at ${broker.address}, up 1h`],
        ['replica', 'replica-a (leader)'],
        ['sessions', '2 active, 1 queued'],
        ['process', '2 of 10', '0s ago', 'ok'],
        ['instances', '1s ago', '0', 'ok'],
      ]),
    );
    expect(JSON.parse((await berth('status', '--json')).stdout)).toMatchObject({
      store: 'sqlite',
      sessions: { active: 2 },
    });
  });

  it('makes, lists and revokes tokens, the secret alone on stdout', async () => {
    const made = await berth('token', 'create', '--tenant', 'lab', '--role', 'admin', '--note', 'for ada');
    expect(made).toEqual({
      code: 0,
      stdout: 'secret-of-t-1\n',
      stderr: 'token t-1 for tenant lab (admin); it is shown this once\n',
    });
    const listed = await berth('token', 'ls');
    expect(cells(listed.stdout)[1]).toEqual(['t-1', 'lab', 'admin', expect.stringMatching(/^\ds$/), 'for ada']);
    expect(listed.stdout).not.toContain('secret');
    expect(await berth('token', 'revoke', 't-1')).toMatchObject({ code: 0, stdout: 't-1  revoked\n' });
    expect((await berth('token', 'ls')).stderr).toContain('no tokens');
  });
});

describe('errors', () => {
  it.each([
    [status.INVALID_ARGUMENT, 2],
    [status.FAILED_PRECONDITION, 3],
    [status.RESOURCE_EXHAUSTED, 4],
    [status.UNAVAILABLE, 5],
    [status.DEADLINE_EXCEEDED, 5],
    [status.UNAUTHENTICATED, 6],
    [status.PERMISSION_DENIED, 6],
    [status.ABORTED, 7],
    [status.INTERNAL, 1],
  ])('gRPC status %i exits with %i', async (code, exit) => {
    broker.fail('GetStatus', { code, message: 'as ordered', reason: 'TEST', retryAfterMs: 60_000 });
    const ran = await berth('status');
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    expect(ran.stderr).toContain('berth: as ordered\n');
  });

  it('name each field and what is accepted, and each limit with its use', async () => {
    broker.fail('AcquireSession', {
      code: status.INVALID_ARGUMENT,
      message: 'two things',
      violations: [
        { field: 'lifetime', description: '1 s is not 20 s to 24 h' },
        { field: 'requirements.cpu.request', description: 'at most 4' },
      ],
    });
    expect((await berth('acquire', 'warm')).stderr).toBe(
      'berth: lifetime: 1 s is not 20 s to 24 h\nberth: requirements.cpu.request: at most 4\n',
    );
    broker.fail('AcquireSession', {
      code: status.RESOURCE_EXHAUSTED,
      message: 'limit reached',
      reason: 'QUOTA',
      quota: { subject: 'tenant default', description: '5 of 5 sessions' },
    });
    expect((await berth('acquire', 'warm')).stderr).toBe(
      'berth: limit reached\nberth: tenant default: 5 of 5 sessions\n',
    );
  });

  it('say that no broker is there, and how to start one', async () => {
    await broker.close();
    const { code, stderr } = await berth('ls');
    expect(code).toBe(5);
    expect(stderr).toBe(
      `berth: no broker answers at ${broker.address} (connection refused); start one with: berth serve\n`,
    );
  });

  it('refuse a wrong command line with 2 and what is accepted', async () => {
    expect(await berth('acquire', 'warm', '--lifetime', '20')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(
        "'--lifetime <duration>' argument '20' is invalid. Accepted: a number and a unit",
      ),
    });
    for (const args of [['nonsense'], ['get'], ['ls', '--bogus'], []]) expect((await berth(...args)).code).toBe(2);
    expect(broker.asked).toEqual([]);
  });

  it('come from files that cannot be read, by the option that named them', async () => {
    expect(await berth('ls', '--token-file', '/nonexistent')).toMatchObject({
      code: 2,
      stderr: 'berth: --token-file: /nonexistent cannot be read (no such file)\n',
    });
  });
});

describe('the command itself', () => {
  it('explains itself with exit codes on stdout', async () => {
    const { code, stdout, stderr } = await berth('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['acquire', 'serve', 'reserve', 'Exit codes:', '130  stopped by Ctrl-C', 'BERTH_ADDRESS'])
      expect(stdout).toContain(word);
    expect((await berth('acquire', '--help')).stdout).toContain('--idle-timeout <duration>');
    expect((await berth('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('takes the token from the environment, never from an argument', async () => {
    await runCli(['ls'], { BERTH_ADDRESS: broker.address, BERTH_TOKEN: 'geheim' });
    expect(broker.asked[0]?.authorization).toBe('Bearer geheim');
    expect((await berth('ls', '--token', 'geheim')).code).toBe(2);
  });
});
