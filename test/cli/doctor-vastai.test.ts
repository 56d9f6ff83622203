import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { startVastSimulator } from '../simulators/vastai/server.ts';
import { runCli } from '../support/run-cli.ts';

let dir: string;
let keyFile: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-doctor-test-'));
  keyFile = join(dir, 'key');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function simulator(credit = 100): Promise<string> {
  const sim = await startVastSimulator({ credit });
  onTestFinished(() => sim.close());
  return sim.url;
}

/** What is said of Vast.ai, and all that was written. */
async function diagnose(env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await runCli(['doctor', '--json'], {
    BERTH_ADDRESS: '127.0.0.1:9',
    BERTH_DATA_DIR: join(dir, 'data'),
    BERTH_LISTEN: '127.0.0.1:0',
    BERTH_HTTP_LISTEN: 'off',
    BERTH_VASTAI_KEY_FILE: keyFile,
    ...env,
  });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, written: stdout + stderr, findings: findings.filter((f) => f.check.startsWith('vastai')) };
}

describe('berth doctor, where Vast.ai is a provider', () => {
  it('tells that the key is taken and what is left, and warns where others may read it', async () => {
    const url = await simulator();
    await writeFile(keyFile, 'sim-key\n', { mode: 0o600 });
    expect(await diagnose({ BERTH_VASTAI_URL: url })).toMatchObject({
      code: 0,
      findings: [{ level: 'ok', seen: `${url} takes the key; $100.00 left` }],
    });
    await chmod(keyFile, 0o644);
    expect((await diagnose({ BERTH_VASTAI_URL: url })).findings).toMatchObject([
      { level: 'warn', todo: `chmod 600 ${keyFile}` },
      { level: 'ok' },
    ]);
  });

  it('says what is too little, and never the key', async () => {
    const url = await simulator(0.5);
    await writeFile(keyFile, 'sim-key', { mode: 0o600 });
    const poor = await diagnose({ BERTH_VASTAI_URL: url });
    expect(poor.findings).toMatchObject([{ level: 'warn', seen: expect.stringContaining('$0.50 left') }]);
    expect(poor.written).not.toContain('sim-key');
  });

  it('fails for a key that is refused, a file that is not there or cannot be looked at, and an API that does not answer', async () => {
    const url = await simulator();
    await writeFile(keyFile, 'wrong-key-0815', { mode: 0o600 });
    const refused = await diagnose({ BERTH_VASTAI_URL: url });
    expect(refused).toMatchObject({ code: 1, findings: [{ level: 'fail' }] });
    expect(refused.written).not.toContain('wrong-key-0815');
    const missing = await diagnose({ BERTH_VASTAI_URL: url, BERTH_VASTAI_KEY_FILE: join(dir, 'none') });
    expect(missing.findings).toMatchObject([{ level: 'fail', seen: expect.stringContaining('ENOENT') }]);
    const loop = join(dir, 'loop');
    await symlink(loop, loop);
    const endless = await diagnose({ BERTH_VASTAI_URL: url, BERTH_VASTAI_KEY_FILE: loop });
    expect(endless.findings).toMatchObject([{ level: 'fail', seen: expect.stringContaining('ELOOP') }]);
    const away = await diagnose({ BERTH_VASTAI_URL: 'http://127.0.0.1:9' });
    expect(away.findings).toMatchObject([{ level: 'fail' }]);
  });
});
