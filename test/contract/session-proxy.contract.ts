import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { Addresses, Endpoint } from '../../src/domain/endpoint.ts';
import type { ProxyId } from '../../src/domain/ids.ts';
import type { ProxySpec, SessionProxy } from '../../src/ports/session-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { PROXY_SETTINGS } from '../support/fixtures.ts';

/** What a kind of proxy has. Tests of what it has not are not made. */
export type ProxyHas = {
  /** The endpoint stays when the instance behind it changes. */
  readonly stable: boolean;
  /** There is something that lives on by itself and is listed. */
  readonly owns: boolean;
};

export type ProxyHarness = {
  readonly proxy: SessionProxy;
  /** As a new broker makes it. */
  again(): Promise<SessionProxy>;
  close(): Promise<void>;
};

const never = new AbortController().signal;
const PORTS = [{ name: 'http', protocol: 'http' }] as const;
const settings = PROXY_SETTINGS;

const wallNow = (): number => createSystemClock().now();

let counter = 0;
const newId = (): ProxyId => `p-${`${process.pid}x${++counter}`.padStart(26, '0')}`;

export function sessionProxyContract(name: string, has: ProxyHas, make: () => Promise<ProxyHarness>): void {
  describe(`SessionProxy contract: ${name}`, () => {
    let world: ProxyHarness;
    let proxy: SessionProxy;
    let upstreams: Server[] = [];

    beforeEach(async () => {
      world = await make();
      proxy = world.proxy;
    });

    afterEach(async () => {
      for (const id of await proxy.listOwned(never)) await proxy.remove(id, never);
      await eventually('no proxy to be left', async () => (await proxy.listOwned(never)).length === 0);
      await world.close();
      for (const server of upstreams) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      upstreams = [];
    });

    /** An instance's own server. */
    async function upstream(says: string): Promise<Addresses> {
      const server = createServer((_, res) => res.end(says));
      upstreams.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no address');
      return [{ name: 'http', protocol: 'http', host: '127.0.0.1', port: address.port }];
    }

    const serving = (spec: ProxySpec, by = proxy): Promise<Endpoint> =>
      eventually(`${spec.id} to serve`, async () => {
        const seen = await by.ensure(spec, never);
        return seen.status === 'serving' ? seen.endpoint : null;
      });

    async function ask(endpoint: Endpoint): Promise<string> {
      const [port] = endpoint.ports;
      const answer = await fetch(`http://${port?.host}:${port?.port}/`, { headers: { connection: 'close' } });
      return answer.text();
    }

    it('leads from its endpoint to the instance, with every port under its name', async () => {
      const endpoint = await serving({ id: newId(), ports: PORTS, settings, upstream: await upstream('hello') });
      expect(endpoint.ports.map(({ name, protocol }) => ({ name, protocol }))).toEqual(PORTS);
      expect(endpoint.stable).toBe(has.stable);
      await eventually('the answer', async () => (await ask(endpoint).catch(() => '')) === 'hello');
    });

    it('answers the same when asked again, also by a new broker', async () => {
      const spec = { id: newId(), ports: PORTS, settings, upstream: await upstream('hello') };
      const endpoint = await serving(spec);
      expect(await serving(spec)).toEqual(endpoint);
      expect(await serving(spec, await world.again())).toEqual(endpoint);
    });

    it('tells two proxies apart', async () => {
      const [one, two] = [await upstream('one'), await upstream('two')];
      const [first, second] = [
        await serving({ id: newId(), ports: PORTS, settings, upstream: one }),
        await serving({ id: newId(), ports: PORTS, settings, upstream: two }),
      ];
      await eventually('both to lead to their own', async () => {
        const answers = await Promise.all([first, second].map((e) => ask(e).catch(() => '')));
        return answers.join() === 'one,two';
      });
    });

    it('removes again and again without complaint, also what never was', async () => {
      const id = newId();
      await serving({ id, ports: PORTS, settings, upstream: await upstream('hello') });
      await proxy.remove(id, never);
      await proxy.remove(id, never);
      await proxy.remove(newId(), never);
      await eventually('it to be gone', async () => !(await proxy.listOwned(never)).includes(id));
    });

    it('does nothing for a signal that is aborted already', async () => {
      const aborted = AbortSignal.abort();
      const spec = { id: newId(), ports: PORTS, settings, upstream: null };
      const refused = { name: 'AbortError' };
      await expect(proxy.ensure(spec, aborted)).rejects.toMatchObject(refused);
      await expect(proxy.remove(spec.id, aborted)).rejects.toMatchObject(refused);
      await expect(proxy.listOwned(aborted)).rejects.toMatchObject(refused);
      await expect(proxy.activity([spec.id], aborted)).rejects.toMatchObject(refused);
    });

    it('leaves out of activity what it does not know', async () => {
      expect(await proxy.activity([newId()], never)).toEqual(new Map());
      expect(await proxy.activity([], never)).toEqual(new Map());
    });

    if (!has.owns)
      it('knows of no activity', async () => {
        const id = newId();
        const endpoint = await serving({ id, ports: PORTS, settings, upstream: await upstream('hello') });
        await ask(endpoint);
        expect(await proxy.activity([id], never)).toEqual(new Map());
      });

    if (has.owns) {
      it('tells of one that nobody used that nobody did', async () => {
        const id = newId();
        await serving({ id, ports: PORTS, settings, upstream: await upstream('hello') });
        expect(await proxy.activity([id], never)).toEqual(
          new Map([[id, { lastEndedAt: null, connections: 0, lastDataAt: null }]]),
        );
      });

      it('tells when the last request has ended, also by a new broker, and of each its own', async () => {
        const [used, unused] = [newId(), newId()];
        const to = await upstream('hello');
        const endpoint = await serving({ id: used, ports: PORTS, settings, upstream: to });
        await serving({ id: unused, ports: PORTS, settings, upstream: to });
        const before = wallNow();
        await ask(endpoint);
        const at = await eventually('it to be seen', async () => {
          return (await proxy.activity([used, unused], never)).get(used)?.lastEndedAt ?? null;
        });
        // The kernel stamps files by a clock that ticks every few ms.
        expect(at).toBeGreaterThanOrEqual(before - 20);
        expect(at).toBeLessThanOrEqual(wallNow());
        const seen = await (await world.again()).activity([used, unused], never);
        expect(seen.get(used)?.lastEndedAt).toBe(at);
        expect(seen.get(unused)?.lastEndedAt).toBeNull();
      });

      it('counts the connections that are open, until they are closed', async () => {
        const id = newId();
        const [port] = (await serving({ id, ports: PORTS, settings, upstream: await upstream('hello') })).ports;
        const sockets = [1, 2, 3].map(() => connect(port?.port ?? 0, port?.host));
        const count = async () => (await proxy.activity([id], never)).get(id)?.connections;
        await eventually('all to be counted', async () => (await count()) === 3);
        for (const socket of sockets) socket.destroy();
        await eventually('none to be left', async () => (await count()) === 0);
      });
    }

    if (!has.stable)
      it('says starting while it is not known where the instance answers', async () => {
        const seen = await proxy.ensure({ id: newId(), ports: PORTS, settings, upstream: null }, never);
        expect(seen).toMatchObject({ status: 'starting', detail: expect.stringMatching(/./) });
      });

    if (has.stable)
      it('keeps its endpoint when the instance behind it changes', async () => {
        const id = newId();
        const endpoint = await serving({ id, ports: PORTS, settings, upstream: await upstream('old') });
        expect(await serving({ id, ports: PORTS, settings, upstream: await upstream('new') })).toEqual(endpoint);
        await eventually('the new answer', async () => (await ask(endpoint).catch(() => '')) === 'new');
      });

    if (has.owns)
      it('lists what it made, also to a new broker', async () => {
        const ids = [newId(), newId()];
        for (const id of ids) await serving({ id, ports: PORTS, settings, upstream: await upstream('hello') });
        expect([...(await proxy.listOwned(never))].sort()).toEqual([...ids].sort());
        expect([...(await (await world.again()).listOwned(never))].sort()).toEqual([...ids].sort());
      });
  });
}
