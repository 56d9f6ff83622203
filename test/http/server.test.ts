import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Health, type HttpServer, startHttp } from '../../src/http/server.ts';
import { eventually } from '../support/eventually.ts';

const WELL: Health = { live: true, ready: true, details: { store: { ok: true } } };

let health: () => Health = () => WELL;
let text: () => Promise<string> = async () => 'berth_leader 1\n';
let errors: unknown[] = [];
let server: HttpServer;
const sockets: Socket[] = [];

beforeEach(async () => {
  health = () => WELL;
  text = async () => 'berth_leader 1\n';
  errors = [];
  server = await startHttp({
    listen: { host: '127.0.0.1', port: 0 },
    health: () => health(),
    metrics: { text: () => text(), contentType: 'text/plain; version=0.0.4' },
    onError: (err) => errors.push(err),
  });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop(AbortSignal.abort());
});

const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${server.port}${path}`, init);

/** Sends bytes and resolves with all that came back until the server closed. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    sockets.push(socket);
    let answer = '';
    socket.on('data', (d) => {
      answer += String(d);
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('the HTTP server', () => {
  it('says that the broker is alive', async () => {
    const answer = await get('/healthz');
    expect([answer.status, await answer.json()]).toEqual([200, { live: true }]);
    health = () => ({ ...WELL, live: false });
    expect((await get('/healthz')).status).toBe(503);
  });

  it('says whether it is ready, with the parts', async () => {
    const good = await get('/readyz?verbose=1');
    expect([good.status, await good.json()]).toEqual([200, { ready: true, parts: { store: { ok: true } } }]);
    health = () => ({ live: true, ready: false, details: { store: { ok: false, detail: 'connection refused' } } });
    const bad = await get('/readyz');
    expect([bad.status, await bad.json()]).toEqual([
      503,
      { ready: false, parts: { store: { ok: false, detail: 'connection refused' } } },
    ]);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('hands out the metrics', async () => {
    const answer = await get('/metrics');
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain; version=0.0.4',
      'berth_leader 1\n',
    ]);
  });

  it('answers HEAD without a body, with its length', async () => {
    const answer = await get('/metrics', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '15', '']);
  });

  it.each(['/', '/metrics/', '/../etc/passwd', '//healthz', '/%00', '/HEALTHZ'])('does not know %s', async (path) => {
    const status = await new Promise((resolve, reject) => {
      httpRequest({ port: server.port, host: '127.0.0.1', path, agent: false }, (res) => {
        res.resume().on('end', () => resolve([res.statusCode, res.headers['content-type']]));
      })
        .on('error', reject)
        .end();
    });
    expect(status).toEqual([404, 'application/json; charset=utf-8']);
  });

  it('refuses to be written to', async () => {
    const answer = await get('/healthz', { method: 'POST', body: 'x'.repeat(100_000) });
    expect([answer.status, answer.headers.get('allow'), await answer.json()]).toEqual([
      405,
      'GET, HEAD',
      { error: 'method not allowed' },
    ]);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('tells nothing of its own errors', async () => {
    text = async () => {
      throw new Error('secret at /srv/berth/x.ts');
    };
    const answer = await get('/metrics');
    expect([answer.status, await answer.text()]).toEqual([500, '{"error":"internal error"}\n']);
    health = () => {
      throw new Error('secret');
    };
    expect(await (await get('/readyz')).text()).not.toContain('secret');
    expect(errors.map(String)).toEqual(['Error: secret at /srv/berth/x.ts', 'Error: secret']);
  });

  it('limits the size of headers', async () => {
    expect(await raw(`GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(9_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect((await get('/healthz')).status).toBe(200);
  });

  it('outlives what is no HTTP', async () => {
    expect(await raw('\x16\x03\x01 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const gone = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => gone.write('GET /metr', resolve));
    gone.resetAndDestroy();
    expect((await get('/healthz')).status).toBe(200);
    expect(errors).toEqual([]);
  });

  it('finishes what it is at when it is stopped, and takes nothing more', async () => {
    const entered = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<string>();
    text = () => {
      entered.resolve();
      return finish.promise;
    };
    const scrape = get('/metrics');
    await entered.promise;
    const stopped = server.stop(new AbortController().signal);
    await expect(get('/healthz')).rejects.toThrow('fetch failed');
    finish.resolve('late\n');
    const answer = await scrape;
    expect([answer.headers.get('connection'), await answer.text()]).toEqual(['close', 'late\n']);
    await stopped;
  });

  it('cuts what does not finish when it is told to', async () => {
    const entered = Promise.withResolvers<void>();
    text = () => {
      entered.resolve();
      return new Promise(() => undefined);
    };
    const scrape = get('/metrics').catch(() => 'cut');
    await entered.promise;
    const force = new AbortController();
    const stopped = server.stop(force.signal);
    force.abort();
    await stopped;
    expect(await scrape).toBe('cut');
  });

  it('says when it cannot listen', async () => {
    const again = startHttp({
      listen: { host: '127.0.0.1', port: server.port },
      health: () => WELL,
      metrics: { text: async () => '', contentType: 'text/plain' },
      onError: () => undefined,
    });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('takes calls again soon after as many clients as it serves at once have sent half a request each', async () => {
    const cut = Array.from({ length: 256 }, () => raw('GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: '));
    await eventually('nobody else to be served', () =>
      get('/healthz').then(
        () => false,
        () => true,
      ),
    );
    const answers = await Promise.all(cut);
    expect(new Set(answers.map((a) => a.split('\r\n')[0]))).toEqual(new Set(['HTTP/1.1 408 Request Timeout']));
    expect((await get('/healthz')).status).toBe(200);
  });
});
