import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Protocol } from '../../../src/domain/endpoint.ts';
import type { ProxySpec } from '../../../src/ports/session-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';
import { httpServer } from './upstream.ts';
import { at, type NginxWorld, newProxyId, nginxWorld, portOf } from './world.ts';

const never = new AbortController().signal;
const HOST = 'sessions.example';

describe('Where a proxy listens', () => {
  let world: NginxWorld;
  let upstream: number;
  beforeEach(async () => {
    world = await nginxWorld();
    upstream = await httpServer((_, res) => res.end('hello'));
  });
  afterEach(() => world.close());

  const specOf = (protocol: Protocol = 'http', over: Partial<ProxySpec> = {}): ProxySpec => ({
    id: newProxyId(),
    ports: [{ name: protocol, protocol }],
    upstream: [at(upstream, protocol)],
    settings: PROXY_SETTINGS,
    ...over,
  });
  const answers = async (host: string, port: number): Promise<boolean> => {
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
    const text = await fetch(url, { headers: { connection: 'close' } }).then(
      (a) => a.text(),
      () => null,
    );
    return text === 'hello';
  };

  it.each([
    ['127.0.0.2', ['127.0.0.2'], ['127.0.0.1', '::1']],
    ['0.0.0.0', ['127.0.0.1', '127.0.0.2'], ['::1']],
    ['::1', ['::1'], ['127.0.0.1']],
    ['::', ['::1', '127.0.0.1', '127.0.0.2'], []],
  ])('%s is where it answers, and callers are told the host', async (address, there, elsewhere) => {
    const proxy = world.again({ listening: { address, host: HOST } });
    const spec = specOf();
    const seen = await proxy.ensure(spec, never);
    if (seen.status !== 'serving') throw new Error(seen.status);
    expect(seen.endpoint.ports[0]?.host).toBe(HOST);
    const port = portOf(seen.endpoint);
    for (const host of there) expect([host, await answers(host, port)]).toEqual([host, true]);
    for (const host of elsewhere) expect([host, await answers(host, port)]).toEqual([host, false]);
    // What was once told holds, whatever new ones are told.
    expect(await world.again().ensure(spec, never)).toEqual(seen);
    for (const pid of world.processes(spec.id)) process.kill(pid, 'SIGKILL');
    await eventually('it is dead', () => world.processes(spec.id).length === 0);
    expect(await world.again().ensure(spec, never)).toEqual(seen);
    for (const host of there) expect([host, await answers(host, port)]).toEqual([host, true]);
  });

  it.each([
    ['0.0.0.0', '127.0.0.1', true],
    ['::', '127.0.0.1', true],
    ['::', '::1', true],
    ['127.0.0.1', '0.0.0.0', true],
    ['127.0.0.2', '127.0.0.1', false],
    ['::1', '127.0.0.1', false],
  ])('%s: a stranger on %s takes the port: %s', async (address, theirs, takes) => {
    const stranger = createServer();
    onTestFinished(() => void stranger.close());
    const port = await freePort();
    await new Promise<void>((resolve, reject) => stranger.once('error', reject).listen(port, theirs, resolve));
    const proxy = world.again({ listening: { address, host: HOST }, portRange: { from: port, to: port } });
    const made = proxy.ensure(specOf(), never);
    if (takes) await expect(made).rejects.toMatchObject({ code: 'no-capacity' });
    else expect(await made).toMatchObject({ status: 'serving' });
  });

  it.each([
    ['0.0.0.0', 'http', undefined, true],
    ['::', 'grpc', undefined, true],
    ['0.0.0.0', 'http', 'a'.repeat(64), false],
    // It cannot ask for one.
    ['0.0.0.0', 'tcp', 'a'.repeat(64), true],
    ['127.0.0.2', 'http', undefined, false],
    ['::1', 'tcp', undefined, false],
  ] as const)(
    '%s with a port of %s and token %s warns once, or not at all: %s',
    async (address, protocol, token, warns) => {
      const warnings: unknown[] = [];
      const log = { warn: (fields: object, message: string) => void warnings.push([message, fields]) };
      const proxy = world.again({ listening: { address, host: HOST }, log });
      const over = token === undefined ? {} : { accessToken: token };
      await proxy.ensure(specOf(protocol, over), never);
      await proxy.ensure(specOf(protocol, over), never);
      expect(warnings).toHaveLength(warns ? 1 : 0);
      if (warns)
        expect(warnings[0]).toMatchObject(['proxy.open', { address, detail: expect.stringMatching(protocol) }]);
    },
  );
});

/** Of the range that the world's proxies do not use. */
async function freePort(): Promise<number> {
  for (let port = 12_600; port < 12_700; port++) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '::', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port');
}
