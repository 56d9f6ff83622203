import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { NamedPort, PortAddress } from '../../domain/endpoint.ts';
import { BrokerError } from '../../domain/errors.ts';

/** Both ends inclusive. */
export type PortRange = { readonly from: number; readonly to: number };

/** Where proxies listen, and what callers are told instead of it. */
export type Listening = { readonly address: string; readonly host: string };

/** Who has which port of the range. One stays taken until its proxy is removed, not just until it is silent. */
export function createPortBook(range: PortRange, { address, host }: Listening) {
  const takenBy = new Map<number, string>();
  const size = range.to - range.from + 1;

  function release(owner: string): void {
    for (const [port, by] of takenBy) if (by === owner) takenBy.delete(port);
  }

  /** Each owner begins to look at a place of its own, so that a port given back is hardly given to the next one. */
  async function next(owner: string, from: number): Promise<number> {
    for (let step = 0; step < size; step++) {
      const port = range.from + ((from + step) % size);
      if (takenBy.has(port)) continue;
      takenBy.set(port, owner);
      if (await isFree(port, address)) return port;
      takenBy.delete(port);
    }
    throw new BrokerError('no-capacity', `no free port is left for proxies in ${range.from}-${range.to}`, {
      reason: 'NO_FREE_PORT',
    });
  }

  return {
    /** @throws BrokerError `no-capacity` when the range is used up; then `owner` has none */
    async assign(owner: string, ports: readonly NamedPort[]): Promise<PortAddress[]> {
      const start = createHash('sha256').update(owner).digest().readUInt32BE(0);
      const assigned: PortAddress[] = [];
      try {
        for (const { name, protocol } of ports)
          assigned.push({ name, protocol, host, port: await next(owner, start + assigned.length) });
      } catch (err) {
        release(owner);
        throw err;
      }
      return assigned;
    },
    /** Of a proxy that was found. */
    note(owner: string, ports: readonly PortAddress[]): void {
      for (const { port } of ports) if (!takenBy.has(port)) takenBy.set(port, owner);
    },
    release,
  };
}

/** Asked of the kernel: whoever listens there, on this address or on all, makes it fail. */
export const isFree = (port: number, address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** What nginx is to bind: to it, :: is IPv6 alone. */
export const bindings = (address: string, port: number): readonly string[] =>
  address === '::'
    ? [`[::]:${port}`, `0.0.0.0:${port}`]
    : [address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`];

export const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
