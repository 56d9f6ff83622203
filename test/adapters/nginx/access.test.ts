import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { Client, credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createOwnConnections } from '../../../src/adapters/probe/own-connections.ts';
import { createProber } from '../../../src/adapters/probe/prober.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { Addresses, Endpoint } from '../../../src/domain/endpoint.ts';
import type { ProxyId } from '../../../src/domain/ids.ts';
import type { Readiness } from '../../../src/domain/session-class.ts';
import type { ProxySpec } from '../../../src/ports/session-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';
import { httpServer, type Told, tcpServer, teller } from './upstream.ts';
import { at, type NginxWorld, namesOf, newProxyId, nginxWorld, portOf, urlOf } from './world.ts';

const never = new AbortController().signal;
const TOKEN = '0f1e2d3c4b5a6978'.repeat(4);
const WRONG = '1f1e2d3c4b5a6978'.repeat(4);
const bearer = { authorization: `Bearer ${TOKEN}` };
const cookieNameOf = (id: ProxyId): string => `berth_${id.slice(2)}`;

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** Sends exactly this, which `fetch` would tidy up, and follows nothing. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  o: RequestOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false, ...o }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => {
        text += piece;
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.once('error', reject);
    asked.end();
  });
}
const toldBy = ({ text }: Answer): Told => JSON.parse(text);

