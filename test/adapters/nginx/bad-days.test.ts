import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { askStatus } from '../../../src/adapters/nginx/control.ts';
import { placesOf } from '../../../src/adapters/nginx/record.ts';
import type { ProxySpec } from '../../../src/ports/session-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';
import { httpServer, teller } from './upstream.ts';
import { at, type NginxWorld, newProxyId, nginxWorld, portOf, urlOf } from './world.ts';

const never = new AbortController().signal;
const specOf = (port: number, id = newProxyId()): ProxySpec => ({
  id,
  ports: [{ name: 'http', protocol: 'http' }],
  upstream: [at(port)],
  settings: PROXY_SETTINGS,
});
const saying = (text: string): Promise<number> => httpServer((_, res) => res.end(text));
const ask = async (url: string): Promise<string> => (await fetch(url, { headers: { connection: 'close' } })).text();

/** An instance that sends back what its sockets say, with its name in front. */
const talking = (name: string): Promise<number> =>
  httpServer(teller, (server) => {
    new WebSocketServer({ server }).on('connection', (s) => s.on('message', (data) => s.send(`${name} ${data}`)));
  });

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => undefined);
  return socket;
}
const said = (socket: WebSocket, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)));
    socket.once('close', () => reject(new Error('closed')));
    socket.send(text);
  });

