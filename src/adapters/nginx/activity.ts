import type { ProxyId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProxyActivity } from '../../ports/session-proxy.ts';
import { type Connection, connectionsTo, findSs } from './connections.ts';
import { lastLineAt } from './logs.ts';
import type { PortRange } from './ports.ts';
import type { Places, ProxyRecord } from './record.ts';

/** berth's own connections: probes are no use. */
export type OwnConnections = {
  /** Other ends, as `address:port`, that were open at some time since `at` (`Clock.monotonic`). */
  since(at: number): ReadonlySet<string>;
};

type ActivityDeps = {
  readonly range: PortRange;
  readonly clock: Clock;
  readonly own: OwnConnections | undefined;
  placesOf(id: ProxyId): Places;
  recordOf(id: ProxyId): ProxyRecord | null;
};

/** What clients make of the proxies. Everything is read from nginx's logs and the kernel, so no restart loses any. */
export function createActivity(d: ActivityDeps) {
  /** Of proxies whose ports were published, and so never change. */
  const portsOf = new Map<ProxyId, readonly number[]>();
  let ss: string | null | undefined;

  function ports(id: ProxyId): readonly number[] | null {
    const known = portsOf.get(id);
    if (known !== undefined) return known;
    const record = d.recordOf(id);
    if (!record?.published) return null;
    const read = record.ports.map((p) => p.port);
    portsOf.set(id, read);
    return read;
  }

  async function clients(signal: AbortSignal): Promise<Map<number, Connection[]>> {
    const begun = d.clock.monotonic();
    if (ss === undefined) ss = findSs();
    const found = await connectionsTo(d.range, ss, signal);
    const own = d.own?.since(begun) ?? new Set();
    const byPort = new Map<number, Connection[]>();
    for (const one of found) {
      if (own.has(one.peer)) continue;
      const others = byPort.get(one.port);
      if (others === undefined) byPort.set(one.port, [one]);
      else others.push(one);
    }
    return byPort;
  }

  return {
    async of(ids: readonly ProxyId[], signal: AbortSignal): Promise<ReadonlyMap<ProxyId, ProxyActivity>> {
      const byPort = await clients(signal);
      const now = d.clock.now();
      const result = new Map<ProxyId, ProxyActivity>();
      for (const id of ids) {
        const own = ports(id);
        if (own === null) continue;
        const open = own.flatMap((port) => byPort.get(port) ?? []);
        const quiet = open.map((c) => c.quietMs).filter((ms) => ms !== null);
        result.set(id, {
          lastEndedAt: lastLineAt(d.placesOf(id)),
          connections: open.length,
          lastDataAt: quiet.length === 0 ? null : now - Math.min(...quiet),
        });
      }
      return result;
    },
    forget(id: ProxyId): void {
      portsOf.delete(id);
    },
  };
}
