import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeFields, type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';
import { berthCommand, runCli, startCli } from '../support/run-cli.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const env = () => ({ BERTH_ADDRESS: broker.address });
const onlyId = (): string => [...broker.sessions.keys()][0] ?? '';

describe('berth acquire', () => {
  it('sends what the options say', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-cli-'));
    try {
      await writeFile(join(folder, 'env'), 'A=from file\nB=2\n');
      const ran = await runCli(
        [
          ...['acquire', 'warm', '--name', 'lab', '--owner', 'ada', '--label', 'a=1', '--label', 'b=2'],
          ...['--env', 'A=1=1', '--env-file', join(folder, 'env'), '--cpu', '0.5:2', '--memory', '512Mi:1Gi'],
          ...['--gpu', 'RTX 4090:2', '--gpu', 'A100', '--max-price', '0.4', '--region', 'de,nl', '--lifetime', '1h30m'],
          ...['--idle-timeout', '20m', '--queue-timeout', '90s', '--wait', '10s', '--request-id', 'r-1'],
          ...['--on-conflict', 'replace', '--json', '--', 'server', '--port', '{{port.http}}'],
        ],
        env(),
      );
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(ran.stdout)).toMatchObject({ phase: 'active', fromReserve: true, requestId: 'r-1' });
      expect(broker.asked[0]?.request).toMatchObject({
        class: 'warm',
        name: 'lab',
        owner: 'ada',
        labels: { a: '1', b: '2' },
        env: { A: '1=1', B: '2' },
        requirements: {
          cpu: { request: 0.5, limit: 2 },
          memory: { requestBytes: 2 ** 29, limitBytes: 2 ** 30 },
          gpus: { models: ['RTX 4090', 'A100'], count: 2 },
          maxPricePerHour: 0.4,
          regions: ['de', 'nl'],
        },
        lifetime: { seconds: 5_400 },
        idleTimeout: { seconds: 1_200 },
        queueTimeout: { seconds: 90 },
        requestId: 'r-1',
        onConflict: 'ON_CONFLICT_REPLACE',
        command: ['server', '--port', '{{port.http}}'],
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tells each phase on stderr and the session on stdout', async () => {
    const cli = startCli(['acquire', 'cold'], env());
    await cli.said('queued  (no free slot)');
    broker.move(onlyId(), {
      phase: 'SESSION_PHASE_STARTING',
      waitingFor: '',
      expectedActiveTime: timestamp(Date.now() + 60_000),
    });
    await cli.said('starting 0%  (about 1m to go)');
    broker.move(onlyId(), activeFields(Date.now()));
    const { code, stdout, stderr } = await cli.done;
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toMatch(/^session +s-/);
    expect(stdout).toContain('http://127.0.0.1:20001');
  });

  it('shows one live line on a terminal and takes it away', async () => {
    const quoted = berthCommand(['acquire', 'cold', '--address', broker.address]).map((a) => `'${a}'`);
    const child = spawn('script', ['-qec', quoted.join(' '), '/dev/null'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let screen = '';
    const frames = Promise.withResolvers<void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      if ([...screen.matchAll(/queued {2}\d+\.\d s {2}\(no free slot\)/g)].length > 1) frames.resolve();
    });
    const closed = once(child, 'close');
    await Promise.race([frames.promise, closed]);
    broker.move(onlyId(), activeFields(Date.now()));
    expect((await closed)[0]).toBe(0);
    const drawn = screen.split('\r\u001b[K');
    expect(drawn.filter((frame) => frame.startsWith('queued')).length).toBeGreaterThan(1);
    expect(drawn.at(-1)).toMatch(/^session/);
    expect(drawn.at(-1)).toContain('\u001b[32mactive');
  });

  it('says on Ctrl-C that the session goes on, and how to release it', async () => {
    const cli = startCli(['acquire', 'cold'], env());
    await cli.said('queued');
    cli.child.kill('SIGINT');
    const { code, stdout, stderr } = await cli.done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain(`session ${onlyId()} goes on (queued)\nrelease it with: berth release ${onlyId()}\n`);
    expect(broker.asked.map((a) => a.method)).not.toContain('ReleaseSession');
  });

  it('exits with 5 when the wait is over, and with 0 when it was not to wait', async () => {
    const late = await runCli(['acquire', 'cold', '--wait', '50ms', '--json'], env());
    expect(late.code).toBe(5);
    expect(JSON.parse(late.stdout)).toMatchObject({ phase: 'queued' });
    expect(late.stderr).toContain(`not active after 50ms; it goes on: berth watch ${onlyId()}`);
    expect((await runCli(['acquire', 'cold', '--wait', '0'], env())).code).toBe(0);
  });

  it('exits with 7 when the session fails to start, with the reason', async () => {
    const cli = startCli(['acquire', 'cold'], env());
    await cli.said('queued');
    broker.move(onlyId(), {
      phase: 'SESSION_PHASE_RELEASING',
      endReason: 'END_REASON_START_FAILED',
      endDetail: 'exit code 1 after 0.2 s',
    });
    const { code, stderr } = await cli.done;
    expect(code).toBe(7);
    expect(stderr).toContain('ended before it was active (start-failed): exit code 1 after 0.2 s');
  });

  it('goes on over a broker that restarts', async () => {
    const cli = startCli(['acquire', 'cold'], env());
    await broker.arrived('WatchSession');
    await broker.restart();
    await broker.arrived('WatchSession', 2);
    broker.move(onlyId(), activeFields(Date.now()));
    expect((await cli.done).code).toBe(0);
  });
});

describe('output', () => {
  it('ends quietly when nobody reads on', async () => {
    for (let n = 0; n < 900; n += 1) broker.add({ ...activeFields(Date.now()), owner: 'x'.repeat(200) });
    const command = berthCommand(['ls', '--address', broker.address])
      .map((a) => `'${a}'`)
      .join(' ');
    const child = spawn('bash', ['-c', `${command} | head -n 1; exit "\${PIPESTATUS[0]}"`]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ID +NAME/);
  });
});
