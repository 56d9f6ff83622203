import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findSs } from '../adapters/nginx/connections.ts';
import type { Nginx, NginxFound } from '../adapters/nginx/find.ts';
import { CONF, FILES, STATUS_SOCKET } from '../adapters/nginx/record.ts';
import { TOKEN_PARAMETER } from '../domain/endpoint.ts';
import type { ProxySettings } from '../domain/proxy.ts';
import { renderNginx } from '../nginx/render.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const TEST_MS = 10_000;

/** Whether there is an nginx that can do what is asked of it. Without one, sessions have their instance's own address.
 *  @param settings of a class, for the configuration that is tried; null: none is tried */
export async function checkNginx(found: NginxFound, settings: ProxySettings | null): Promise<readonly Finding[]> {
  if ('why' in found) {
    const [seen = '', ...todo] = found.why.split('; ');
    const without = 'without it, addresses change with the instance and access tokens cannot be asked for';
    return [warn('nginx', seen, [...todo, without].join('; '))];
  }
  const { nginx } = found;
  const stream = nginx.dialect.modules.length === 0 ? 'built in' : 'as a module';
  const seen = ok('nginx', `${nginx.version} at ${nginx.program}, stream ${stream}`);
  return settings === null ? [seen] : [seen, await tryConfiguration(nginx, settings)];
}

/** One port of each kind, with an access token, as `nginx -t` sees it. */
async function tryConfiguration(nginx: Nginx, settings: ProxySettings): Promise<Finding> {
  const check = 'nginx config';
  const home = await mkdtemp(join(tmpdir(), 'berth-doctor-'));
  try {
    const upstream = { host: '127.0.0.1', port: 9 };
    // Even to look, nginx binds: sockets in the folder take no port from anybody.
    const listen = (name: string) => [`unix:${name}.sock`];
    await writeFile(
      join(home, CONF),
      renderNginx({
        generation: 1,
        ports: [
          { name: 'http', protocol: 'http', listen: listen('http'), upstream },
          { name: 'grpc', protocol: 'grpc', listen: listen('grpc'), upstream },
          { name: 'tcp', protocol: 'tcp', listen: listen('tcp'), upstream },
        ],
        settings,
        authorization: null,
        access: { token: '0'.repeat(64), parameter: TOKEN_PARAMETER, cookie: `berth_${'0'.repeat(26)}` },
        probes: 'berth-doctor',
        files: FILES,
        status: `unix:${STATUS_SOCKET}`,
        dialect: nginx.dialect,
        daemon: true,
      }),
    );
    const args = ['-t', '-q', '-p', `${home}/`, '-c', CONF, '-e', FILES.errorLog];
    await promisify(execFile)(nginx.program, args, { cwd: home, timeout: TEST_MS, env: {} });
    return ok(check, 'nginx accepts what berth writes for it');
  } catch (err) {
    const words = err instanceof Error && 'stderr' in err ? String(err.stderr).trim() : messageOf(err);
    return fail(
      check,
      words.split('\n').at(0) ?? '',
      'report it with the version of nginx; until then use proxy: direct',
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** `ss` tells how much moved on connections that stay open: what idleness is judged by where nothing else is said. */
export function checkSocketTool(): Finding {
  const program = findSs();
  if (program !== null) return ok('ss', program);
  return warn(
    'ss',
    'not found',
    'install iproute2; without it, an open connection counts as use also when it is silent',
  );
}
