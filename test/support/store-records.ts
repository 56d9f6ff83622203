import type { Instance } from '../../src/domain/instance.ts';
import type { Proxy } from '../../src/domain/proxy.ts';
import type { Session } from '../../src/domain/session.ts';
import type { Store } from '../../src/ports/store.ts';

/** Everything that a store holds about the three records, as it is kept and not as a broker remembers it. */
export type StoreRecords = {
  /** Living and ended ones. */
  readonly sessions: readonly Session[];
  readonly instances: readonly Instance[];
  readonly proxies: readonly Proxy[];
  /** Counter of the provider `process`. */
  readonly counted: number;
  /** What counts against the caps of the provider `vastai`: instances, and micro-dollars per hour. */
  readonly rented: { readonly instances: number; readonly micros: number };
  /** Counters of the tenants that have or had a session, by `tenant/name`. */
  readonly quotas: Readonly<Record<string, number>>;
  /** Revision of the record that is written at each change of leader. */
  readonly epoch: number;
  /** Revision of the lease: grows with each renewal. */
  readonly lease: number;
};

/** Reads through the port, set by set: a consistent picture only while nobody writes. */
export async function readRecords(store: Store): Promise<StoreRecords> {
  const idOf = (member: string) => member.slice(member.indexOf('/') + 1);
  const live = (await members(store, 'sessions/live')).map(idOf);
  const ended = (await members(store, 'sessions/ended')).map(idOf);
  const [epoch, lease] = await store.read(['epoch/leader', 'lease/leader']);
  const [counted = 0, rented = 0, micros = 0] = await store.counters([
    'instances/process',
    'instances/vastai',
    'spending/vastai',
  ]);
  const sessions = (await records(store, 'session', [...new Set([...live, ...ended])])) as Session[];
  return {
    sessions,
    instances: (await records(store, 'instance', await members(store, 'instances'))) as Instance[],
    proxies: (await records(store, 'proxy', await members(store, 'proxies'))) as Proxy[],
    counted,
    rented: { instances: rented, micros },
    quotas: await quotaCounters(store, sessions),
    epoch: epoch?.revision ?? 0,
    lease: lease?.revision ?? 0,
  };
}

async function quotaCounters(store: Store, sessions: readonly Session[]): Promise<Record<string, number>> {
  const names = sessions.flatMap((s) => ['sessions', 'gpus', `class:${s.asked.class}`].map((q) => `${s.tenant}/${q}`));
  const all = [...new Set(names)];
  const values = await store.counters(all.map((name) => `quota/${name}`));
  return Object.fromEntries(all.map((name, n) => [name, values[n] ?? 0]));
}

async function members(store: Store, set: string): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const after = all.at(-1);
    const range = { by: 'member', prefix: '', limit: 1_000, ...(after === undefined ? {} : { after }) } as const;
    const page = await store.range(set, range);
    all.push(...page);
    if (page.length < 1_000) return all;
  }
}

async function records(store: Store, kind: string, ids: readonly string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let i = 0; i < ids.length; i += 500) {
    const batch = await store.read(ids.slice(i, i + 500).map((id) => `${kind}/${id}`));
    for (const stored of batch)
      if (stored !== null) found.push({ ...(stored.value as object), revision: stored.revision });
  }
  return found;
}
