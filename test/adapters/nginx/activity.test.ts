import { readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createOwnConnections } from '../../../src/adapters/probe/own-connections.ts';
import { createProber } from '../../../src/adapters/probe/prober.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { ProxyId } from '../../../src/domain/ids.ts';
import type { ProxyActivity } from '../../../src/ports/session-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';
import { httpServer, tcpServer, teller } from './upstream.ts';
import { at, type NginxWorld, namesOf, newProxyId, nginxWorld, portOf, urlOf } from './world.ts';

const never = new AbortController().signal;
const clock = createSystemClock();
const UNUSED: ProxyActivity = { lastEndedAt: null, connections: 0, lastDataAt: null };

describe("What is seen of a proxy's use", () => {
  let world: NginxWorld;
  let id: ProxyId;
  const own = createOwnConnections(clock);
  beforeEach(async () => {
    world = await nginxWorld({ own });
    id = newProxyId();
  });
  afterEach(() => world.close());

  const activity = async (): Promise<ProxyActivity | undefined> => (await world.proxy.activity([id], never)).get(id);
  const seen = (what: string, is: (a: ProxyActivity) => boolean): Promise<ProxyActivity> =>
    eventually(what, async () => {
      const a = await activity();
      return a !== undefined && is(a) && a;
    });
  const logged = (name: string): string => readFileSync(world.file(id, name), 'utf8');

  it('is when data last moved on an open WebSocket, while merely being open is none', async () => {
    const sockets: WebSocket[] = [];
    const port = await httpServer(teller, (server) => {
      new WebSocketServer({ server }).on('connection', (s) => sockets.push(s));
    });
    const client = new WebSocket(urlOf(await world.serve([at(port)], {}, id)).replace('http', 'ws'));
    onTestFinished(() => client.terminate());
    await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
    await seen('it, without data for a while', (a) => clock.now() - (a.lastDataAt ?? clock.now()) > 300);
    // What the instance says is use like what the client says.
    for (const from of [client, ...sockets]) {
      // The kernel counts in its ticks of some ms.
      const before = clock.now();
      from.send('x');
      await seen('the new time', (a) => (a.lastDataAt ?? 0) >= before - 20);
    }
    // Nothing has ended, and the connection of nginx to the instance is none of a client.
    expect(await activity()).toMatchObject({ lastEndedAt: null, connections: 1 });
    client.terminate();
    await seen('its end', (a) => a.lastEndedAt !== null && a.connections === 0 && a.lastDataAt === null);
  });

  it('is that of TCP connections too, from their opening on', async () => {
    const endpoint = await world.serve([at(await tcpServer((s) => void s.resume()), 'tcp')], {}, id);
    const before = clock.now();
    const socket = connect(portOf(endpoint), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const silent = await seen('the connection', (a) => a.connections === 1);
    expect(silent.lastEndedAt).toBeNull();
    expect(silent.lastDataAt).toBeGreaterThanOrEqual(before - 20);
    await seen('a while without data', (a) => clock.now() - (a.lastDataAt ?? clock.now()) > 300);
    const said = clock.now();
    socket.write('hello');
    await seen('the data', (a) => (a.lastDataAt ?? 0) >= said - 20);
    socket.destroy();
    await seen('its end', (a) => a.lastEndedAt !== null && a.connections === 0);
  });

  it('counts all ports of a proxy, and none of another', async () => {
    const upstream = await httpServer(teller);
    const two = [at(upstream, 'http', 'one'), at(upstream, 'http', 'two')];
    const [endpoint, other] = [await world.serve(two, {}, id), await world.serve([at(upstream)])];
    const sockets: Socket[] = [portOf(endpoint, 0), portOf(endpoint, 1), portOf(other)].map((p) =>
      connect(p, '127.0.0.1'),
    );
    onTestFinished(() => sockets.forEach((s) => void s.destroy()));
    await seen('two', (a) => a.connections === 2);
  });

  it('is not what probes do, neither while they wait nor in the log', async () => {
    const held: (() => void)[] = [];
    const port = await httpServer((_, res) => void held.push(() => res.end()));
    const endpoint = await world.serve([at(port)], {}, id);
    const readiness = { kind: 'http', port: 'http', path: '/', expect: [{ from: 200, to: 200 }] } as const;
    const probing = createProber(own).probe(endpoint, readiness, { timeoutMs: 60_000, accessToken: null }, never);
    await eventually('the instance to be asked', () => held.length > 0);
    expect(await activity()).toEqual(UNUSED);
    held[0]?.();
    expect(await probing).toEqual({ answered: true });
    // A request by anybody else is logged after it.
    const asked = fetch(urlOf(endpoint), { headers: { connection: 'close' } });
    await eventually('the second to be asked', () => held.length > 1);
    expect(await activity()).toMatchObject({ lastEndedAt: null, connections: 1 });
    held[1]?.();
    await asked;
    await seen('the request', (a) => a.lastEndedAt !== null);
    expect(logged('access.log').trim().split('\n')).toHaveLength(1);
    expect(logged('access.log')).not.toContain('berth-probe');
  });

  it('is not what those do who are not let in: they are in a log of their own', async () => {
    const seenNow = await world.proxy.ensure(
      {
        id,
        ports: [{ name: 'http', protocol: 'http' }],
        upstream: [at(await httpServer(teller))],
        settings: PROXY_SETTINGS,
        accessToken: 'a'.repeat(64),
      },
      never,
    );
    const url = seenNow.status === 'serving' ? urlOf(seenNow.endpoint) : '';
    expect((await fetch(`${url}/secret?x=1`)).status).toBe(401);
    await eventually('it to be logged', () => logged('refused.log').endsWith('\n'));
    expect(JSON.parse(logged('refused.log'))).toMatchObject({ status: 401, path: '/secret' });
    await seen('nothing', (a) => a.connections === 0);
    expect(await activity()).toEqual(UNUSED);
    await fetch(url, { headers: { authorization: `Bearer ${'a'.repeat(64)}`, connection: 'close' } });
    await seen('the use', (a) => a.lastEndedAt !== null);
  });

  it('stays when the log is cut, also in the eyes of a new broker', async () => {
    const upstream = [at(await httpServer(teller))];
    const endpoint = await world.serve(upstream, {}, id);
    for (let n = 0; n < 20; n++) await fetch(urlOf(endpoint), { headers: { connection: 'close' } });
    await eventually('all to be logged', () => logged('access.log').split('\n').length === 21);
    const before = await activity();
    const short = world.again({ maxLogBytes: 1_024 });
    await short.ensure({ id, ports: namesOf(upstream), upstream, settings: PROXY_SETTINGS }, never);
    expect(statSync(world.file(id, 'access.log')).size).toBe(0);
    expect((await short.activity([id], never)).get(id)).toEqual(before);
    expect(before?.lastEndedAt).not.toBeNull();
  });

  it('is none for one that was removed', async () => {
    await world.serve([at(await httpServer(teller))], {}, id);
    expect(await activity()).toEqual(UNUSED);
    await world.proxy.remove(id, never);
    expect(await activity()).toBeUndefined();
  });
});
