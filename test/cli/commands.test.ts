import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeFields, type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';
import { type Ran, runCli } from '../support/run-cli.ts';
import { ago, cells } from '../support/tables.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, { BERTH_ADDRESS: broker.address });
const id = (n: number): string => `s-${String(n).padStart(26, '0')}`;

function addThree(): void {
  const now = Date.now();
  broker.add({
    ...activeFields(now),
    name: 'lab',
    owner: 'ada',
    class: 'echo',
    labels: { course: 'x' },
    createTime: ago(205_000),
    deadlines: { expireTime: timestamp(now + 5_430_000) },
  });
  broker.add({ phase: 'SESSION_PHASE_QUEUED', class: 'gpu', waitingFor: 'no free slot', createTime: ago(125_000) });
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
      [id(1), 'lab', 'ada', 'echo', 'active', '3m', 'in 1h', '$0.0125', 'http://127.0.0.1:20001'],
      [id(2), '-', '-', 'gpu', 'queued (no free slot)', '2m', '-', '-', '-'],
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
    expect(cells(stdout)).toEqual([[id(1), 'expires in 2h']]);
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
