import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../clients/typescript/src/client.ts';
import { findNginx } from '../../src/adapters/nginx/find.ts';
import { serve, startHome } from '../e2e/served.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/redis-server.ts';
import { sourceText } from '../support/source-text.ts';

const CLASSES = `
classes:
  web: { command: ["{{node}}", "{{berth}}/echo/server.cjs"], ports: [{ name: http }] }
`;
const TOO_LITTLE = 'location /console/ { proxy_pass http://127.0.0.1:7701; }';

/** An nginx in front of the console at `http`. @returns its port */
async function startProxy(location: string, http: string): Promise<number> {
  const found = await findNginx(null);
  if ('why' in found) throw new Error(found.why);
  const dir = await mkdtemp(join(tmpdir(), 'berth-front-'));
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`);
  const conf = `pid ${dir}/pid; error_log stderr warn; events {}
http { access_log off; ${paths.join(' ')}
  server { listen 127.0.0.1:${port}; ${location.replace('http://127.0.0.1:7701', http)} } }`;
  await writeFile(join(dir, 'nginx.conf'), conf);
  const child = spawn(found.nginx.program, ['-c', join(dir, 'nginx.conf'), '-g', 'daemon off; master_process off;'], {
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await rm(dir, { recursive: true, force: true });
  });
  await eventually('the proxy listens', () =>
    ask(port, '/console/').then(
      (a) => a.status === 200,
      () => false,
    ),
  );
  return port;
}

type Answer = { readonly status: number; readonly text: string };

/** As a browser asks that was sent to https://berth.example. */
function ask(port: number, path: string, token = '', body?: unknown): Promise<Answer> {
  const headers = {
    host: 'berth.example',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined
      ? {}
      : { origin: 'https://berth.example', 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (d: string) => {
        text += d;
        // A stream has no end: its first state is enough.
        if (text.includes('event: state') && text.endsWith('\n\n')) req.destroy();
      });
      res.on('close', () => resolve({ status: res.statusCode ?? 0, text }));
      res.on('error', () => undefined);
    });
    req.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('The console behind a proxy', () => {
  it('takes the configuration of its documentation: nothing without a token, everything with one', async () => {
    const [, location = ''] = /```nginx\n([\s\S]+?)```/.exec(sourceText('deploy/docs/console.md')) ?? [];
    const home = await startHome(CLASSES);
    const berth = await serve({ BERTH_DATA_DIR: home.dir, BERTH_CLASSES: home.classFile }, ['--clear-on-exit']);
    onTestFinished(async () => {
      await berth.stop();
      await home.end();
    });
    const port = await startProxy(location, berth.http);
    expect(await ask(port, '/console/api/me')).toMatchObject({
      status: 403,
      text: expect.stringContaining('NO_TOKENS'),
    });

    const { secret } = await berth.client.createToken({ tenant: 'ops', role: 'admin' });
    const admin = createClient({ address: berth.address, token: secret, retryForMs: 0 });
    onTestFinished(() => admin.close());
    expect(await ask(port, '/console/api/me')).toMatchObject({ status: 401 });
    expect(await ask(port, '/console/api/stream')).toMatchObject({ status: 401 });
    const stream = await ask(port, '/console/api/stream', secret);
    expect(stream).toMatchObject({ status: 200, text: expect.stringContaining('"full":true') });
    const set = await ask(port, '/console/api/reserve', secret, { class: 'web', target: 1 });
    expect(set).toMatchObject({ status: 200, text: expect.stringContaining('"target":1') });
    expect((await admin.reserves('web'))[0]?.target).toBe(1);
  });

  it('trusts none that speaks as nginx does by itself', async () => {
    const home = await startHome(CLASSES);
    const berth = await serve({ BERTH_DATA_DIR: home.dir, BERTH_CLASSES: home.classFile }, ['--clear-on-exit']);
    onTestFinished(async () => {
      await berth.stop();
      await home.end();
    });
    const port = await startProxy(TOO_LITTLE, berth.http);
    expect(await ask(port, '/console/api/me')).toMatchObject({ status: 403 });
    expect(await ask(port, '/console/api/reserve', '', { class: 'web', target: 1 })).toMatchObject({ status: 403 });
    expect((await berth.client.reserves('web'))[0]?.target).toBe(0);
  });
});
