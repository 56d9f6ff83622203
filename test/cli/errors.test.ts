import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../../clients/typescript/src/client.ts';
import { exitCodeOf, explain } from '../../src/cli/exit.ts';
import { type FakeBroker, startFakeBroker } from '../support/fake-broker.ts';
import { type Ran, runCli } from '../support/run-cli.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const berth = (...args: readonly string[]): Promise<Ran> => runCli(args, { BERTH_ADDRESS: broker.address });

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
    using client = createClient({ address: broker.address });
    const err = await client.status().catch((e: unknown) => e);
    expect(exitCodeOf(err)).toBe(exit);
    expect(explain(err, broker.address)[0]).toBe('as ordered');
  });

  it('end the command with their exit code, on stderr only', async () => {
    broker.fail('GetStatus', { code: status.PERMISSION_DENIED, message: 'role client may not', reason: 'ADMIN_ONLY' });
    expect(await berth('status')).toEqual({
      code: 6,
      stdout: '',
      stderr: 'berth: role client may not\nberth: hint: this needs an admin token\n',
    });
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
    const quota = { subject: 'tenant default', description: '5 of 5 sessions' };
    broker.fail('AcquireSession', { code: status.RESOURCE_EXHAUSTED, message: 'all used: 5 of 5 sessions', quota });
    expect((await berth('acquire', 'warm')).stderr).toBe('berth: all used: 5 of 5 sessions\n');
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
