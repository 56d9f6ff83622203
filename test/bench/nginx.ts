import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findNginx, type Nginx } from '../../src/adapters/nginx/find.ts';
import { createNginxProxy } from '../../src/adapters/nginx/proxy.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { PortAddress } from '../../src/domain/endpoint.ts';
import type { ProxyId } from '../../src/domain/ids.ts';
import type { SessionProxy } from '../../src/ports/session-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { PROXY_SETTINGS } from '../support/fixtures.ts';

const NEVER = new AbortController().signal;
/** Apart from the ranges of brokers, and below the ports that the kernel gives to whoever connects. */
export const PROXY_PORTS = { from: 15_000, to: 15_998 } as const;
const MINIMAL_PORT = 15_999;

export async function theNginx(): Promise<Nginx> {
  const found = await findNginx(null);
  if ('why' in found) throw new Error(found.why);
  return found.nginx;
}

/** The adapter as a broker has it. */
export async function proxiesIn(dir: string): Promise<SessionProxy> {
  return createNginxProxy({
    dir: join(dir, 'proxies'),
    installationId: 'bench',
    portRange: PROXY_PORTS,
    clock: createSystemClock(),
    found: { nginx: await theNginx() },
  });
}

let made = 0;
export const newProxyId = (): ProxyId => `p-${String(++made).padStart(26, '0')}`;

/** @returns its port */
export async function serve(proxy: SessionProxy, id: ProxyId, upstream: number): Promise<number> {
  const to: PortAddress = { name: 'http', protocol: 'http', host: '127.0.0.1', port: upstream };
  const spec = { id, ports: [{ name: 'http', protocol: 'http' }], upstream: [to], settings: PROXY_SETTINGS } as const;
  const seen = await proxy.ensure(spec, NEVER);
  const port = seen.status === 'serving' ? seen.endpoint.ports[0]?.port : undefined;
  if (port === undefined) throw new Error(`not serving but ${seen.status}`);
  return port;
}

export async function removeAll(proxy: SessionProxy): Promise<void> {
  for (const id of await proxy.listOwned(NEVER)) await proxy.remove(id, NEVER);
}

/** What somebody writes who only wants to pass requests on. @param more in its location */
export async function startMinimal(dir: string, name: string, upstream: number, more: string) {
  const { program } = await theNginx();
  const home = join(realpathSync(dir), name);
  mkdirSync(home);
  const port = MINIMAL_PORT - minimals++;
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${t};`).join(' ');
  writeFileSync(
    join(home, 'nginx.conf'),
    `${AS_ROOT}pid nginx.pid; error_log error.log; worker_processes 1; events {}
http { ${temp} access_log access.log; client_max_body_size 0;
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; ${more} } } }\n`,
  );
  const ask = (...args: string[]) =>
    promisify(execFile)(program, ['-p', `${home}/`, '-c', 'nginx.conf', '-e', 'error.log', ...args]);
  await ask();
  return {
    port,
    async stop(): Promise<void> {
      const pid = Number(readFileSync(join(home, 'nginx.pid'), 'utf8'));
      process.kill(pid, 'SIGTERM');
      await eventually('nginx to end', () => !isAlive(pid));
    },
  };
}
let minimals = 0;
/** Otherwise nobody's workers could not spool bodies into a folder of ours. */
const AS_ROOT = process.getuid?.() === 0 ? 'user root; ' : '';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
