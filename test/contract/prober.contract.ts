import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import type { Readiness } from '../../src/domain/session-class.ts';
import type { Prober } from '../../src/ports/prober.ts';
import { eventually } from '../support/eventually.ts';

const never = new AbortController().signal;
const TCP: Readiness = { kind: 'tcp', port: 'http' };
const http = (path = '/', from = 200, to = 399): Readiness => ({
  kind: 'http',
  port: 'http',
  path,
  expect: [{ from, to }],
});

export function proberContract(name: string, make: () => Prober): void {
  describe(`Prober contract: ${name}`, () => {
    let servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

    afterEach(async () => {
      for (const { server, sockets } of servers) {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      }
      servers = [];
    });

    async function listen(server: Server) {
      const sockets = new Set<Socket>();
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => sockets.delete(socket));
      });
      servers.push({ server, sockets });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no address');
      const port = { name: 'http', protocol: 'http', host: '127.0.0.1', port: address.port } as const;
      const endpoint: Endpoint = { ports: [port], stable: true };
      const left = () => eventually('every connection to be closed', () => sockets.size === 0);
      return { endpoint, left };
    }

    const web = (listener: RequestListener) => listen(createHttp(listener));
    /** Reads what comes, or it would not notice the end. */
    const raw = (onSocket: (socket: Socket) => void) =>
      listen(
        createServer((socket) => {
          onSocket(socket);
          socket.resume();
        }),
      );
    const probe = (endpoint: Endpoint, readiness: Readiness, timeoutMs = 5_000, signal = never) =>
      make().probe(endpoint, readiness, { timeoutMs, accessToken: null }, signal);

    it('meets an HTTP server that answers as expected, and closes the connection', async () => {
      const { endpoint, left } = await web((_, res) => res.end('ok'));
      expect(await probe(endpoint, http())).toEqual({ answered: true });
      await left();
    });

    it('asks for the path with GET, and for a connection that ends', async () => {
      const asked: unknown[] = [];
      const { endpoint } = await web((req, res) => {
        asked.push([req.method, req.url, req.headers.connection]);
        res.end();
      });
      await probe(endpoint, http('/lab/api?x=1'));
      expect(asked).toEqual([['GET', '/lab/api?x=1', 'close']]);
    });

    it('tells an unexpected status, and takes the ends of a range as expected', async () => {
      const { endpoint } = await web((req, res) => res.writeHead(Number(req.url?.slice(1))).end());
      expect(await probe(endpoint, http('/503'))).toEqual({ answered: false, detail: 'HTTP 503' });
      expect(await probe(endpoint, http('/199', 200, 204))).toMatchObject({ answered: false });
      expect(await probe(endpoint, http('/200', 200, 204))).toEqual({ answered: true });
      expect(await probe(endpoint, http('/204', 200, 204))).toEqual({ answered: true });
      expect(await probe(endpoint, http('/205', 200, 204))).toEqual({ answered: false, detail: 'HTTP 205' });
    });

    it('does not follow a redirect', async () => {
      const paths: unknown[] = [];
      const { endpoint } = await web((req, res) => {
        paths.push(req.url);
        res.writeHead(302, { location: '/elsewhere' }).end();
      });
      expect(await probe(endpoint, http('/', 200, 299))).toEqual({ answered: false, detail: 'HTTP 302' });
      expect(await probe(endpoint, http('/', 300, 399))).toEqual({ answered: true });
      expect(paths).toEqual(['/', '/']);
    });

    it('does not wait for the end of an answer that never ends, nor read all of a large one', async () => {
      const { endpoint, left } = await web((req, res) => {
        res.write('first');
        if (req.url === '/large') res.write(Buffer.alloc(50_000_000));
      });
      expect(await probe(endpoint, http('/stream'))).toEqual({ answered: true });
      expect(await probe(endpoint, http('/large'))).toEqual({ answered: true });
      await left();
    });

    it('gives up on a server that accepts and says nothing, after its time', async () => {
      const { endpoint, left } = await raw(() => undefined);
      expect(await probe(endpoint, http(), 100)).toEqual({ answered: false, detail: 'no answer within 100 ms' });
      await left();
    });

    it('gives up on a server that drips its headers, after its time', async () => {
      const { endpoint, left } = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const drip = setInterval(() => socket.write('x-more: 1\r\n'), 10);
        socket.once('close', () => clearInterval(drip));
      });
      expect(await probe(endpoint, http(), 150)).toMatchObject({ answered: false });
      await left();
    });

    it('says so when it is not HTTP that answers', async () => {
      const { endpoint } = await raw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      expect(await probe(endpoint, http())).toEqual({ answered: false, detail: 'not an HTTP answer' });
    });

    it('says so when the connection is cut', async () => {
      const { endpoint } = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
      expect(await probe(endpoint, http())).toEqual({ answered: false, detail: 'connection reset' });
    });

    it('meets a TCP port that accepts, and closes the connection', async () => {
      const { endpoint, left } = await raw(() => undefined);
      expect(await probe(endpoint, TCP)).toEqual({ answered: true });
      await left();
    });

    it('says so when the connection is refused', async () => {
      const { endpoint } = await raw(() => undefined);
      const [{ server } = { server: null }] = servers;
      await new Promise((resolve) => server?.close(resolve));
      expect(await probe(endpoint, TCP)).toEqual({ answered: false, detail: 'connection refused' });
      expect(await probe(endpoint, http())).toEqual({ answered: false, detail: 'connection refused' });
    });

    it('says so when the endpoint has no such port', async () => {
      expect(await probe({ ports: [], stable: true }, TCP)).toEqual({
        answered: false,
        detail: 'the endpoint has no port "http"',
      });
    });

    it('stops when its signal aborts, and closes the connection', async () => {
      const { endpoint, left } = await raw(() => undefined);
      const stop = new AbortController();
      const probing = probe(endpoint, http(), 60_000, stop.signal);
      stop.abort();
      await expect(probing).rejects.toMatchObject({ name: 'AbortError' });
      await left();
      await expect(probe(endpoint, TCP, 60_000, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('leaves no connection behind after many probes at once', async () => {
      const { endpoint, left } = await web((_, res) => res.end('ok'));
      const prober = make();
      const all = await Promise.all(
        Array.from({ length: 200 }, () =>
          prober.probe(endpoint, http(), { timeoutMs: 10_000, accessToken: null }, never),
        ),
      );
      expect(all.filter((p) => !p.answered)).toEqual([]);
      await left();
    });
  });
}
