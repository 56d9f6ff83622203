import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { createHttp, type Http, type Sending } from '../../../src/adapters/vastai/http.ts';
import { eventually } from '../../support/eventually.ts';
import { localServers } from '../../support/local-servers.ts';
import { never } from './world.ts';

let http: Http;
const listen = localServers();

beforeEach(() => {
  http = createHttp(createSystemClock());
});
afterEach(() => http.close());

async function serve(listener: RequestListener): Promise<URL> {
  const { to } = await listen(createServer(listener));
  return new URL(`http://127.0.0.1:${to.port}/api/`);
}

const to = (url: URL, over: Partial<Sending> = {}): Sending => ({
  method: 'GET',
  url,
  headers: { authorization: 'Bearer the-key' },
  withinMs: 5_000,
  maxBytes: 1024,
  ...over,
});

const kind = (of: string) => ({ name: 'CallFailed', problem: { kind: of } });

describe('A call over HTTP', () => {
  it('gives the answer whatever its status, as JSON where it is that', async () => {
    const url = await serve((req, res) => {
      res.writeHead(418, { 'retry-after': '7', 'x-ratelimit-reset': '1764000000', 'content-type': 'text/plain' });
      res.end(JSON.stringify({ method: req.method, length: req.headers['content-length'] }));
    });
    let left = 0;
    const put = to(url, { method: 'PUT', body: '{"ü":1}', onSent: () => left++ });
    const answer = await http.send(put, never);
    expect(left).toBe(1);
    expect(answer).toMatchObject({ status: 418, retryAfterMs: 7_000, resetAtMs: 1_764_000_000_000 });
    expect(answer.json).toEqual({ method: 'PUT', length: '8' });
  });

  it('takes a page for what it is', async () => {
    const url = await serve((_, res) => res.end('<html>Just a moment...</html>'));
    expect(await http.send(to(url), never)).toMatchObject({ status: 200, json: undefined, retryAfterMs: null });
  });

  it('follows no redirect, names the host, and keeps the key from it', async () => {
    const asked: (string | undefined)[] = [];
    const elsewhere = await serve((req, res) => {
      asked.push(req.headers.authorization);
      res.end('{}');
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_, res) => res.writeHead(status, { location: elsewhere.href }).end());
      const refused = await http.send(to(url), never).catch((err: unknown) => err);
      expect(refused).toMatchObject(kind('redirected'));
      expect((refused as Error).message).toContain(elsewhere.host);
    }
    expect(asked).toEqual([]);
  });

  it('gives up an answer that does not end', async () => {
    let open = 0;
    const url = await serve((_, res) => {
      open++;
      res.on('close', () => open--);
      const more = () => void (res.writable && res.write('x'.repeat(512), more));
      more();
    });
    await expect(http.send(to(url), never)).rejects.toMatchObject(kind('too-large'));
    await eventually('the connection to be closed', () => open === 0);
  });

  it('gives up what is not answered in time, and what begins and then says no more', async () => {
    const silent = await serve(() => undefined);
    await expect(http.send(to(silent, { withinMs: 50 }), never)).rejects.toMatchObject(kind('late'));
    const halting = await serve((_, res) => void res.write('{"a"'));
    await expect(http.send(to(halting, { withinMs: 50 }), never)).rejects.toMatchObject(kind('late'));
  });

  it('tells a connection that broke from one that never was', async () => {
    const reset = await serve((req) => void req.socket.resetAndDestroy());
    await expect(http.send(to(reset), never)).rejects.toMatchObject(kind('broken'));
    const torn = await serve((req, res) => {
      res.writeHead(200, { 'content-length': 100 });
      res.write('{"half"', () => req.socket.destroy());
    });
    await expect(http.send(to(torn), never)).rejects.toMatchObject(kind('broken'));
    const garbage = await serve((req) => void req.socket.end('this is no HTTP\r\n\r\n'));
    await expect(http.send(to(garbage), never)).rejects.toMatchObject(kind('broken'));
    const nobody = new URL('http://127.0.0.1:1/');
    await expect(http.send(to(nobody), never)).rejects.toMatchObject(kind('unreachable'));
  });

  it('ends with its signal, before and during the call', async () => {
    const stop = new AbortController();
    let arrived = 0;
    const url = await serve(() => {
      arrived++;
      stop.abort();
    });
    await expect(http.send(to(url), stop.signal)).rejects.toMatchObject(kind('aborted'));
    await expect(http.send(to(url), stop.signal)).rejects.toMatchObject(kind('aborted'));
    expect(arrived).toBe(1);
  });

  it.each([421, 425, 429, 500, 503, 0])('sends nothing twice, also where the answer is %i', async (status) => {
    let arrived = 0;
    const url = await serve((req, res) => {
      arrived++;
      if (status === 0) req.socket.resetAndDestroy();
      else res.writeHead(status, { 'retry-after': '0' }).end('{}');
    });
    const put = to(url, { method: 'PUT', body: '{}', fresh: true });
    await http.send(put, never).catch(() => undefined);
    // A second call: by then a first one that was repeated would have arrived twice.
    await http.send(put, never).catch(() => undefined);
    expect(arrived).toBe(2);
  });

  it('opens a connection of its own for what must not meet one that is just being closed', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((req, res) => {
      ports.add(req.socket.remotePort);
      res.end('{}');
    });
    for (let n = 0; n < 3; n++) await http.send(to(url), never);
    expect(ports.size).toBe(1);
    for (let n = 0; n < 3; n++) await http.send(to(url, { fresh: true }), never);
    expect(ports.size).toBe(4);
  });
});
