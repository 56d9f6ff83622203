import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { serve } from '../e2e/served.ts';
import { type FakeBroker, startFakeBroker, timestamp } from '../support/fake-broker.ts';
import { startRedis } from '../support/redis-server.ts';
import { runCli } from '../support/run-cli.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-doctor-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

type Diagnosis = { readonly code: number | null; readonly healthy: boolean; readonly findings: readonly Finding[] };

/** On ports that are free, with a data folder of its own, and no broker unless `env` names one. */
async function diagnose(env: Readonly<Record<string, string>>): Promise<Diagnosis> {
  const places = { BERTH_DATA_DIR: join(dir, 'data'), BERTH_LISTEN: '127.0.0.1:0', BERTH_HTTP_LISTEN: 'off' };
  const { code, stdout, stderr } = await runCli(['doctor', '--json'], {
    BERTH_ADDRESS: '127.0.0.1:9',
    ...places,
    ...env,
  });
  expect(stderr).toBe('');
  return { code, ...(JSON.parse(stdout) as Omit<Diagnosis, 'code'>) };
}

const about = ({ findings }: Diagnosis, check: string): readonly Finding[] => findings.filter((f) => f.check === check);

describe('berth doctor', () => {
  it('finds nothing wrong with the defaults where all is installed, and changes nothing', async () => {
    const found = await diagnose({});
    expect(found).toMatchObject({ code: 0, healthy: true });
    for (const check of ['config', 'classes', 'data folder', 'store', 'nginx', 'nginx config', 'ss', 'port of gRPC'])
      expect(about(found, check)).toMatchObject([{ level: 'ok', todo: '' }]);
    expect(about(found, 'broker')[0]?.seen).toBe(
      'no broker answers at 127.0.0.1:9 (connection refused): start one with: berth serve',
    );
    expect(await readdir(dir)).toEqual([]);
  });

  it('names every wrong option of the configuration, and the line of a wrong class', async () => {
    const broken = await diagnose({ BERTH_LEASE: 'x', BERTH_BOGUS: '1' });
    expect(broken).toMatchObject({ code: 1, healthy: false });
    expect(about(broken, 'config').map((f) => f.seen.split(':')[0])).toEqual(['BERTH_BOGUS', 'BERTH_LEASE']);
    const file = join(dir, 'classes.yaml');
    await writeFile(file, 'classes:\n  web:\n    provider: process\n    comand: [a]\n');
    const wrong = about(await diagnose({ BERTH_CLASSES: file }), 'classes');
    expect(wrong.map((f) => f.level)).not.toContain('ok');
    expect(wrong.map((f) => f.seen)).toContainEqual(expect.stringContaining(`${file}:4:5: classes.web.comand: `));
  });

  it('says what nginx is missing, and whose words it refuses a configuration with', async () => {
    const fakeNginx = join(dir, 'nginx');
    const modules = '--with-http_v2_module --with-http_stub_status_module --with-stream';
    await writeFile(
      fakeNginx,
      `#!/bin/sh\n[ "$1" = -V ] && { echo "nginx version: nginx/1.26.0 ${modules}" >&2; exit 0; }\necho 'unknown directive' >&2; exit 1\n`,
    );
    await chmod(fakeNginx, 0o755);
    const refused = await diagnose({ BERTH_NGINX: fakeNginx });
    expect(about(refused, 'nginx config')).toMatchObject([{ level: 'fail', seen: 'unknown directive' }]);
    const missing = await diagnose({ BERTH_NGINX: join(dir, 'nothing') });
    expect(missing.code).toBe(0);
    expect(about(missing, 'nginx')).toMatchObject([{ level: 'warn', todo: expect.stringContaining('without it') }]);
  });

  it('says whose port is taken, and that a data folder cannot be made', async () => {
    const { server, port } = await listening();
    try {
      await writeFile(join(dir, 'file'), '');
      const found = await diagnose({ BERTH_LISTEN: `127.0.0.1:${port}`, BERTH_DATA_DIR: join(dir, 'file', 'data') });
      expect(found.code).toBe(1);
      expect(about(found, 'port of gRPC')).toMatchObject([
        { level: 'fail', seen: `127.0.0.1:${port} is taken, and no broker answers there` },
      ]);
      expect(about(found, 'data folder')).toMatchObject([{ level: 'fail', seen: expect.stringContaining('file') }]);
    } finally {
      server.close();
    }
  });

  it('says that a certificate cannot be read and that a token is short', async () => {
    const token = join(dir, 'token');
    await writeFile(token, 'short\n');
    const tls = { BERTH_TLS_CERT: join(dir, 'cert'), BERTH_TLS_KEY: join(dir, 'key') };
    const found = await diagnose({ ...tls, BERTH_ADMIN_TOKEN_FILE: token });
    expect(about(found, 'TLS')).toMatchObject([{ level: 'fail', seen: expect.stringContaining('ENOENT') }]);
    expect(about(found, 'admin token')).toMatchObject([{ level: 'warn' }]);
  });

  it('warns of a Redis that may lose sessions, and fails for one that is not there', async () => {
    const redis = await startRedis({ appendonly: false });
    try {
      const found = await diagnose({ BERTH_STORE: `redis://127.0.0.1:${redis.port}` });
      expect(about(found, 'store')[0]).toMatchObject({ level: 'ok', seen: expect.stringMatching(/^Redis \d+\.\d/) });
      expect(
        about(found, 'store')
          .filter((f) => f.level === 'warn')
          .map((f) => f.todo),
      ).toEqual(['set "appendonly yes"']);
      expect(about(found, 'clock')).toMatchObject([{ level: 'ok' }]);
    } finally {
      await redis.stop();
    }
    const away = await diagnose({ BERTH_STORE: 'redis://127.0.0.1:9' });
    expect(away.code).toBe(1);
    expect(about(away, 'store')).toMatchObject([{ level: 'fail', seen: expect.stringContaining('ECONNREFUSED') }]);
  });

  it('meets a broker that runs: its ports, its store and its health', async () => {
    const data = join(dir, 'data');
    await mkdir(data);
    const broker = await serve({ BERTH_DATA_DIR: data, BERTH_CLEAR_ON_EXIT: 'true' });
    try {
      const same = { BERTH_LISTEN: broker.address, BERTH_HTTP_LISTEN: new URL(broker.http).host };
      const found = await diagnose({ BERTH_ADDRESS: broker.address, ...same });
      expect(found.findings.filter((f) => f.level === 'fail')).toEqual([]);
      expect(about(found, 'port of gRPC')[0]?.seen).toBe(`${broker.address}, a broker answers there`);
      expect(about(found, 'port of HTTP')[0]?.seen).toContain('a broker answers there');
      expect(about(found, 'store')[0]?.seen).toContain('in use by a broker');
      for (const check of ['broker', 'leader', 'loops', 'provider'])
        expect(about(found, check)).toMatchObject([{ level: 'ok' }]);
    } finally {
      await broker.stop();
    }
  });
});

