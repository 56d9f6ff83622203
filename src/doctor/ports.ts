import { isFree } from '../adapters/nginx/ports.ts';
import type { Config } from '../config/load.ts';
import type { Listen, PortRange } from '../config/places.ts';
import { readOr } from './files.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** @param running whether a broker answers there */
export async function checkListeners(
  config: Config,
  running: { readonly grpc: boolean; readonly http: boolean },
): Promise<readonly Finding[]> {
  const grpc = await checkListener('port of gRPC', config.listen, 'BERTH_LISTEN', running.grpc);
  if (config.httpListen === null) return [grpc];
  return [grpc, await checkListener('port of HTTP', config.httpListen, 'BERTH_HTTP_LISTEN', running.http)];
}

async function checkListener(check: string, at: Listen, option: string, running: boolean): Promise<Finding> {
  const place = `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`;
  if (at.port === 0) return ok(check, `${at.host}, any free port`);
  if (running) return ok(check, `${place}, a broker answers there`);
  if (await isFree(at.port, at.host)) return ok(check, `${place} is free`);
  return fail(
    check,
    `${place} is taken, and no broker answers there`,
    `end what listens there (ss -ltnp), or set ${option}`,
  );
}

/** Looking at every port of a range would take seconds. */
const SAMPLES = 64;

const RANGES = [
  ['ports of instances', 'BERTH_PROCESS_PORTS', 'processPorts'],
  ['ports of proxies', 'BERTH_PROXY_PORTS', 'proxyPorts'],
] as const;

export async function checkPortRanges(config: Config): Promise<readonly Finding[]> {
  const [low = 0, high = 0] = readOr('/proc/sys/net/ipv4/ip_local_port_range').trim().split(/\s+/).map(Number);
  return Promise.all(
    RANGES.map(([check, option, name]) =>
      checkRange(check, option, config[name], name === 'proxyPorts' ? config.proxyListen : '127.0.0.1', {
        from: low,
        to: high,
      }),
    ),
  );
}

async function checkRange(
  check: string,
  option: string,
  range: PortRange,
  host: string,
  outgoing: PortRange,
): Promise<Finding> {
  const size = range.to - range.from + 1;
  const count = Math.min(size, SAMPLES);
  const free = (
    await Promise.all(
      Array.from({ length: count }, (_, i) => isFree(range.from + Math.floor((i * size) / count), host)),
    )
  ).filter(Boolean).length;
  const seen = `${range.from}-${range.to} on ${host}, ${free} of ${count} looked at are free`;
  if (free === 0) return fail(check, seen, `set ${option} to a range of free ports`);
  if (free < count / 2) return warn(check, seen, `set ${option} to a larger range`);
  if (range.from <= outgoing.to && range.to >= outgoing.from)
    return warn(
      check,
      `${seen}; connections that this machine opens use ${outgoing.from}-${outgoing.to}`,
      `set ${option} to a range outside of it, or net.ipv4.ip_local_reserved_ports to this one`,
    );
  return ok(check, seen);
}
