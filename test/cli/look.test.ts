import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';
import { type Ran, runCli, startCli } from '../support/run-cli.ts';
import { ago, cells } from '../support/tables.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const env = () => ({ BERTH_ADDRESS: broker.address });
const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, env());
const SESSION = `s-${'0'.repeat(25)}1`;
const INSTANCE = `i-${'0'.repeat(25)}1`;

function addLog(): void {
  broker.emit({ kind: 'session', subject: SESSION, class: 'echo', tenant: 'lab', actor: 'local', after: 'queued' });
  broker.emit({
    ...{ kind: 'instance', subject: INSTANCE, class: 'echo', actor: 'instances', sessionId: SESSION },
    ...{ before: 'ready', after: 'bound' },
  });
  broker.emit({ kind: 'reserve', subject: 'echo', class: 'echo', actor: 't-1', before: '2', after: '' });
  broker.emit({
    ...{ kind: 'session', subject: SESSION, class: 'echo', tenant: 'lab', actor: 'sessions', sessionId: SESSION },
    ...{ before: 'active', after: 'releasing', reason: 'idle', detail: 'not used for 20m' },
  });
}

describe('berth events', () => {
  it('tells what changed, by whom and why, the oldest first', async () => {
    addLog();
    const { code, stdout } = await berth('events');
    expect(code).toBe(0);
    expect(cells(stdout).map(([, ...rest]) => rest)).toEqual([
      ['session', SESSION, 'echo', 'queued', 'by local'],
      ['instance', INSTANCE, 'echo', 'ready → bound', 'by instances', `for ${SESSION}`],
      ['reserve', 'echo', '2 → default', 'by t-1'],
      ['session', SESSION, 'echo', 'active → releasing', 'by sessions', '(idle: not used for 20m)'],
    ]);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}session/);
  });

  it('names a phase once that stays', async () => {
    broker.emit({
      kind: 'session',
      subject: SESSION,
      class: 'echo',
      actor: 'sessions',
      before: 'active',
      after: 'active',
    });
    expect(cells((await berth('events')).stdout)[0]).toContain('active');
  });

  it('asks for what the options say', async () => {
    broker.add({ id: SESSION, name: 'lab', phase: 'SESSION_PHASE_ACTIVE' });
    addLog();
    const { stdout } = await berth('events', '--session', 'lab', '--kind', 'session,proxy', '-n', '1', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ events: [{ subject: SESSION, after: 'releasing', reason: 'idle' }] });
    await berth('events', '--class', 'echo', '--tenant', 'lab', '--since', '2h');
    const asked = broker.asked.filter((a) => a.method === 'ListEvents').map((a) => a.request);
    expect(asked).toMatchObject([
      { filter: { sessionId: SESSION, kinds: ['session', 'proxy'] }, pageSize: 1, sinceTime: null },
      { filter: { class: 'echo', tenant: 'lab' }, pageSize: 1_000 },
    ]);
    const since = (asked[1] as { sinceTime: { seconds: number } }).sinceTime.seconds;
    expect(Math.abs(Date.now() / 1_000 - 7_200 - since)).toBeLessThan(30);
    expect((await berth('events', '--kind', 'machine')).stderr).toBe(
      'berth: --kind: "machine" is none of session, instance, proxy, reserve, host, renting\n',
    );
    expect((await berth('events', '--since', 'noon')).stderr).toContain('--since: 2h (so long ago) or a time');
  });

  it('follows, and leaves nothing out while the broker restarts', async () => {
    addLog();
    const cli = startCli(['events', '--follow', '-n', '1', '--json'], env());
    await broker.arrived('WatchEvents');
    broker.emit({ kind: 'session', subject: 's-a', actor: 'local' });
    await cli.said('s-a');
    await broker.restart();
    broker.emit({ kind: 'session', subject: 's-b', actor: 'local' });
    await cli.said('s-b');
    cli.child.kill('SIGINT');
    const { code, stdout } = await cli.done;
    expect(code).toBe(130);
    const subjects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { subject: string }).subject);
    expect(subjects).toEqual([SESSION, 's-a', 's-b']);
  });

  it('says so when there are none', async () => {
    expect(await berth('events')).toEqual({ code: 0, stdout: '', stderr: 'no events\n' });
  });
});

describe('berth instances', () => {
  it('lists what is rented or being made, for whom, and why it ends', async () => {
    const instance = { id: INSTANCE, provider: 'process', providerRef: '4711', pricePerHour: 0.36 };
    broker.instances = [
      {
        instance: { ...instance, createTime: ago(65_000) },
        class: 'echo',
        phase: 'bound',
        sessionId: SESSION,
        cost: 0.02,
      },
      {
        instance: { id: 'i-2', provider: 'process' },
        class: 'gpu',
        phase: 'destroying',
        reason: 'lost',
        detail: 'exit 1',
      },
    ];
    expect(cells((await berth('instances')).stdout).slice(1)).toEqual([
      [INSTANCE, 'echo', 'bound', '1m', SESSION, 'process 4711', '-', '$0.36', '$0.02', '-'],
      ['i-2', 'gpu', 'destroying', '-', '-', 'process', '-', '-', '-', 'lost: exit 1'],
    ]);
    expect(JSON.parse((await berth('instances', 'gpu', '--json')).stdout)).toMatchObject({
      instances: [{ id: 'i-2' }],
    });
    broker.instances = [];
    expect((await berth('instances')).stderr).toBe('no instances\n');
  });
});

describe('berth quota', () => {
  it('shows what is used of what, and what is used up', async () => {
    const uses = [
      { name: 'sessions', used: 3, limit: 5 },
      { name: 'gpus', used: 2, limit: 2 },
      { name: 'class:gpu', used: 1 },
    ];
    broker.quotas = [{ tenant: 'lab', uses }];
    expect(cells((await berth('quota', 'lab')).stdout)).toEqual([
      ['TENANT', 'QUOTA', 'USED', 'LIMIT', 'STATE'],
      ['lab', 'sessions', '3', '5', '2 left'],
      ['', 'gpus', '2', '2', 'used up'],
      ['', 'class:gpu', '1', 'no limit', '-'],
    ]);
    expect(JSON.parse((await berth('quota', '--json')).stdout)).toMatchObject({ quotas: [{ tenant: 'lab' }] });
    expect((await berth('quota', 'other')).stderr).toBe('no quota, and nothing in use\n');
  });
});
