export type Protocol = 'http' | 'grpc' | 'tcp';

/** A port that a session class names; where it listens is decided per instance.
 *  `number`: where the program in an image listens; absent: it is told. */
export type NamedPort = { readonly name: string; readonly protocol: Protocol; readonly number?: number };

/** Where one named port answers. */
export type PortAddress = NamedPort & { readonly host: string; readonly port: number };

/** The addresses of an instance itself, or the one given to clients. */
export type Addresses = readonly PortAddress[];

/** Whether an instance with these ports can serve behind a proxy with those. */
export const samePorts = (a: readonly NamedPort[], b: readonly NamedPort[]): boolean =>
  a.length === b.length && a.every((p) => b.some((q) => isSamePort(p, q)));

/** Whether each of the ports has an address. */
export const hasPorts = (addresses: Addresses, ports: readonly NamedPort[]): boolean =>
  ports.every((p) => addresses.some((a) => isSamePort(p, a)));

export const sameAddresses = (a: Addresses, b: Addresses): boolean =>
  a.length === b.length && a.every((p) => b.some((q) => isSamePort(p, q) && p.host === q.host && p.port === q.port));

const isSamePort = (a: NamedPort, b: NamedPort): boolean => a.name === b.name && a.protocol === b.protocol;

/** What a client is given. */
export type Endpoint = {
  readonly ports: Addresses;
  /** Whether it stays the same when the instance behind it is replaced. */
  readonly stable: boolean;
  /** Whether its HTTP and gRPC ports ask for the session's access token. Absent: they do not. */
  readonly tokenRequired?: boolean;
};

/** The query parameter that brings the access token once; the proxy turns it into a cookie. */
export const TOKEN_PARAMETER = 'berth_token';

/** How berth's own probes name themselves, so that they do not pass for use. */
export const PROBE_AGENT = 'berth-probe';

/** `http://host:port` for HTTP, `grpc://…` and `tcp://…` otherwise. */
export function urlOf(p: PortAddress): string {
  const host = p.host.includes(':') ? `[${p.host}]` : p.host;
  return `${p.protocol}://${host}:${p.port}`;
}
