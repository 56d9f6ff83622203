import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

const FILE = join(import.meta.dirname, '../../src/echo/server.cjs');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no address');
  return address.port;
}

const start = (env: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [FILE], { env, stdio: ['ignore', 'pipe', 'pipe'] });

describe('the echo server', () => {
  let child: ChildProcess;
  let port: number;
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;

  beforeAll(async () => {
    port = await freePort();
    child = start({ BERTH_PORT_HTTP: `${port}`, BERTH_INSTANCE_ID: 'i-test' });
    if (child.stdout) await once(child.stdout, 'data');
  });

  afterAll(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('greets with its instance, pid and uptime', async () => {
    const answer = await fetch(url('/'));
    expect(answer.headers.get('content-type')).toBe('application/json');
    const body = Object(await answer.json());
    expect(body).toMatchObject({ greeting: 'hello from i-test', instance: 'i-test', pid: child.pid });
    expect(body.uptimeSeconds).toBeGreaterThan(0);
  });

  it('is healthy', async () => {
    expect((await fetch(url('/healthz'))).status).toBe(200);
  });

  it('tells method, path and headers, but no credentials', async () => {
    const headers = { 'x-mine': 'yes', cookie: 'a=b', authorization: 'Bearer secret' };
    const text = await (await fetch(url('/some/path?q=%20'), { method: 'DELETE', headers })).text();
    expect(JSON.parse(text)).toMatchObject({
      method: 'DELETE',
      path: '/some/path?q=%20',
      headers: { 'x-mine': 'yes' },
    });
    expect(text).not.toMatch(/secret|cookie/);
  });

  it('gives a large body back as it came', async () => {
    const body = Buffer.alloc(20_000_000, 'berth');
    const answer = await fetch(url('/up'), { method: 'POST', body, headers: { 'content-type': 'text/x-berth' } });
    expect(answer.headers.get('content-type')).toBe('text/x-berth');
    expect(answer.headers.get('x-echo-path')).toBe('/up');
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
  });

  it('gives WebSocket messages back, text as text and bytes as bytes', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/any/where`);
    await once(socket, 'open');
    socket.send('hello');
    expect((await once(socket, 'message')).map(String)).toEqual(['hello', 'false']);
    socket.send(Buffer.from([0, 255]));
    const [data, isBinary] = await once(socket, 'message');
    expect([Buffer.from(data).toString('hex'), isBinary]).toEqual(['00ff', true]);
    socket.close();
    await once(socket, 'close');
  });

  it('survives a WebSocket client that speaks nonsense', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: no\r\n\r\n',
    );
    await once(socket, 'close');
    expect((await fetch(url('/healthz'))).status).toBe(200);
  });

  it('says why it cannot listen', async () => {
    const second = start({ BERTH_PORT_HTTP: `${port}` });
    let text = '';
    second.stderr?.on('data', (d) => {
      text += d;
    });
    expect(await once(second, 'exit')).toEqual([1, null]);
    expect(text).toContain('EADDRINUSE');
  });

  it('ends at once at SIGTERM, though connections are open', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await closed;
  });
});
