import { createServer } from 'node:net';

/** Loopback ports for instances, below those that the kernel gives out by itself. Both ends inclusive. */
export type PortRange = { readonly from: number; readonly to: number };

export type PortPool = { take(count: number): Promise<readonly number[]>; giveBack(ports: readonly number[]): void };

/** Goes round, so that a port that was just given up is not met again at once by who still knows it. */
export function createPortPool(range: PortRange): PortPool {
  const taken = new Set<number>();
  const size = range.to - range.from + 1;
  // Several simulators on one machine begin in different places.
  let at = (process.pid * 97) % size;

  async function takeOne(): Promise<number> {
    for (let tried = 0; tried < size; tried++) {
      at = (at + 1) % size;
      const port = range.from + at;
      if (taken.has(port)) continue;
      taken.add(port);
      if (await isFree(port)) return port;
      taken.delete(port);
    }
    throw new Error(`no free port in ${range.from}-${range.to}`);
  }

  return {
    async take(count) {
      const ports: number[] = [];
      for (let n = 0; n < count; n++) ports.push(await takeOne());
      return ports;
    },
    giveBack(ports) {
      for (const port of ports) taken.delete(port);
    },
  };
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
