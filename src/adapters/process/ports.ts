import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { NamedPort, PortAddress } from '../../domain/endpoint.ts';
import { BrokerError } from '../../domain/errors.ts';

/** Both ends inclusive. */
export type PortRange = { readonly from: number; readonly to: number };

const HOST = '127.0.0.1';

/** Who has which port of the range. A port stays taken until its instance is gone, not just until it is silent. */
export function createPortBook(range: PortRange) {
  const takenBy = new Map<number, string>();
  const size = range.to - range.from + 1;

  function claim(port: number, owner: string): boolean {
    if (takenBy.has(port)) return false;
    takenBy.set(port, owner);
    return true;
  }

  function release(owner: string): void {
    for (const [port, by] of takenBy) if (by === owner) takenBy.delete(port);
  }

  /** Begins at a place of the owner's own: another broker on this machine with the same range then hardly ever looks
   *  at the same port, and a port just given back is not given to the next one. */
  async function next(owner: string, from: number): Promise<number> {
    for (let step = 0; step < size; step++) {
      const port = range.from + ((from + step) % size);
      if (!claim(port, owner)) continue;
      if (await isFree(port)) return port;
      takenBy.delete(port);
    }
    throw noPort();
  }

  const noPort = (): BrokerError =>
    new BrokerError('no-capacity', `no free port is left in ${range.from}-${range.to}`, { reason: 'NO_FREE_PORT' });

  return {
    /** @throws BrokerError `no-capacity` when instances have the whole range: who waits need not be tried in vain */
    checkRoom(): void {
      if (takenBy.size >= size) throw noPort();
    },
    /** @throws BrokerError `no-capacity` when the range is used up; then `owner` has none. */
    async assign(owner: string, ports: readonly NamedPort[]): Promise<readonly PortAddress[]> {
      const start = createHash('sha256').update(owner).digest().readUInt32BE(0);
      const assigned: PortAddress[] = [];
      try {
        for (const p of ports) assigned.push({ ...p, host: HOST, port: await next(owner, start + assigned.length) });
      } catch (err) {
        release(owner);
        throw err;
      }
      return assigned;
    },
    /** Of an instance that was found. */
    note(owner: string, ports: readonly PortAddress[]): void {
      for (const p of ports) claim(p.port, owner);
    },
    release,
  };
}

export type PortBook = ReturnType<typeof createPortBook>;

/** Asked of the kernel: whoever listens there, on loopback or on all addresses, makes it fail. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
