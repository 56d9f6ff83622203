import { createServer, get, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { ProxySpec } from '../../../src/ports/session-proxy.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';
import { at, type NginxWorld, newProxyId, nginxWorld, portOf } from './world.ts';

const never = new AbortController().signal;

/** An instance that says its name and holds WebSockets, until it dies like a killed process: all sockets cut. */
async function instance(name: string) {
  const server: Server = createServer((_, res) => res.end(name));
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const die = async (): Promise<void> => {
    for (const s of sockets.clients) s.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(async () => {
    if (server.listening) await die();
  });
  return { port: address.port, die };
}

/** What one request gets: the name, the status of an error, or what happened to the connection. */
const asked = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const one = get({ host: '127.0.0.1', port, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => {
        text += piece;
      });
      answer.once('end', () => resolve(answer.statusCode === 200 ? text : String(answer.statusCode)));
      answer.once('error', (err) => resolve(err.message));
    });
    one.once('error', (err) => resolve(err.message));
  });

describe('Another instance behind the same endpoint', () => {
  let world: NginxWorld;
  beforeEach(async () => {
    world = await nginxWorld();
  });
  afterEach(() => world.close());

  const specOf = (port: number, id = newProxyId()): ProxySpec => ({
    id,
    ports: [{ name: 'http', protocol: 'http' }],
    upstream: [at(port)],
    settings: PROXY_SETTINGS,
  });

  it('ends the WebSockets of one that died, and leads every request after it to the new one', async () => {
    const [old, next] = [await instance('old'), await instance('new')];
    const spec = specOf(old.port);
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const port = portOf(endpoint);
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await old.die();
    await closed;
    expect(await asked(port)).toBe('502');
    expect(await world.proxy.ensure({ ...spec, upstream: [at(next.port)] }, never)).toEqual({
      status: 'serving',
      endpoint,
    });
    // From the very first: none still reaches a worker that leads to the dead one.
    const answers = await Promise.all(Array.from({ length: 200 }, () => asked(port)));
    expect(new Set(answers)).toEqual(new Set(['new']));
  });

  it('fails no request while the instance is changed under load', async () => {
    const [one, two] = [await instance('one'), await instance('two')];
    const spec = specOf(one.port);
    const port = portOf(await world.serve(spec.upstream ?? [], {}, spec.id));
    let over = false;
    const answers: string[] = [];
    const callers = Array.from({ length: 8 }, async () => {
      while (!over) answers.push(await asked(port));
    });
    for (const to of [two, one, two]) {
      await world.proxy.ensure({ ...spec, upstream: [at(to.port)] }, never);
      // All that begins from here on reaches the new one.
      const name = to === one ? 'one' : 'two';
      expect(await Promise.all(Array.from({ length: 20 }, () => asked(port)))).toEqual(Array(20).fill(name));
    }
    over = true;
    await Promise.all(callers);
    expect(answers.filter((a) => a !== 'one' && a !== 'two')).toEqual([]);
    expect(new Set(answers).size).toBe(2);
  });

  it('lets a download of before go on to its end from the old instance', async () => {
    const next = await instance('new');
    let rest = (): void => undefined;
    const old = createServer((_, res) => {
      res.write('first ');
      rest = () => res.end('last');
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      old.closeAllConnections();
      old.close();
    });
    const address = old.address();
    const spec = specOf(typeof address === 'object' && address !== null ? address.port : 0);
    const endpoint = await world.serve(spec.upstream ?? [], {}, spec.id);
    const answer = await fetch(`http://127.0.0.1:${portOf(endpoint)}/`);
    await world.proxy.ensure({ ...spec, upstream: [at(next.port)] }, never);
    expect(await asked(portOf(endpoint))).toBe('new');
    rest();
    expect(await answer.text()).toBe('first last');
  });
});
