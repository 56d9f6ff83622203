import type { RedisOptions } from 'ioredis';
import { BrokerError } from '../../domain/errors.ts';

const FORMS =
  'redis://[USER:PASSWORD@]HOST[:PORT][/DB], rediss:// for TLS, or ' +
  'redis-sentinel://[USER:PASSWORD@]HOST[:PORT],HOST[:PORT]/MASTER[?db=DB&sentinelPassword=PASSWORD]';

const URL_FORM = /^(redis|rediss|redis-sentinel|rediss-sentinel):\/\/(?:([^@/]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/;

/** Where Redis is, as ioredis wants it.
 *  @throws BrokerError `invalid`; its text does not repeat the address, which may hold a password */
export function parseAddress(url: string): RedisOptions {
  const [, scheme, login, hosts, path = '', query = ''] = URL_FORM.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) throw unreadable('its form is unknown');
  const common = { ...parseLogin(login), ...(scheme.startsWith('rediss') ? { tls: {} } : {}) };
  return scheme.endsWith('-sentinel')
    ? { ...common, ...parseSentinel(hosts, path, query, 'tls' in common) }
    : { ...common, ...parseSingle(hosts, path, query) };
}

function parseSingle(hosts: string, path: string, query: string): RedisOptions {
  const db = parseQuery(query, ['db']).db;
  const [address, ...more] = parseHosts(hosts, 6379);
  if (address === undefined || more.length > 0) throw unreadable('it names more than one host');
  return { ...address, db: parseDb(path || db || '0') };
}

function parseSentinel(hosts: string, path: string, query: string, tls: boolean): RedisOptions {
  const { db = '0', ...login } = parseQuery(query, ['db', 'sentinelUsername', 'sentinelPassword']);
  const name = decode(path);
  if (!/^[\w.-]+$/.test(name)) throw unreadable('the name of the master is missing or has unknown characters');
  const sentinels = [...parseHosts(hosts, 26379)];
  // The detector listens to the sentinels, and leaves a master that was replaced while it only hangs.
  return { ...login, sentinels, name, db: parseDb(db), failoverDetector: true, enableTLSForSentinelMode: tls };
}

function parseQuery<K extends string>(query: string, known: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const match = known.find((k) => k === name);
    if (match === undefined) throw unreadable(`there is no option ${name}`);
    found[match] = value;
  }
  return found;
}

function parseLogin(login: string | undefined): { username?: string; password?: string } {
  if (login === undefined || login === '') return {};
  const colon = login.indexOf(':');
  // Redis's own tools take a lone word for the user; nobody means that.
  if (colon < 0) return { password: decode(login) };
  const username = decode(login.slice(0, colon));
  return { password: decode(login.slice(colon + 1)), ...(username === '' ? {} : { username }) };
}

function parseHosts(text: string, defaultPort: number): readonly { readonly host: string; readonly port: number }[] {
  return text.split(',').map((one) => {
    const [, v6, name, port = String(defaultPort)] =
      /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(one) ?? [];
    const host = v6 ?? name;
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw unreadable('a host or port is malformed');
    return { host, port: Number(port) };
  });
}

function parseDb(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw unreadable('the database is not a number');
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('a % stands alone: write %25');
  }
}

const unreadable = (why: string): BrokerError =>
  new BrokerError('invalid', `the address of Redis cannot be read (${why}); expected ${FORMS}`, {
    reason: 'INVALID_STORE_ADDRESS',
  });
