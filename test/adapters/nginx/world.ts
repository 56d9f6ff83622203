import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNginx, type NginxFound } from '../../../src/adapters/nginx/find.ts';
import { createNginxProxy, type NginxProxyOptions } from '../../../src/adapters/nginx/proxy.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { Addresses, Endpoint, NamedPort, Protocol } from '../../../src/domain/endpoint.ts';
import type { ProxyId } from '../../../src/domain/ids.ts';
import type { ProxySettings } from '../../../src/domain/proxy.ts';
import type { SessionProxy } from '../../../src/ports/session-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import { PROXY_SETTINGS } from '../../support/fixtures.ts';

const NEVER = new AbortController().signal;
/** Apart from the ranges of brokers and of other tests, and below the ports that the kernel gives to whoever connects:
 *  one of those may be taken in the moment in which its nginx is dead. Each test process begins at another place. */
const FROM = 13_000 + (process.pid % 30) * 50;
let ids = 0;

export const newProxyId = (): ProxyId => `p-${`${process.pid}n${++ids}`.padStart(26, '0')}`;

export type NginxWorld = {
  readonly dir: string;
  readonly proxy: SessionProxy;
  /** As a new broker makes it. */
  again(over?: Partial<NginxProxyOptions>): SessionProxy;
  /** A proxy that serves, in front of these. */
  serve(ports: Addresses, over?: Partial<ProxySettings>, id?: ProxyId): Promise<Endpoint>;
  /** The processes of nginx of one proxy, or of all. */
  processes(id?: ProxyId): readonly number[];
  master(id: ProxyId): number;
  file(id: ProxyId, name: string): string;
  /** Removes all and fails if anything is left. */
  close(): Promise<void>;
};

/** Real nginx in a folder of its own. */
export async function nginxWorld(over: Partial<NginxProxyOptions> = {}): Promise<NginxWorld> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'berth-nginx-')));
  const found: NginxFound = await findNginx(null);
  const again = (more: Partial<NginxProxyOptions> = {}): SessionProxy =>
    createNginxProxy({
      dir,
      installationId: 'test',
      portRange: { from: FROM, to: FROM + 499 },
      clock: createSystemClock(),
      found,
      ...over,
      ...more,
    });
  const proxy = again();
  const file = (id: ProxyId, name: string) => join(dir, id, name);

  return {
    dir,
    proxy,
    again,
    async serve(ports, settings = {}, id = newProxyId()) {
      const seen = await proxy.ensure(
        {
          id,
          ports: ports.map(({ name, protocol }) => ({ name, protocol })),
          upstream: ports,
          settings: { ...PROXY_SETTINGS, ...settings },
        },
        NEVER,
      );
      if (seen.status !== 'serving') throw new Error(`not serving but ${seen.status}`);
      return seen.endpoint;
    },
    processes: (id) => processesBelow(id === undefined ? dir : join(dir, id)),
    master: (id) => Number(readFileSync(file(id, 'nginx.pid'), 'utf8')),
    file,
    async close() {
      for (const id of await proxy.listOwned(NEVER)) await proxy.remove(id, NEVER);
      await eventually('no nginx to be left', () => processesBelow(dir).length === 0);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function processesBelow(dir: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/cwd`).startsWith(dir) &&
          !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
        );
      } catch {
        return false;
      }
    });
}

export const at = (port: number, protocol: Protocol = 'http', name: string = protocol): Addresses[number] => ({
  name,
  protocol,
  host: '127.0.0.1',
  port,
});

export const namesOf = (ports: Addresses): readonly NamedPort[] =>
  ports.map(({ name, protocol }) => ({ name, protocol }));

export const urlOf = (e: Endpoint, n = 0): string => `http://${e.ports[n]?.host}:${e.ports[n]?.port}`;
export const portOf = (e: Endpoint, n = 0): number => e.ports[n]?.port ?? 0;
