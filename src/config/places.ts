import { isIP } from 'node:net';

export type Listen = { readonly host: string; readonly port: number };

/** `HOST:PORT`, IPv6 in brackets; null: not readable. */
export function parseListen(text: string): Listen | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** Whether nobody but this machine can reach an address. Names other than localhost may resolve to anything. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** As everybody writes it, so that two spellings are one address (`::0` is `::`). null: not readable, in need of a zone
 *  (`fe80::1%eth0`), which only this machine knows, or IPv4 in another dress (`::ffff:0.0.0.0`). */
export function parseIp(text: string): string | null {
  if (isIP(text) === 4) return text;
  if (isIP(text) !== 6 || text.includes('%')) return null;
  const ip = new URL(`http://[${text}]`).hostname.slice(1, -1);
  return ip.startsWith('::ffff:') ? null : ip;
}

/** The addresses that stand for all of this machine's: one can listen there, but not connect. */
export const isWildcard = (ip: string): boolean => ip === '0.0.0.0' || ip === '::';

/** What callers can be told: a name, or an address that is no wildcard. null: neither. */
export function parseHost(text: string): string | null {
  const ip = parseIp(text);
  if (ip !== null) return isWildcard(ip) ? null : ip;
  const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
  // A last label of digits alone would be an address that is none.
  const isName = text.length <= 253 && new RegExp(`^(?:${label}\\.)*(?!\\d+$)${label}$`).test(text);
  return isName ? text : null;
}

export type PortRange = { readonly from: number; readonly to: number };

export function parsePortRange(text: string): PortRange | null {
  const match = /^(\d{4,5})-(\d{4,5})$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  return from >= 1_024 && to <= 65_535 && from <= to ? { from, to } : null;
}

export type StorePlace =
  /** `file` as written; `:memory:` is no store, since nothing would survive. */
  | { readonly kind: 'sqlite'; readonly file: string }
  /** redis:// or redis-sentinel://, rediss for TLS; may hold a password: never log it. */
  | { readonly kind: 'redis'; readonly url: string };

const SERVER = String.raw`(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?`;
const LOGIN = String.raw`(?:[^@/\s]*@)?`;
const REDIS = new RegExp(String.raw`^rediss?://${LOGIN}${SERVER}(?:/\d{0,5})?(?:\?db=\d{1,5})?$`);
const SENTINEL = new RegExp(
  String.raw`^rediss?-sentinel://${LOGIN}${SERVER}(?:,${SERVER})*/[\w.-]+(?:\?(?:db|sentinelUsername|sentinelPassword)=[^\s?]*)?$`,
);

/** The form only; whether something answers there is the store's business. null: not readable. */
export function parseStore(text: string): StorePlace | null {
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    return file === '' || file.startsWith(':') || file.includes('\0') ? null : { kind: 'sqlite', file };
  }
  return REDIS.test(text) || SENTINEL.test(text) ? { kind: 'redis', url: text } : null;
}

/** The base of an HTTP API, without a slash at the end; null: not readable, or more than a scheme and a host. */
export function parseUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  const bare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return bare ? url.origin : null;
}

/** Networks as address and length of prefix. */
export type Cidr = { readonly address: string; readonly prefix: number };

/** Networks separated by commas; null: not readable. */
export function parseCidrs(text: string): readonly Cidr[] | null {
  const found = text.split(',').map((part) => {
    const [written = '', length = ''] = part.trim().split('/');
    const address = parseIp(written);
    const most = isIP(written) === 4 ? 32 : 128;
    return address !== null && /^\d{1,3}$/.test(length) && Number(length) <= most
      ? { address, prefix: Number(length) }
      : null;
  });
  return found.every((c) => c !== null) ? found : null;
}
