import { readdirSync, readFileSync, statSync } from 'node:fs';
import { get, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { closedPort, httpServer, type Told, teller } from './upstream.ts';
import { at, type NginxWorld, newProxyId, nginxWorld, portOf, urlOf } from './world.ts';

const MIB = 1024 * 1024;

/** What the instance was asked when the client sent exactly this, which `fetch` would tidy up. */
function told(port: number, path: string, headers: Record<string, string> = {}): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => {
        text += piece;
      });
      answer.once('end', () => (answer.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
    });
    asked.once('error', reject);
  });
}

describe('HTTP through nginx-local', () => {
  let world: NginxWorld;
  beforeEach(async () => {
    world = await nginxWorld();
  });
  afterEach(() => world.close());

  it.each([
    '/user/a%40b/',
    '/a//b///c',
    '/a%2Fb%2fc',
    '/a/../b/./c',
    '/%e2%82%ac?x=%20+&y=a%26b&&z',
    '/?',
    '/a;b=c/d:e@f!$\'()*,~|"<>^`{}',
  ])('leaves path, query and escaping of %s as they are', async (path) => {
    const endpoint = await world.serve([at(await httpServer(teller))]);
    expect((await told(portOf(endpoint), path)).url).toBe(path);
  });

  it('passes Host on, and says who asked', async () => {
    const endpoint = await world.serve([at(await httpServer(teller))]);
    const { headers } = await told(portOf(endpoint), '/', { host: 'hub.example:8443', under_score: 'x', 'x.dot': 'y' });
    expect(headers).toMatchObject({
      host: 'hub.example:8443',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'hub.example:8443',
      'x-real-ip': '127.0.0.1',
      under_score: 'x',
      'x.dot': 'y',
    });
  });

  it('adds to what a proxy before it said of the caller', async () => {
    const endpoint = await world.serve([at(await httpServer(teller))]);
    const before = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'outside.example',
      'x-real-ip': '203.0.113.9',
    };
    const { headers } = await told(portOf(endpoint), '/', before);
    expect(headers).toMatchObject({ ...before, 'x-forwarded-for': '203.0.113.9, 127.0.0.1' });
  });

  it('leaves the answer as it is: status, headers, and what would steer an nginx', async () => {
    const port = await httpServer((_, res) =>
      res
        .writeHead(503, { server: 'mine', 'x-accel-redirect': '/status', 'x-jupyterhub-version': '5' })
        .end('own page'),
    );
    const answer = await fetch(urlOf(await world.serve([at(port)])));
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe('own page');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      server: 'mine',
      'x-accel-redirect': '/status',
      'x-jupyterhub-version': '5',
    });
  });

  it('carries headers of 15 KiB in both directions, and refuses what is above the limit of the class', async () => {
    const long = 'x'.repeat(15 * 1024);
    const port = await httpServer((req, res) => res.setHeader('x-long', String(req.headers['x-long'])).end());
    const url = urlOf(await world.serve([at(port)]));
    const ask = (n: number) =>
      new Promise<{ status: number; length: number }>((resolve, reject) => {
        const headers = { 'x-long': long.repeat(n) };
        get(url, { headers, agent: false, maxHeaderSize: MIB }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode ?? 0, length: String(answer.headers['x-long'] ?? '').length });
        }).once('error', reject);
      });
    expect(await ask(1)).toEqual({ status: 200, length: long.length });
    expect((await ask(2)).status).toBe(400);
  });

  it('answers 502 when the instance sends headers without an end', async () => {
    const port = await httpServer((_, res) => {
      res.socket?.write('HTTP/1.1 200 OK\r\n');
      const more = (): void => {
        while (res.socket?.writable && res.socket.write(`x-more: ${'y'.repeat(1_000)}\r\n`));
        res.socket?.once('drain', more);
      };
      res.socket?.on('error', () => undefined);
      more();
    });
    const answer = await fetch(urlOf(await world.serve([at(port)])));
    expect(answer.status).toBe(502);
  });

  it('carries WebSockets', async () => {
    let sockets: WebSocketServer | null = null;
    const port = await httpServer(teller, (server) => {
      sockets = new WebSocketServer({ server });
      sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data).toUpperCase())));
    });
    const socket = new WebSocket(`${urlOf(await world.serve([at(port)])).replace('http', 'ws')}/a%40b`);
    const said = await new Promise<string>((resolve, reject) => {
      socket.once('open', () => socket.send('hello'));
      socket.once('message', (data) => resolve(String(data)));
      socket.once('error', reject);
    });
    expect(said).toBe('HELLO');
    socket.terminate();
  });

  it('passes each server-sent event on at once', async () => {
    const answers: import('node:http').ServerResponse[] = [];
    const port = await httpServer((_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      answers.push(res);
    });
    const answer = await fetch(urlOf(await world.serve([at(port)])));
    const reader = answer.body?.getReader();
    for (const n of [1, 2, 3]) {
      answers[0]?.write(`data: ${n}\n\n`);
      // The next is only sent when this one has arrived.
      const { value } = (await reader?.read()) ?? {};
      expect(Buffer.from(value ?? []).toString()).toBe(`data: ${n}\n\n`);
    }
    answers[0]?.end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('streams an upload of 100 MB: the instance reads while the client still sends, and nothing is put on disk', async () => {
    const id = newProxyId();
    let received = 0;
    const port = await httpServer((req, res) => {
      req.on('data', (piece: Buffer) => {
        received += piece.length;
      });
      req.once('end', () => res.end(String(received)));
    });
    const endpoint = await world.serve([at(port)], {}, id);
    const piece = Buffer.alloc(MIB, 'u');
    const asked = request(urlOf(endpoint), { method: 'PUT', headers: { 'content-length': 100 * MIB } });
    const answered = new Promise<string>((resolve, reject) => {
      asked.once('error', reject);
      asked.once('response', (answer) => answer.once('data', (text: Buffer) => resolve(String(text))));
    });
    for (let n = 0; n < 99; n++) {
      if (!asked.write(piece)) await new Promise((resolve) => asked.once('drain', resolve));
    }
    await eventually('99 MiB at the instance', () => received === 99 * MIB);
    const onDisk = readdirSync(world.file(id, '.'), { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(world.file(id, name)))
      .filter((s) => s.isFile())
      .reduce((sum, s) => sum + s.size, 0);
    expect(onDisk).toBeLessThan(64 * 1024);
    asked.end(piece);
    expect(await answered).toBe(String(100 * MIB));
  });

  it('carries an upload without a length, and an answer to it while it goes on', async () => {
    const port = await httpServer((req, res) => req.pipe(res));
    const asked = request(urlOf(await world.serve([at(port)])), { method: 'POST' });
    const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve);
      asked.once('error', reject);
    });
    asked.write('first');
    const answer = await answered;
    expect(String((await answer[Symbol.asyncIterator]().next()).value)).toBe('first');
    asked.destroy();
  });

  it('refuses a body above the limit of the class, in words that fit the caller', async () => {
    const url = urlOf(await world.serve([at(await httpServer(teller))], { maxBody: 1_000 }));
    const ask = (n: number) =>
      fetch(url, { method: 'POST', body: 'x'.repeat(n), headers: { accept: 'application/json' } });
    expect((await ask(1_000)).status).toBe(200);
    const refused = await ask(1_001);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ error: 'body-too-large', status: 413 });
  });

  it('holds back an instance whose client never reads', async () => {
    let sent = 0;
    const port = await httpServer((_, res) => {
      const piece = Buffer.alloc(MIB);
      const more = (): void => {
        do sent += MIB;
        while (sent < 1_024 * MIB && res.write(piece));
        res.once('drain', more);
      };
      more();
    });
    const id = newProxyId();
    const endpoint = await world.serve([at(port)], { clientSendTimeoutMs: 1_000 }, id);
    const socket = connect(portOf(endpoint), '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
    socket.pause();
    // Given up after the class's time: then it is in the access log.
    await eventually('the end of it in the log', () =>
      readFileSync(world.file(id, 'access.log'), 'utf8').includes('"path":"/"'),
    );
    expect(sent).toBeLessThan(64 * MIB);
    socket.destroy();
  });

  it.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html; charset=utf-8', /^<!doctype html>.*does not answer yet/],
    ['application/json', 'application/json', /^\{"error":"no-answer","status":502,/],
    ['*/*', 'text/html; charset=utf-8', /^<!doctype html>/],
  ])('answers 502 to one who accepts %s until the instance answers', async (accept, type, text) => {
    const answer = await fetch(urlOf(await world.serve([at(await closedPort())])), { headers: { accept } });
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toMatch(text);
  });

  it('answers 502 to a large upload, too', async () => {
    const url = urlOf(await world.serve([at(await closedPort())]));
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(url, { method: 'POST', headers: { 'content-length': 4 * MIB } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.once('error', reject);
      asked.write(Buffer.alloc(MIB));
    });
    expect(status).toBe(502);
  });

  it('answers 504 when the instance says nothing for as long as the class allows', async () => {
    const port = await httpServer((req) => req.resume());
    const answer = await fetch(urlOf(await world.serve([at(port)], { readTimeoutMs: 1_000 })));
    expect(answer.status).toBe(504);
  });

  it('lets the client see that the instance broke off in the middle', async () => {
    let broken = (): void => undefined;
    const port = await httpServer((_, res) => {
      res.writeHead(200, { 'content-length': 1_000 }).write('half');
      broken = () => res.socket?.resetAndDestroy();
    });
    const answer = await fetch(urlOf(await world.serve([at(port)])));
    expect(answer.status).toBe(200);
    broken();
    await expect(answer.text()).rejects.toThrow();
  });

  it('logs each request as a line of JSON, without its query', async () => {
    const id = newProxyId();
    const endpoint = await world.serve([at(await httpServer(teller), 'http', 'web')], {}, id);
    await told(portOf(endpoint), '/a%40b"\\?token=secret', { 'user-agent': 'a "strange" one' });
    const text = await eventually('the whole line', () => {
      const written = readFileSync(world.file(id, 'access.log'), 'utf8');
      return written.endsWith('\n') && written;
    });
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({
      client: '127.0.0.1',
      port: 'web',
      method: 'GET',
      path: '/a%40b"\\',
      status: 200,
      seconds: expect.any(Number),
      user_agent: 'a "strange" one',
    });
  });
});
