import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { PortAddress } from '../../src/domain/endpoint.ts';
import type { HttpAsk, InstanceHttp } from '../../src/ports/instance-http.ts';
import { localServers } from '../support/local-servers.ts';

const never = new AbortController().signal;

export function instanceHttpContract(name: string, make: () => InstanceHttp): void {
  describe(`InstanceHttp contract: ${name}`, () => {
    const listen = localServers();
    const web = (listener: RequestListener, host?: string) => listen(createHttp(listener), host);
    const raw = (onSocket: (socket: Socket) => void) =>
      listen(
        createServer((socket) => {
          onSocket(socket);
          socket.resume();
        }),
      );
    const ask = (to: PortAddress, what: Partial<HttpAsk> = {}, signal = never) =>
      make().ask(to, { method: 'GET', path: '/', timeoutMs: 5_000, ...what }, signal);

    it('tells status and body, and closes the connection', async () => {
      const { to, left } = await web((_, res) => res.writeHead(418).end('täglich'));
      expect(await ask(to)).toEqual({ answered: true, status: 418, body: 'täglich' });
      await left();
    });

    it('asks with the method and exactly the path given', async () => {
      const asked: unknown[] = [];
      const { to } = await web((req, res) => {
        asked.push([req.method, req.url, req.headers.connection, req.headers['content-length']]);
        res.end();
      });
      await ask(to, { path: '/user/a%40b//api?x=%20&y' });
      await ask(to, { method: 'POST', path: '/save' });
      expect(asked).toEqual([
        ['GET', '/user/a%40b//api?x=%20&y', 'close', undefined],
        ['POST', '/save', 'close', '0'],
      ]);
    });

    it('sends an authorization only where one is given', async () => {
      const sent: unknown[] = [];
      const { to } = await web((req, res) => {
        sent.push(req.headers.authorization);
        res.end();
      });
      await ask(to);
      await ask(to, { authorization: 'token 0a1b' });
      expect(sent).toEqual([undefined, 'token 0a1b']);
    });

    it('takes a redirect for the answer', async () => {
      const paths: unknown[] = [];
      const { to } = await web((req, res) => {
        paths.push(req.url);
        res.writeHead(302, { location: '/elsewhere' }).end();
      });
      expect(await ask(to)).toEqual({ answered: true, status: 302, body: '' });
      expect(paths).toEqual(['/']);
    });

    it('reaches an instance on IPv6', async () => {
      const { to } = await web((req, res) => res.end(req.headers.host), '::1');
      expect(await ask(to)).toEqual({ answered: true, status: 200, body: `[::1]:${to.port}` });
    });

    it('takes a body of 64 KiB, and cuts off a larger one', async () => {
      const { to, left } = await web((req, res) => res.end(Buffer.alloc(65_536 + Number(req.url?.slice(1)), 'x')));
      expect(await ask(to, { path: '/0' })).toMatchObject({ answered: true, body: 'x'.repeat(65_536) });
      const detail = 'an answer of more than 65536 bytes';
      expect(await ask(to, { path: '/1' })).toEqual({ answered: false, detail });
      expect(await ask(to, { path: '/500000000' })).toEqual({ answered: false, detail });
      await left();
    });

    it('cuts off headers without an end', async () => {
      const { to, left } = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const more = (): void => {
          while (socket.writable && socket.write(`x-more: ${'y'.repeat(1_000)}\r\n`));
          socket.once('drain', more);
        };
        more();
      });
      expect(await ask(to)).toEqual({ answered: false, detail: 'headers without an end' });
      await left();
    });

    it.each([
      ['never answers', () => undefined],
      ['never ends its answer', (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')],
    ])('gives up on one that %s, after its time', async (_, serve) => {
      const { to, left } = await raw(serve);
      expect(await ask(to, { timeoutMs: 150 })).toEqual({ answered: false, detail: 'no answer within 150 ms' });
      await left();
    });

    it('gives up on one that drips its body, after its time', async () => {
      const { to, left } = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const drip = setInterval(() => socket.write('x'), 10);
        socket.once('close', () => clearInterval(drip));
      });
      expect(await ask(to, { timeoutMs: 150 })).toMatchObject({ answered: false });
      await left();
    });

    it('says so when the connection is cut, before the answer or within it', async () => {
      const before = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
      expect(await ask(before.to)).toEqual({ answered: false, detail: 'connection reset' });
      const within = await raw((socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', () => socket.resetAndDestroy()),
      );
      expect(await ask(within.to)).toEqual({ answered: false, detail: 'connection reset' });
      const ended = await raw((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'));
      expect(await ask(ended.to)).toEqual({ answered: false, detail: 'connection reset' });
    });

    it('says so when it is not HTTP that answers, or nobody', async () => {
      const ssh = await raw((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      expect(await ask(ssh.to)).toEqual({ answered: false, detail: 'not an HTTP answer' });
      await ssh.close();
      expect(await ask(ssh.to)).toEqual({ answered: false, detail: 'connection refused' });
    });

    it('stops when its signal aborts, and closes the connection', async () => {
      const { to, left } = await raw(() => undefined);
      const stop = new AbortController();
      const asking = ask(to, { timeoutMs: 60_000 }, stop.signal);
      stop.abort();
      await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
      await left();
      await expect(ask(to, {}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    });
  });
}
