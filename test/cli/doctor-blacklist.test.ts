import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { startRedis } from '../support/redis-server.ts';
import { runCli } from '../support/run-cli.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-doctor-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** What is said of the blacklist. */
async function diagnose(env: Readonly<Record<string, string>>) {
  const { code, stdout } = await runCli(['doctor', '--json'], {
    BERTH_ADDRESS: '127.0.0.1:9',
    BERTH_DATA_DIR: join(dir, 'data'),
    BERTH_LISTEN: '127.0.0.1:0',
    BERTH_HTTP_LISTEN: 'off',
    ...env,
  });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, findings: findings.filter((f) => f.check === 'blacklist') };
}

describe('berth doctor, beside the provisioner that berth replaces', () => {
  it('tells how many hosts are banned there, whether ours are written, and writes nothing itself', async () => {
    const redis = await startRedis({ appendonly: false });
    onTestFinished(() => redis.stop());
    const empty = await diagnose({ BERTH_BLACKLIST_REDIS: redis.url });
    const nobody = 'it answers; no host is banned there; our own bans of hosts are not written';
    expect(empty).toMatchObject({ code: 0, findings: [{ level: 'ok', seen: nobody }] });
    await redis.command('SET', 'ban_11', 'slow_startup', 'EX', '600');
    await redis.command('SET', 'ban_12', 'restarts');
    const two = await diagnose({ BERTH_BLACKLIST_REDIS: redis.url, BERTH_BLACKLIST_WRITE: 'true' });
    const both = 'it answers; 2 hosts are banned there; our own bans of hosts are written';
    expect(two.findings).toMatchObject([{ level: 'ok', seen: both }]);
    expect(await redis.command('DBSIZE')).toMatch(/^:2\b/);
  });

  it('fails where it does not answer, and says nothing where there is none', async () => {
    const away = await diagnose({ BERTH_BLACKLIST_REDIS: 'redis://127.0.0.1:9/10' });
    expect(away).toMatchObject({
      code: 1,
      findings: [{ level: 'fail', todo: expect.stringContaining('BERTH_BLACKLIST_REDIS') }],
    });
    expect(await diagnose({})).toMatchObject({ code: 0, findings: [] });
  });
});