describe('berth doctor, of a broker that is not well', () => {
  let broker: FakeBroker;
  beforeEach(async () => {
    broker = await startFakeBroker();
  });
  afterEach(() => broker.close());

  it('says what fails, what waits, whose clock is wrong, and exits with 1', async () => {
    const later = timestamp(Date.now() + 3_600_000);
    broker.reserves.set('gpu', { class: 'gpu', target: 1, backingOff: true, failures: 4, lastFailure: 'no offer' });
    broker.status = {
      version: '9.9.9',
      leaderId: '',
      loops: [{ name: 'reserve', failures: 3, lastError: 'timeout' }],
      providers: [{ name: 'process', instances: 1, maxInstances: 10, listError: 'unreadable', listTime: later }],
      queues: [{ class: 'gpu', waiting: 2, oldestTime: timestamp(Date.now() - 3_600_000), waitingFor: 'a slot' }],
    };
    const { code, stdout } = await runCli(['doctor'], {
      ...{ BERTH_ADDRESS: broker.address, BERTH_DATA_DIR: join(dir, 'data') },
      ...{ BERTH_LISTEN: '127.0.0.1:0', BERTH_HTTP_LISTEN: 'off' },
    });
    expect(code).toBe(1);
    for (const line of [
      /^warn {2}broker +9\.9\.9 at .*\n +→ this command is of version/m,
      /^FAIL {2}leader +none: nothing is started or ended\n +→ see the log/m,
      /^FAIL {2}loop +reserve failed 3 times in a row: timeout$/m,
      /^FAIL {2}provider +process, 1 of 10 instances: unreadable$/m,
      /^warn {2}clock +the broker's is 3(600|59\d) s ahead of this machine's$/m,
      /^warn {2}reserve +gpu: 4 starts failed in a row: no offer$/m,
      /^warn {2}queue +gpu: 2 wait, one of them for 1h: a slot$/m,
      /^\d+ fine, \d+ could be better, 3 will not work$/m,
    ])
      expect(stdout).toMatch(line);
  });

  it('is told apart from one that wants a token', async () => {
    broker.fail('GetStatus', { code: 16, message: 'no token', reason: 'UNAUTHENTICATED' });
    expect(about(await diagnose({ BERTH_ADDRESS: broker.address }), 'broker')).toMatchObject([
      { level: 'warn', seen: 'no token', todo: 'give a token in BERTH_TOKEN or with --token-file' },
    ]);
  });
});

async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}