describe('A proxy that asks for a token', () => {
  let world: NginxWorld;
  let id: ProxyId;
  beforeEach(async () => {
    world = await nginxWorld();
    id = newProxyId();
  });
  afterEach(() => world.close());

  const specOf = (upstream: Addresses, accessToken = TOKEN): ProxySpec => ({
    id,
    ports: namesOf(upstream),
    upstream,
    settings: PROXY_SETTINGS,
    accessToken,
  });
  async function serve(upstream: Addresses, accessToken = TOKEN): Promise<Endpoint> {
    const seen = await world.proxy.ensure(specOf(upstream, accessToken), never);
    if (seen.status !== 'serving') throw new Error(seen.status);
    return seen.endpoint;
  }
  const web = async (): Promise<number> => portOf(await serve([at(await httpServer(teller))]));
  /** Everything in the proxy's folder but its configuration. */
  const written = (): string =>
    readdirSync(world.file(id, '.'), { withFileTypes: true })
      .filter((f) => f.isFile() && f.name !== 'nginx.conf')
      .map((f) => readFileSync(world.file(id, f.name), 'utf8'))
      .join('\n');

  it.each([
    ['text/html,*/*;q=0.8', 'text/html; charset=utf-8', /^<!doctype html>.*only for those who have its link/],
    ['application/json', 'application/json', /^\{"error":"token-required","status":401,/],
  ])('refuses others in words for %s, and keeps no connection to them', async (accept, type, text) => {
    const port = await web();
    for (const headers of [{}, { authorization: `Bearer ${WRONG}` }, { cookie: `${cookieNameOf(id)}=${WRONG}` }]) {
      const answer = await ask(port, '/', { accept, connection: 'keep-alive', ...headers });
      expect(answer.status).toBe(401);
      expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer', connection: 'close' });
      expect(answer.headers['content-type']).toBe(type);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).toMatch(text);
    }
  });

  it.each([
    ['a bearer token', bearer],
    ['a bearer token in capitals', { authorization: `BEARER ${TOKEN}` }],
    ['a token as Jupyter sends it', { authorization: `token ${TOKEN}` }],
    ['the cookie', { cookie: 'COOKIE' }],
    ['the cookie among others', { cookie: 'a=1; COOKIE; b="2"' }],
  ])('lets in who brings %s, of which the instance sees nothing', async (_, headers) => {
    const port = await web();
    const own = `${cookieNameOf(id)}=${TOKEN}`;
    const sent = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.replace('COOKIE', own)]));
    const answer = await ask(port, '/a%40b/?x=1', sent);
    expect(answer.status).toBe(200);
    expect(toldBy(answer).url).toBe('/a%40b/?x=1');
    expect(answer.text).not.toContain(TOKEN);
    expect(answer.text).not.toContain('berth_');
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('referrer-policy');
  });

  it.each([
    ['COOKIE; a=1', 'a=1'],
    ['a=1; COOKIE', 'a=1'],
    ['a=1; COOKIE; b=x=y; c', 'a=1; b=x=y; c'],
    ['xCOOKIE; COOKIE; xCOOKIE', undefined],
    ['COOKIE; a=1; COOKIE', 'a=1'],
  ])('takes its own cookie out of %j', async (cookie, left) => {
    const port = await web();
    const sent = cookie.replaceAll('COOKIE', `${cookieNameOf(id)}=${TOKEN}`);
    const answer = await ask(port, '/', { ...bearer, cookie: sent });
    expect(answer.status).toBe(200);
    expect(toldBy(answer).headers.cookie).toBe(left);
    expect(answer.text).not.toContain(TOKEN);
  });

  it('takes the cookies of all sessions on this host out, which a browser sends along, and no other', async () => {
    const port = await web();
    const others = Array.from({ length: 50 }, (_, i) => [
      `berth_${String(i).padStart(26, '0')}=${WRONG}`,
      `a${i}="berth; ${i}"`,
    ]).flat();
    const own = `${cookieNameOf(id)}=${TOKEN}`;
    const kept = others.filter((c) => !c.startsWith('berth_')).join('; ');
    for (const headers of [{ cookie: [own, ...others].join('; ') }, { ...bearer, cookie: others.join('; ') }])
      expect(toldBy(await ask(port, '/', headers)).headers.cookie).toBe(kept);
  });

  it('lets no cookie go on where more of them are from sessions than it can take out', async () => {
    const many = Array.from({ length: 80 }, (_, i) => `berth_${String(i).padStart(26, '0')}=1; a=${i}`).join('; ');
    const answer = await ask(await web(), '/', { ...bearer, cookie: many });
    expect(answer.status).toBe(200);
    expect(toldBy(answer).headers).not.toHaveProperty('cookie');
  });

  it('takes them out also where everybody is let in', async () => {
    const endpoint = await world.serve([at(await httpServer(teller))]);
    const of = (cookie: string) => ask(portOf(endpoint), '/', { cookie }).then((a) => toldBy(a).headers.cookie);
    expect(await of(`x=1; ${cookieNameOf(id)}=${TOKEN}; y=2`)).toBe('x=1; y=2');
    expect(await of(`${cookieNameOf(id).toUpperCase()} = ${TOKEN}`)).toBeUndefined();
    expect(await of('berth=1;; berth_x="2",3;c')).toBe('berth=1;; berth_x="2",3;c');
  });

  it("passes on what is the instance's: its own Authorization beside the cookie", async () => {
    const port = await web();
    const headers = { authorization: 'token of-jupyter', cookie: `${cookieNameOf(id)}=${TOKEN}; _xsrf=2|a|b` };
    expect(toldBy(await ask(port, '/', headers)).headers).toMatchObject({
      authorization: 'token of-jupyter',
      cookie: '_xsrf=2|a|b',
    });
  });

  it.each([
    ['/?LINK', '/'],
    ['/lab?LINK', '/lab'],
    ['/user/a%40b/?LINK', '/user/a%40b/'],
    ['/a%2Fb%2fc?LINK&x=%20+&y', '/a%2Fb%2fc?x=%20+&y'],
    ['/a;b:c?x=1&LINK', '/a;b:c?x=1'],
    ['/d:e?x=1&LINK&y=a%26b&&z', '/d:e?x=1&y=a%26b&&z'],
    ['/a//b///c?LINK', '/a//b///c'],
    ['//elsewhere.example/?LINK', '//elsewhere.example/'],
    ['//elsewhere.example?LINK', '//elsewhere.example'],
    ['/\\elsewhere.example?LINK', '///elsewhere.example'],
    ['/x?a=/..//elsewhere.example&LINK', '/x?a=/..//elsewhere.example'],
  ])('sends one who came by %s on to %s on this host, with a cookie', async (path, to) => {
    const port = await web();
    const answer = await ask(port, path.replace('LINK', `berth_token=${TOKEN}`), { host: 'outside.example' });
    expect(answer.status).toBe(303);
    // As a browser reads it, whose address may be below a path of an outer proxy.
    const base = `https://outside.example${path.replace('LINK', '')}`;
    expect(String(new URL(answer.headers.location ?? 'none', base))).toBe(`https://outside.example${to}`);
    expect(answer.headers['set-cookie']).toEqual([`${cookieNameOf(id)}=${TOKEN}; HttpOnly; SameSite=Lax; Path=/`]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(`${answer.headers.location}${answer.text}`).not.toContain(TOKEN);
  });

  it('holds below the path of an outer proxy', async () => {
    const answer = await ask(await web(), `/lab/tree?berth_token=${TOKEN}`);
    const outside = new URL(answer.headers.location ?? '', 'https://outside.example/sessions/7/lab/tree');
    expect(outside.pathname).toBe('/sessions/7/lab/tree');
  });

  it('lets the cookie go over TLS only where the outer proxy speaks it', async () => {
    const answer = await ask(await web(), `/?berth_token=${TOKEN}`, { 'x-forwarded-proto': 'https' });
    expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
  });

  it('sends on also one who is known already, so that no instance and no Referer gets the token', async () => {
    const answer = await ask(await web(), `/lab?berth_token=${TOKEN}&a=1`, bearer);
    expect(answer).toMatchObject({ status: 303, headers: { location: './lab?a=1' } });
  });

  it.each(['POST', 'HEAD', 'PUT', 'OPTIONS'])('takes no link with %s', async (method) => {
    const port = await web();
    expect((await ask(port, `/?berth_token=${TOKEN}`, {}, { method })).status).toBe(401);
    expect((await ask(port, `/?berth_token=${TOKEN}`, bearer, { method })).status).toBe(401);
    expect((await ask(port, '/', bearer, { method })).status).toBe(200);
  });

  it('takes no wrong link, and leaves the parameter of one who is known alone', async () => {
    const port = await web();
    expect((await ask(port, `/?berth_token=${WRONG}`)).status).toBe(401);
    expect((await ask(port, `/?berth_token=${TOKEN}0`)).status).toBe(401);
    expect((await ask(port, `/?xberth_token=${TOKEN}`)).status).toBe(401);
    expect(toldBy(await ask(port, '/?berth_token=old', bearer)).url).toBe('/?berth_token=old');
  });

  const HOST = 'node.example:30001';
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  it.each<[what: string, status: number, method: string, headers: Record<string, string>]>([
    [
      'its own page',
      200,
      'POST',
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', origin: `http://${HOST}` },
    ],
    ['its own page, without TLS', 200, 'POST', { origin: `http://${HOST}` }],
    ['its own page behind a proxy', 200, 'POST', { origin: 'https://a.example', 'x-forwarded-host': 'a.example, b' }],
    [
      'its own page behind one that left the port out',
      200,
      'POST',
      { origin: 'http://a.example:81', host: 'a.example' },
    ],
    ['its own page by IPv6', 200, 'POST', { origin: 'http://[::1]:81', host: '[::1]:81' }],
    ['the address line', 200, 'GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    ['a link elsewhere', 200, 'GET', link],
    ['no page', 200, 'POST', {}],
    ['a form elsewhere', 401, 'POST', link],
    ["another session's page", 401, 'GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    ["a script of another session's page", 401, 'GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ["another session's page, without TLS", 401, 'POST', { origin: 'http://node.example:30002' }],
    ['a port that goes on', 401, 'POST', { origin: `http://${HOST}0` }],
    ['a name that goes on', 401, 'POST', { origin: 'http://node.example.evil:30001' }],
    ['a name that ends like it', 401, 'POST', { origin: 'http://evil.node.example:30001' }],
    ['a page without an origin', 401, 'POST', { origin: 'null' }],
  ])('takes the cookie from %s with %i, and the header always', async (_, code, method, headers) => {
    const port = await web();
    const cookie = `${cookieNameOf(id)}=${TOKEN}`;
    expect((await ask(port, '/', { host: HOST, cookie, ...headers }, { method })).status).toBe(code);
    expect((await ask(port, '/', { host: HOST, ...bearer, cookie, ...headers }, { method })).status).toBe(200);
  });

  it('lets WebSockets in by header or cookie', async () => {
    const upstream = await httpServer(teller, (server) => {
      new WebSocketServer({ server }).on('connection', (s) => s.on('message', (data) => s.send(String(data))));
    });
    const url = urlOf(await serve([at(upstream)])).replace('http', 'ws');
    const said = (headers: Record<string, string>): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(url, { headers });
        onTestFinished(() => socket.terminate());
        socket.once('open', () => socket.send('hello'));
        socket.once('message', (data) => resolve(String(data)));
        socket.once('error', reject);
      });
    expect(await said(bearer)).toBe('hello');
    expect(await said({ cookie: `${cookieNameOf(id)}=${TOKEN}` })).toBe('hello');
    await expect(said({})).rejects.toThrow('401');
  });

  it('lets gRPC calls in by their metadata, which the instance does not see, and tells others so', async () => {
    const same = (b: Buffer): Buffer => b;
    const method = {
      path: '/test.Echo/Say',
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    } as const;
    const server = new Server();
    onTestFinished(() => server.forceShutdown());
    server.addService(
      { say: method },
      {
        say: (call: { metadata: Metadata }, answer: (err: null, value: Buffer) => void) =>
          answer(null, Buffer.from(JSON.stringify(call.metadata.getMap()))),
      },
    );
    const upstream = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (e, p) => (e ? reject(e) : resolve(p)));
    });
    const client = new Client(`127.0.0.1:${portOf(await serve([at(upstream, 'grpc')]))}`, credentials.createInsecure());
    onTestFinished(() => client.close());
    const say = (entries: Record<string, string>): Promise<string> =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        for (const [k, v] of Object.entries(entries)) metadata.set(k, v);
        client.makeUnaryRequest(method.path, same, same, Buffer.from(''), metadata, (err, answer) =>
          err ? reject(err) : resolve(String(answer)),
        );
      });
    const seen = await say({ ...bearer, 'x-own': 'kept' });
    expect(JSON.parse(seen)).toMatchObject({ 'x-own': 'kept' });
    expect(seen).not.toContain(TOKEN);
    for (const wrong of [{}, { authorization: `Bearer ${WRONG}` }])
      await expect(say(wrong)).rejects.toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'This session asks for its access token.',
      });
  });

  it("lets berth's own probes in that bring it, and does not take them for use", async () => {
    const server = new Server();
    onTestFinished(() => server.forceShutdown());
    new HealthImplementation({ '': 'SERVING' }).addToServer(server);
    const health = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (e, p) => (e ? reject(e) : resolve(p)));
    });
    const endpoint = await serve([at(await httpServer(teller)), at(health, 'grpc')]);
    const prober = createProber(createOwnConnections(createSystemClock()));
    const probe = (readiness: Readiness, accessToken: string | null) =>
      prober.probe(endpoint, readiness, { timeoutMs: 5_000, accessToken }, never);
    const http = { kind: 'http', port: 'http', path: '/', expect: [{ from: 200, to: 399 }] } as const;
    const grpc = { kind: 'grpc', port: 'grpc', service: '' } as const;
    for (const readiness of [http, grpc]) expect(await probe(readiness, TOKEN)).toEqual({ answered: true });
    expect(await probe(http, null)).toEqual({ answered: false, detail: 'HTTP 401' });
    expect(await probe(grpc, null)).toEqual({ answered: false, detail: 'gRPC UNAUTHENTICATED' });
    await eventually('the refused ones to be logged', () => written().split('"status":').length === 3);
    expect(readFileSync(world.file(id, 'access.log'), 'utf8')).toBe('');
  });

  it('cannot ask on a TCP port', async () => {
    const endpoint = await serve([at(await tcpServer((s) => void s.end('welcome')), 'tcp')]);
    const socket = connect(portOf(endpoint), '127.0.0.1');
    expect(await new Promise((resolve) => socket.once('data', (data) => resolve(String(data))))).toBe('welcome');
    socket.destroy();
  });

  it('writes the token down nowhere but in a configuration that only its owner can read', async () => {
    const port = await web();
    await ask(port, `/?berth_token=${TOKEN}`);
    await ask(port, '/', bearer);
    await ask(port, '/', { cookie: `${cookieNameOf(id)}=${TOKEN}` });
    await ask(port, `/?berth_token=${TOKEN}`, {}, { method: 'POST' });
    const lines = () => ['access.log', 'refused.log'].map((f) => readFileSync(world.file(id, f), 'utf8').split('\n'));
    await eventually(
      'all to be in the logs',
      () =>
        lines()
          .map((l) => l.length)
          .join() === '4,2',
    );
    expect(written()).toContain('"path":"/"');
    expect(written()).not.toContain(TOKEN);
    expect(readFileSync(world.file(id, 'nginx.conf'), 'utf8')).toContain(TOKEN);
    expect(statSync(world.file(id, 'nginx.conf')).mode & 0o077).toBe(0);
  });

  it('writes it down nowhere when connections to the instance fail in an unusual way, either', async () => {
    const endpoint = await serve([{ ...at(9), host: '255.255.255.255' }]);
    const statuses = [
      (await ask(portOf(endpoint), `/?berth_token=${TOKEN}`)).status,
      (await ask(portOf(endpoint), '/?x=1', bearer)).status,
      (await ask(portOf(endpoint), `/?berth_token=${TOKEN}x`, bearer)).status,
    ];
    expect(statuses).toEqual([303, 502, 502]);
    await eventually('all to be in the log', () => written().split('"path":"/"').length > 3);
    expect(written()).not.toContain(TOKEN);
  });

  it('says that it asks, goes on after a new broker came, and takes another token at once', async () => {
    const upstream = [at(await httpServer(teller))];
    const endpoint = await serve(upstream);
    expect(endpoint.tokenRequired).toBe(true);
    const record = readFileSync(world.file(id, 'proxy.json'), 'utf8');
    expect(await world.again().ensure(specOf(upstream), never)).toEqual({ status: 'serving', endpoint });
    expect(readFileSync(world.file(id, 'proxy.json'), 'utf8')).toBe(record);
    await serve(upstream, WRONG);
    expect((await ask(portOf(endpoint), '/', bearer)).status).toBe(401);
    expect((await ask(portOf(endpoint), '/', { authorization: `Bearer ${WRONG}` })).status).toBe(200);
  });

  it('asks before it says that the instance does not answer yet', async () => {
    const seen = await world.proxy.ensure(
      { ...specOf([]), ports: [{ name: 'http', protocol: 'http' }], upstream: null },
      never,
    );
    const port = seen.status === 'serving' ? portOf(seen.endpoint) : 0;
    expect((await ask(port, '/')).status).toBe(401);
    expect((await ask(port, '/', bearer)).status).toBe(503);
  });

  it('does not tell the token when nginx refuses its configuration', async () => {
    const spec = { ...specOf([at(9)]), settings: { ...PROXY_SETTINGS, maxHeader: 16 } };
    await expect(world.proxy.ensure(spec, never)).rejects.toThrow(/^nginx refused: (?!.*0f1e2d3c)/);
  });
});
