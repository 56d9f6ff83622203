import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeFields, type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';
import { type Ran, runCli } from '../support/run-cli.ts';
import { ago, cells } from '../support/tables.ts';
import { openTerminal } from '../support/terminal.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, { BERTH_ADDRESS: broker.address });
/** What a terminal of that width is sent. */
async function screenOf(columns: number, env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const terminal = openTerminal({ columns, rows: 24 }, { BERTH_ADDRESS: broker.address, ...env }, ...args);
  await terminal.done;
  return terminal.screen();
}

/** The same without colors and carriage returns. */
const onTerminal = async (columns: number, ...args: readonly string[]): Promise<string> =>
  (await screenOf(columns, { NO_COLOR: '1' }, ...args)).replaceAll('\r', '');

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
    deadlines: { expireTime: timestamp(now + 5_430_000), maxExpireTime: timestamp(now + 86_400_000) },
    lastUsedTime: ago(65_000),
    plannedEnd: { reason: 'END_REASON_IDLE', endTime: timestamp(now + 725_000) },
  });
  broker.add({
    phase: 'SESSION_PHASE_QUEUED',
    class: 'gpu',
    waitingFor: 'no free slot',
    queuePosition: 3,
    refused: { region: 3, price: 12 },
    createTime: ago(125_000),
    expectedActiveTime: timestamp(now + 125_000),
    deadlines: { queueTime: timestamp(now + 485_000) },
  });
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
      ['ID', 'NAME', 'OWNER', 'CLASS', 'PHASE', 'AGE', 'IDLE', 'ENDS', 'COST', 'ENDPOINT'],
      [id(1), 'lab', 'ada', 'echo', 'active', '3m', '1m', 'in 12m (idle)', '$0.0125', 'http://127.0.0.1:20001'],
      [id(2), '-', '-', 'gpu', 'queued #3', '2m', '-', 'in 8m (queue)', '-', '(no free slot)'],
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

  it('fits a terminal: names stand for ids, columns go by their weight, and ids are never cut', async () => {
    addThree();
    for (const [columns, headings] of [
      [200, ['ID', 'NAME', 'OWNER', 'CLASS', 'PHASE', 'AGE', 'IDLE', 'ENDS', 'COST', 'ENDPOINT']],
      [106, ['SESSION', 'OWNER', 'CLASS', 'PHASE', 'AGE', 'IDLE', 'ENDS', 'COST', 'ENDPOINT']],
      [80, ['SESSION', 'CLASS', 'PHASE', 'AGE', 'ENDS', 'COST']],
    ] as const) {
      const screen = await onTerminal(columns, 'ls');
      expect(cells(screen)[0]).toEqual(headings);
      expect(screen).toContain(id(2));
      expect(Math.max(...screen.split('\n').map((line) => line.trimEnd().length))).toBeLessThanOrEqual(columns);
    }
  });

  it('colors phases on a terminal, and not with NO_COLOR', async () => {
    addThree();
    expect(await screenOf(200, {}, 'ls')).toContain('\u001b[32mactive\u001b[39m');
    expect(await screenOf(200, { NO_COLOR: '1' }, 'ls')).not.toContain('\u001b[3');
  });

  it('prints only ids when told to be quiet', async () => {
    addThree();
    expect(await berth('ls', '-q')).toEqual({ code: 0, stdout: `${id(1)}\n${id(2)}\n`, stderr: '' });
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
          ['last used', '1m ago'],
          ['ends', 'in 12m, idle, unless used', expect.stringMatching(/^\(at /)],
        ]),
      );
    }
  });

  it('tells who waits where it stands in the queue, until when, and what was refused by which rule', async () => {
    addThree();
    expect(cells((await berth('get', id(2))).stdout)).toEqual(
      expect.arrayContaining([
        ['phase', 'queued #3', expect.stringMatching(/^\(for \d+s\)$/)],
        ['position', '3 in the queue of class gpu'],
        ['waits for', 'no free slot'],
        ['expected', expect.stringMatching(/^about 2m\S* to go, at /), expect.stringMatching(/^\((49|50)%\)$/)],
        ['refused', '12 by price, 3 by region'],
        ['gives up', expect.stringMatching(/^in 8m, at /)],
      ]),
    );
  });

  it('shows the link, the token, and which port is open to anybody', async () => {
    addThree();
    const http = { name: 'http', protocol: 'PROTOCOL_HTTP', url: 'http://h:1', tokenRequired: true } as const;
    const ssh = { name: 'ssh', protocol: 'PROTOCOL_TCP', url: 'tcp://h:2' } as const;
    broker.move(id(1), {
      endpoint: { stable: true, accessToken: 'geheim', ports: [{ ...http, link: 'http://h:1/?t=geheim' }, ssh] },
    });
    expect(cells((await berth('get', 'lab')).stdout)).toEqual(
      expect.arrayContaining([
        ['http', 'http://h:1', '(asks for the token)'],
        ['ssh', 'tcp://h:2', '(open to anybody who reaches it: TCP cannot ask for a token)'],
        ['link http', 'http://h:1/?t=geheim'],
        ['token', 'geheim'],
      ]),
    );
    broker.move(id(1), { endpoint: { stable: true, ports: [ssh] } });
    expect(cells((await berth('get', 'lab')).stdout)).toContainEqual(['ssh', 'tcp://h:2']);
  });

  it('says that the instance is being replaced, and how often it was', async () => {
    addThree();
    broker.move(id(1), { waitingFor: 'its instance was lost', replacements: 1 });
    expect(cells((await berth('get', 'lab')).stdout)).toEqual(
      expect.arrayContaining([
        ['phase', 'active (replacing)', expect.stringContaining('ready after')],
        ['replacing', 'its instance was lost'],
        ['replaced', 'once'],
      ]),
    );
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
    broker.move(id(1), { cost: 0.5 });
    broker.move(id(1), { warning: { reason: 'END_REASON_IDLE', endTime: timestamp(Date.now() + 61_000) } });
    broker.move(id(1), { phase: 'SESSION_PHASE_RELEASED', endReason: 'END_REASON_EXPIRED', warning: null });
    const lines = cells((await running).stdout).map(([, ...rest]) => rest);
    expect(lines).toEqual([
      [id(1), 'active', 'http://127.0.0.1:20001', '$0.36 per hour'],
      [id(1), 'active', 'http://127.0.0.1:20001', '$0.36 per hour', 'ends in 1m, idle, unless used'],
      [id(1), 'released (expired)'],
    ]);
  });

  it('tells of one who waits the place, the reason, and how far it is', async () => {
    addThree();
    const running = berth('watch', id(2));
    await broker.arrived('WatchSession');
    broker.move(id(2), {
      phase: 'SESSION_PHASE_STARTING',
      queuePosition: 0,
      waitingFor: 'its instance boots',
      expectedActiveTime: timestamp(Date.now() + 375_000),
      attempts: 2,
    });
    broker.move(id(2), { phase: 'SESSION_PHASE_RELEASED', endReason: 'END_REASON_START_FAILED', endDetail: 'exit 1' });
    const [queued, starting, released] = (await running).stdout.trimEnd().split('\n');
    expect(queued).toMatch(/queued #3 {2}\(no free slot, about 2m\S* to go\)$/);
    expect(starting).toMatch(/starting 2\d% {2}\(its instance boots, attempt 2, about 6m\S* to go\)$/);
    expect(released).toMatch(/released \(start-failed\) {2}\(exit 1\)$/);
  });

  it('keeps one line alive on a terminal, below the phases that were', async () => {
    addThree();
    const screen = screenOf(100, {}, 'watch', id(2));
    await broker.arrived('WatchSession');
    broker.move(id(2), { queuePosition: 1 });
    broker.move(id(2), { phase: 'SESSION_PHASE_RELEASED', endReason: 'END_REASON_QUEUE_TIMEOUT' });
    const drawn = (await screen).split('\r\u001b[K');
    expect(drawn.some((frame) => frame.startsWith('…'))).toBe(true);
    expect(drawn.filter((frame) => frame.includes(`  ${id(2)}  `) && frame.includes('\n'))).toHaveLength(2);
    expect(drawn.at(-1)).not.toContain('…');
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
