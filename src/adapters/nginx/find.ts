import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NginxDialect } from '../../nginx/describe.ts';
import { findProgram, isProgram } from './programs.ts';

/** An nginx that can do what the renderer asks of it. */
export type Nginx = { readonly program: string; readonly version: string; readonly dialect: NginxDialect };

/** `why`: what is missing and what to do about it, for people. */
export type NginxFound = { readonly nginx: Nginx } | { readonly why: string };

const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const INSTALL = 'on Debian and Ubuntu: apt-get install nginx libnginx-mod-stream; then start berth again';
/** That of Debian 12. `proxy_half_close` came shortly before. */
const AT_LEAST = [1, 22] as const;
/** From here on `http2` is a directive of its own. */
const HTTP2_DIRECTIVE = [1, 25, 1] as const;
const ASK_MS = 10_000;

/** @param given the program, by its full path; null: looked for in `path` and the system's folders */
export async function findNginx(given: string | null, path = process.env.PATH ?? ''): Promise<NginxFound> {
  const program = given ?? findProgram('nginx', path, SYSTEM_FOLDERS);
  if (program === null || !isProgram(program))
    return { why: given === null ? `nginx was not found; ${INSTALL}` : `${given} is no program` };
  try {
    // Its version and options are printed on standard error.
    const { stderr } = await promisify(execFile)(program, ['-V'], { timeout: ASK_MS, env: {} });
    return readVersion(program, stderr);
  } catch (err) {
    return { why: `${program} -V failed: ${err instanceof Error ? err.message : String(err)}` };
  }
}

/** What `nginx -V` printed. @param exists whether there is a file by this path */
export function readVersion(program: string, printed: string, exists = existsSync): NginxFound {
  const version = /nginx\/(\d+(?:\.\d+)+)/.exec(printed)?.[1];
  if (version === undefined) return { why: `${program} -V did not say which nginx it is` };
  if (!isFrom(version, AT_LEAST))
    return { why: `${program} is nginx ${version}; ${AT_LEAST.join('.')} or later is needed` };
  const options = printed.split(/\s+/);
  const lacks = ['--with-http_v2_module', '--with-http_stub_status_module'].find((o) => !options.includes(o));
  if (lacks !== undefined) return { why: `${program} was built without ${lacks}` };
  const stream = streamModule(options);
  if (stream === null || !stream.every(exists)) return { why: `the stream module of nginx is missing; ${INSTALL}` };
  const http2 = isFrom(version, HTTP2_DIRECTIVE) ? 'directive' : 'on-listen';
  return { nginx: { program, version, dialect: { modules: stream, http2 } } };
}

/** What to load for it: nothing when it is built in; null when it is not there. */
function streamModule(options: readonly string[]): readonly string[] | null {
  if (options.includes('--with-stream')) return [];
  const folder = options.find((o) => o.startsWith('--modules-path='))?.slice('--modules-path='.length);
  if (!options.includes('--with-stream=dynamic') || folder === undefined) return null;
  return [join(folder, 'ngx_stream_module.so')];
}

function isFrom(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const differs = least.findIndex((n, i) => (parts[i] ?? 0) !== n);
  return differs === -1 || (parts[differs] ?? 0) > (least[differs] ?? 0);
}
