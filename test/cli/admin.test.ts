import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';
import { type Ran, runCli } from '../support/run-cli.ts';
import { ago, cells } from '../support/tables.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, { BERTH_ADDRESS: broker.address });

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
      setTime: ago(70_000),
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
        ['RESERVE', 'TARGET', 'READY', 'ON THE WAY', 'STATE'],
        ['echo', '3', '1', '2', 'filling, set by t-1 1m ago (configured: 2)'],
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
        ['renting', 'on'],
        ['process', '2 of 10', '-', '-', '-', '1m ago', 'ok'],
        ['instances', '2m ago', '0', 'ok'],
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
    expect(cells(listed.stdout)[1]).toEqual(['t-1', 'lab', 'admin', expect.stringMatching(/^\d+s$/), 'for ada']);
    expect(listed.stdout).not.toContain('secret');
    expect(await berth('token', 'revoke', 't-1')).toMatchObject({ code: 0, stdout: 't-1  revoked\n' });
    expect((await berth('token', 'ls')).stderr).toContain('no tokens');
  });
});
