import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  Server as GrpcServer,
  type Metadata,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { HealthImplementation, service as healthService } from 'grpc-health-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import type { Readiness } from '../../src/domain/session-class.ts';
import type { Prober } from '../../src/ports/prober.ts';
import { localServers } from '../support/local-servers.ts';

const CHECK = { Check: healthService.Check } as ServiceDefinition;
const TOKENLESS: string | null = null;
const never = new AbortController().signal;
const TCP: Readiness = { kind: 'tcp', port: 'http' };
const grpc = (service = ''): Readiness => ({ kind: 'grpc', port: 'http', service });
const http = (path = '/', from = 200, to = 399): Readiness => ({
  kind: 'http',
  port: 'http',
  path,
  expect: [{ from, to }],
});

export function proberContract(name: string, make: () => Prober): void {
  describe(`Prober contract: ${name}`, () => {
    const listenAt = localServers();
    async function listen(server: Server) {
      const { to, left, close } = await listenAt(server);
      const endpoint: Endpoint = { ports: [to], stable: true };
      return { endpoint, left, close };
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
    const probe = (endpoint: Endpoint, readiness: Readiness, timeoutMs = 5_000, signal = never, token = TOKENLESS) =>
      make().probe(endpoint, readiness, { timeoutMs, accessToken: token }, signal);

    /** A real gRPC server, seen through a relay that counts its connections. */
    async function grpcServer(offer: (server: GrpcServer) => void) {
      const server = new GrpcServer();
      offer(server);
      onTestFinished(() => server.forceShutdown());
      const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (e, p) => (e ? reject(e) : resolve(p)));
      });
      return listen(
        createServer((client) => {
          const there = connect(port, '127.0.0.1');
          there.on('error', () => client.destroy());
          client.once('close', () => there.destroy());
          there.once('close', () => client.destroy());
          client.pipe(there).pipe(client);
        }),
      );
    }
    const healthServer = (statuses: ConstructorParameters<typeof HealthImplementation>[0]) =>
      grpcServer((server) => new HealthImplementation(statuses).addToServer(server));
    const checkServer = (check: UntypedHandleCall) =>
      grpcServer((server) => server.addService(CHECK, { Check: check }));

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
      const { endpoint, close } = await raw(() => undefined);
      await close();
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

    it('takes SERVING of a gRPC server as a whole, or of one service, and closes the connection', async () => {
      const { endpoint, left } = await healthServer({ '': 'SERVING', 'a.Service': 'SERVING' });
      expect(await probe(endpoint, grpc())).toEqual({ answered: true });
      expect(await probe(endpoint, grpc('a.Service'))).toEqual({ answered: true });
      await left();
    });

    it.each([
      ['NOT_SERVING', 'gRPC health NOT_SERVING'],
      ['UNKNOWN', 'gRPC health UNKNOWN'],
    ] as const)('does not take %s of a gRPC server', async (state, detail) => {
      const name = 'x'.repeat(200);
      const { endpoint, left } = await healthServer({ [name]: state });
      expect(await probe(endpoint, grpc(name))).toEqual({ answered: false, detail });
      await left();
    });

    it('tells what a gRPC server lacks: the service, or any health', async () => {
      const without = await healthServer({ '': 'SERVING' });
      expect(await probe(without.endpoint, grpc('no.Such'))).toEqual({
        answered: false,
        detail: 'gRPC unknown service',
      });
      const bare = await grpcServer(() => undefined);
      expect(await probe(bare.endpoint, grpc())).toEqual({
        answered: false,
        detail: 'gRPC UNIMPLEMENTED: the server does not offer grpc.health.v1.Health',
      });
      await without.left();
      await bare.left();
    });

    it('gives up on a gRPC server that hangs, after its time', async () => {
      const { endpoint, left } = await checkServer(() => undefined);
      expect(await probe(endpoint, grpc(), 200)).toEqual({ answered: false, detail: 'no answer within 200 ms' });
      await left();
    });

    it('does not take for gRPC what is none', async () => {
      const web1 = await web((_, res) => res.end('ok'));
      expect(await probe(web1.endpoint, grpc())).toMatchObject({ answered: false, detail: expect.stringMatching(/./) });
      await web1.left();
      const web2 = await listen(createHttp2((_, res) => res.end('ok')));
      expect(await probe(web2.endpoint, grpc())).toEqual({ answered: false, detail: 'not a gRPC answer: HTTP 200' });
      await web2.left();
      const ssh = await raw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      expect(await probe(ssh.endpoint, grpc())).toMatchObject({ answered: false });
      await ssh.left();
      const cut = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
      expect(await probe(cut.endpoint, grpc())).toMatchObject({ answered: false });
      await cut.left();
      const endless = await listen(
        createHttp2((_, res) => {
          res.writeHead(200, { 'content-type': 'application/grpc' });
          res.write(Buffer.alloc(1_000_000));
        }),
      );
      expect(await probe(endless.endpoint, grpc())).toMatchObject({ answered: false });
      await endless.left();
    });

    it('says so when a gRPC port refuses the connection', async () => {
      const { endpoint, close } = await raw(() => undefined);
      await close();
      expect(await probe(endpoint, grpc())).toEqual({ answered: false, detail: 'connection refused' });
    });

    it('stops a gRPC probe when its signal aborts', async () => {
      const { endpoint, left } = await checkServer(() => undefined);
      const stop = new AbortController();
      const probing = probe(endpoint, grpc(), 60_000, stop.signal);
      stop.abort();
      await expect(probing).rejects.toMatchObject({ name: 'AbortError' });
      await left();
    });

    it('sends the access token and its own name to HTTP and gRPC servers, and no token without one', async () => {
      const seen: unknown[] = [];
      const webbed = await web((req, res) => {
        seen.push([req.headers.authorization, req.headers['user-agent']]);
        res.end();
      });
      const grpced = await checkServer((call: { metadata: Metadata }, answer: (e: null, value: object) => void) => {
        const [authorization] = call.metadata.get('authorization');
        seen.push([authorization, call.metadata.get('user-agent')[0]]);
        answer(null, { status: 1 });
      });
      for (const token of [null, 'secret']) {
        expect(await probe(webbed.endpoint, http(), 5_000, never, token)).toEqual({ answered: true });
        expect(await probe(grpced.endpoint, grpc(), 5_000, never, token)).toEqual({ answered: true });
      }
      const [without, withToken] = [
        [undefined, 'berth-probe'],
        ['Bearer secret', 'berth-probe'],
      ];
      expect(seen).toEqual([without, without, withToken, withToken]);
    });

    it('leaves no connection behind after many probes at once', async () => {
      const { endpoint, left } = await web((_, res) => res.end('ok'));
      const health = await healthServer({ '': 'SERVING' });
      const prober = make();
      const o = { timeoutMs: 10_000, accessToken: null };
      const all = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          n % 2 === 0 ? prober.probe(endpoint, http(), o, never) : prober.probe(health.endpoint, grpc(), o, never),
        ),
      );
      expect(all.filter((p) => !p.answered)).toEqual([]);
      await left();
      await health.left();
    });
  });
}