describe('nginx-local on a bad day', () => {
  let world: NginxWorld;
  beforeEach(async () => {
    world = await nginxWorld();
  });
  afterEach(() => world.close());

  it('starts one again on the same port when all of it was killed', async () => {
    const spec = specOf(await saying('hello'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    for (const pid of world.processes(spec.id)) process.kill(pid, 'SIGKILL');
    await eventually('it is dead', () => world.processes(spec.id).length === 0);
    expect(await world.again().ensure(spec, never)).toEqual({ status: 'serving', endpoint });
    expect(await ask(urlOf(endpoint))).toBe('hello');
  });

  it('keeps what is open when the master alone was killed, and starts another', async () => {
    const spec = specOf(await talking('one'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const socket = await opened(urlOf(endpoint));
    const master = world.master(spec.id);
    process.kill(master, 'SIGKILL');
    await eventually('the master is dead', () => !world.processes(spec.id).includes(master));
    expect(await world.proxy.ensure(spec, never)).toEqual({ status: 'serving', endpoint });
    expect(world.master(spec.id)).not.toBe(master);
    expect((await fetch(urlOf(endpoint))).status).toBe(200);
    expect(await said(socket, 'still here')).toBe('one still here');
    // Also what the old master left is ended with the proxy.
    await world.proxy.remove(spec.id, never);
    expect(world.processes(spec.id)).toEqual([]);
  });

  it('lets a killed worker come back without being asked', async () => {
    const spec = specOf(await saying('hello'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const [worker] = world.processes(spec.id).filter((pid) => pid !== world.master(spec.id));
    process.kill(worker ?? 0, 'SIGKILL');
    await eventually('an answer', async () => (await ask(urlOf(endpoint)).catch(() => '')) === 'hello');
  });

  it('changes the instance behind an open WebSocket without cutting it', async () => {
    const [one, two] = [await talking('one'), await talking('two')];
    const spec = specOf(one);
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const old = await opened(urlOf(endpoint));
    const master = world.master(spec.id);
    expect(await world.proxy.ensure({ ...spec, upstream: [at(two)] }, never)).toEqual({ status: 'serving', endpoint });
    expect(world.master(spec.id)).toBe(master);
    expect(await said(old, 'hello')).toBe('one hello');
    await eventually('new ones lead to the new instance', async () => {
      const socket = await opened(urlOf(endpoint));
      return (await said(socket, 'hello')) === 'two hello';
    });
  });

  it('cuts what the old instance still has open when its time is over', async () => {
    const [one, two] = [await talking('one'), await talking('two')];
    const settings = { ...PROXY_SETTINGS, drainTimeoutMs: 1_000 };
    const spec = { ...specOf(one), settings };
    const endpoint = await world.serve(spec.upstream ?? [], settings, spec.id);
    const old = await opened(urlOf(endpoint));
    const closed = new Promise<void>((resolve) => old.once('close', () => resolve()));
    await world.proxy.ensure({ ...spec, upstream: [at(two)] }, never);
    await closed;
  });

  it('takes another port when the first is taken, and says when none is left', async () => {
    const spec = specOf(await saying('mine'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const port = portOf(endpoint);
    await world.proxy.remove(spec.id, never);
    const stranger = createServer((_, res) => res.end('a stranger'));
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
    try {
      const again = await world.serve(spec.upstream ?? [], {}, spec.id);
      expect(portOf(again)).not.toBe(port);
      expect(await ask(urlOf(again))).toBe('mine');
      const narrow = world.again({ portRange: { from: port, to: port } });
      await expect(narrow.ensure(specOf(9), never)).rejects.toMatchObject({ code: 'no-capacity' });
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  it('does not move when a stranger took its port while it was dead: it comes back when that is free', async () => {
    const spec = specOf(await saying('mine'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    for (const pid of world.processes(spec.id)) process.kill(pid, 'SIGKILL');
    await eventually('it is dead', () => world.processes(spec.id).length === 0);
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(portOf(endpoint), '127.0.0.1', resolve));
    await expect(world.proxy.ensure(spec, never)).rejects.toMatchObject({
      code: 'unavailable',
      message: `another program took port ${portOf(endpoint)} of a proxy that had died`,
    });
    await new Promise((resolve) => stranger.close(resolve));
    expect(await world.proxy.ensure(spec, never)).toEqual({ status: 'serving', endpoint });
  });

  it("tells nginx's own words when it refuses, and leaves nothing behind", async () => {
    const spec = { ...specOf(9), settings: { ...PROXY_SETTINGS, maxHeader: 16 } };
    await expect(world.proxy.ensure(spec, never)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^nginx refused: .*client_header_buffer_size|^nginx refused: .*buffer/),
    });
    expect(existsSync(world.file(spec.id, '.'))).toBe(false);
    expect(world.processes(spec.id)).toEqual([]);
  });

  it('goes on as it was when a change is refused', async () => {
    const spec = specOf(await saying('old'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const unknown = [{ ...at(80), host: 'no-such-host.invalid' }];
    await expect(world.proxy.ensure({ ...spec, upstream: unknown }, never)).rejects.toMatchObject({
      message: expect.stringMatching(/nginx refused: host not found in upstream "no-such-host\.invalid:80"/),
    });
    expect(await ask(urlOf(endpoint))).toBe('old');
    const next = [at(await saying('next'))];
    await world.proxy.ensure({ ...spec, upstream: next }, never);
    await eventually('the next', async () => (await ask(urlOf(endpoint)).catch(() => '')) === 'next');
  });

  it('makes nothing without nginx, and still removes what is there', async () => {
    const spec = specOf(await saying('hello'));
    await world.serve(spec.upstream ?? [], {}, spec.id);
    const without = world.again({ found: { why: 'nginx was not found' } });
    await expect(without.ensure(specOf(9), never)).rejects.toMatchObject({ message: 'nginx was not found' });
    expect(await without.listOwned(never)).toEqual([spec.id]);
    await without.remove(spec.id, never);
    expect(world.processes(spec.id)).toEqual([]);
  });

  it('takes over what a broker left half made, and leaves alone what is of another installation', async () => {
    const [half, foreign] = [newProxyId(), newProxyId()];
    mkdirSync(world.file(half, '.'));
    mkdirSync(world.file(foreign, '.'));
    const record = {
      version: 1,
      installation: 'other',
      ports: [],
      asked: '',
      generation: 1,
      published: true,
      restarts: 0,
    };
    writeFileSync(world.file(foreign, 'proxy.json'), JSON.stringify(record));
    expect(await world.proxy.listOwned(never)).toEqual([half]);
    const spec = specOf(await saying('hello'), half);
    const seen = await world.proxy.ensure(spec, never);
    expect(seen.status === 'serving' && (await ask(urlOf(seen.endpoint)))).toBe('hello');
  });

  it('does not take a stranger with a reused pid for its own', async () => {
    const spec = specOf(await saying('hello'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    for (const pid of world.processes(spec.id)) process.kill(pid, 'SIGKILL');
    writeFileSync(world.file(spec.id, 'nginx.pid'), `${process.pid}\n`);
    await world.proxy.ensure(spec, never);
    expect(await ask(urlOf(endpoint))).toBe('hello');
    await world.proxy.remove(spec.id, never);
  });

  it('keeps a long log short while requests come', async () => {
    const short = world.again({ maxLogBytes: 8_192 });
    const spec = specOf(await saying('hello'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const log = world.file(spec.id, 'access.log');
    for (let n = 0; n < 30; n++) await ask(urlOf(endpoint));
    await eventually('a long log', () => statSync(log).size > 4_096);
    await short.ensure(spec, never);
    expect(statSync(log).size).toBe(0);
    await ask(urlOf(endpoint));
    await eventually('a new line', () => statSync(log).size > 0);
    expect(JSON.parse(readFileSync(log, 'utf8'))).toMatchObject({ status: 200 });
  });

  it('counts connections and requests where only the broker can ask', async () => {
    const spec = specOf(await talking('one'));
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    await opened(urlOf(endpoint));
    expect(await askStatus(placesOf(world.dir, spec.id), '/status')).toMatch(/^Active connections: 2\b/);
    expect((await fetch(`${urlOf(endpoint)}/status`)).headers.get('content-type')).not.toBe('text/plain');
    expect(statSync(world.file(spec.id, '.')).mode & 0o077).toBe(0);
  });
});
