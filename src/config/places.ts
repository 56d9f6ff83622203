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
