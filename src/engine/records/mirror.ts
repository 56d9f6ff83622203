import type { InstanceId, ProxyId, SessionId } from '../../domain/ids.ts';
import { type Instance, isUnclaimed } from '../../domain/instance.ts';
import type { Proxy } from '../../domain/proxy.ts';
import { fairOrder } from '../../domain/queue.ts';
import type { Session, SessionIn } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import { createPool } from './pool.ts';
import type { Mirrored, MirroredKind } from './records.ts';

/** A change as it is seen by whoever listens; `after` undefined: the record is no longer kept here. */
export type MirrorChange = {
  [K in MirroredKind]: {
    readonly kind: K;
    readonly id: string;
    readonly before: Mirrored[K] | undefined;
    readonly after: Mirrored[K] | undefined;
  };
}[MirroredKind];

type Order = {
  readonly sessions: readonly SessionIn<'queued'>[];
  readonly positions: ReadonlyMap<SessionId, number>;
};
/** Of one class. `order` null: to be made anew. */
type Queue = { order: Order | null; turn: number; readonly turns: Map<string, number>; readonly placedAt: EpochMs[] };
/** Placements that are remembered. */
const KEEP_PLACED = 20;
/** Instances of which it is remembered that a session had them. */
const KEEP_USED = 20_000;
const SERVED: ReadonlySet<string> = new Set(['starting', 'activating', 'active']);

/** A session of the tenant left the queue for an instance: it is another's turn. */
function noteTurn(queue: Queue, s: Session): void {
  queue.turn += 1;
  queue.turns.set(s.tenant, queue.turn);
  queue.placedAt.push(s.since);
  if (queue.placedAt.length > KEEP_PLACED) queue.placedAt.shift();
}

type Listener = (change: MirrorChange) => void;
type Kept = { readonly revision: number; readonly value: unknown };

/**
 * The living records in memory, on every replica: sessions that have not ended, instances, proxies, settings. It is
 * fed by own commits at once and by the store's feed for those of others, so it may lag behind the store; every
 * decision taken from it is checked by the revisions of its commit.
 */
export type Mirror = ReturnType<typeof createMirror>;

export function createMirror() {
  const kept: { readonly [K in MirroredKind]: Map<string, Kept> } = {
    session: new Map(),
    instance: new Map(),
    proxy: new Map(),
    reserve: new Map(),
    history: new Map(),
    token: new Map(),
    lease: new Map(),
    machine: new Map(),
    host: new Map(),
    renting: new Map(),
    market: new Map(),
  };
  const listeners = new Set<Listener>();
  const byId = new Map<string, Set<Listener>>();
  const phases = {
    session: new Map<string, number>(),
    instance: new Map<string, number>(),
    proxy: new Map<string, number>(),
  };
  const byClass = {
    unclaimed: new Map<string, Set<InstanceId>>(),
    queued: new Map<string, Set<SessionId>>(),
    replacing: new Map<string, Set<SessionId>>(),
  };
  const queues = new Map<string, Queue>();
  /** Oldest first. */
  const used = new Set<InstanceId>();
  const pool = createPool();

  const value = <K extends MirroredKind>(kind: K, id: string) => kept[kind].get(id)?.value as Mirrored[K] | undefined;

  function count(kind: 'session' | 'instance' | 'proxy', before: string | undefined, after: string | undefined): void {
    if (before === after) return;
    const of = phases[kind];
    if (before !== undefined) of.set(before, (of.get(before) ?? 0) - 1);
    if (after !== undefined) of.set(after, (of.get(after) ?? 0) + 1);
  }

  function file<T extends string>(index: Map<string, Set<T>>, className: string, id: T, there: boolean): void {
    const ids = index.get(className) ?? new Set<T>();
    index.set(className, ids);
    if (there) ids.add(id);
    else ids.delete(id);
  }

  function noteUse(id: InstanceId): void {
    used.add(id);
    const [oldest] = used;
    if (oldest !== undefined && used.size > KEEP_USED) used.delete(oldest);
  }

  function queueOf(className: string): Queue {
    const known = queues.get(className);
    if (known !== undefined) return known;
    const made: Queue = { order: null, turn: 0, turns: new Map(), placedAt: [] };
    queues.set(className, made);
    return made;
  }

  /** In the order in which they are served; made anew only when somebody came or left. */
  function orderOf(className: string): Order {
    const queue = queueOf(className);
    if (queue.order !== null) return queue.order;
    const waiting: SessionIn<'queued'>[] = [];
    for (const id of [...(byClass.queued.get(className) ?? [])].sort()) {
      const s = value('session', id);
      if (s?.phase === 'queued') waiting.push(s);
    }
    const sessions = fairOrder(waiting, queue.turns);
    const positions = new Map<SessionId, number>();
    for (const s of sessions) positions.set(s.id, positions.size + 1);
    queue.order = { sessions, positions };
    return queue.order;
  }

  /** Keeps the counts, the lists by class and the pool in step with one change. */
  const index: {
    readonly [K in MirroredKind]?: (before: Mirrored[K] | undefined, after: Mirrored[K] | undefined) => void;
  } = {
    session(before, after) {
      count('session', before?.phase, after?.phase);
      const of = after ?? before;
      if (of === undefined) return;
      const wasQueued = before?.phase === 'queued';
      const isQueued = after?.phase === 'queued';
      file(byClass.queued, of.asked.class, of.id, isQueued);
      file(byClass.replacing, of.asked.class, of.id, after?.phase === 'active' && after.replacing !== undefined);
      if (wasQueued || isQueued) queueOf(of.asked.class).order = null;
      if (wasQueued && after !== undefined && SERVED.has(after.phase)) noteTurn(queueOf(of.asked.class), after);
      // Nothing was rented for it, so its tenant has had no turn yet.
      if (isQueued && before?.phase === 'starting' && after.attempts < before.attempts)
        queueOf(of.asked.class).turns.delete(of.tenant);
    },
    instance(before, after) {
      count('instance', before?.phase, after?.phase);
      if (after?.phase === 'bound') noteUse(after.id);
      const of = after ?? before;
      if (of === undefined) return;
      file(byClass.unclaimed, of.class, of.id, after !== undefined && isUnclaimed(after));
      pool.update(of.id, of.class, after, value('proxy', of.proxy));
    },
    proxy(before, after) {
      count('proxy', before?.phase, after?.phase);
      const of = after ?? before;
      if (of !== undefined) pool.update(of.instance, of.class, value('instance', of.instance), after);
    },
  };

  /** Whether the record is of the living: others are not kept. */
  const lives = (kind: MirroredKind, v: unknown): boolean =>
    v !== undefined && !(kind === 'session' && (v as Session).phase === 'released');

  function tell(change: MirrorChange): void {
    for (const listener of listeners) listener(change);
    if (change.kind === 'session' || change.kind === 'instance')
      for (const listener of byId.get(change.id) ?? []) listener(change);
  }

  return {
    pool,
    session: (id: string): Session | undefined => value('session', id),
    instance: (id: InstanceId): Instance | undefined => value('instance', id),
    proxy: (id: ProxyId): Proxy | undefined => value('proxy', id),
    reserve: (className: string) => value('reserve', className),
    history: (className: string) => value('history', className),
    lease: () => value('lease', 'leader'),
    machine: (provider: string, id: string) => value('machine', `${provider}:${id}`),
    host: (provider: string, id: string) => value('host', `${provider}:${id}`),
    renting: () => value('renting', 'all'),
    market: (id: string) => value('market', id),
    *all<K extends MirroredKind>(kind: K): IterableIterator<Mirrored[K]> {
      for (const k of kept[kind].values()) yield k.value as Mirrored[K];
    },
    *entries<K extends MirroredKind>(kind: K): IterableIterator<readonly [string, Mirrored[K]]> {
      for (const [id, k] of kept[kind]) yield [id, k.value as Mirrored[K]];
    },
    ids: (kind: MirroredKind): IterableIterator<string> => kept[kind].keys(),
    size: (kind: MirroredKind): number => kept[kind].size,
    /** Revision kept here; 0: none. */
    revision: (kind: MirroredKind, id: string): number => kept[kind].get(id)?.revision ?? 0,
    phases: (kind: 'session' | 'instance' | 'proxy'): ReadonlyMap<string, number> => phases[kind],
    /** Reserve members of a class, ready or on their way. */
    unclaimed(className: string): Instance[] {
      const found: Instance[] = [];
      for (const id of byClass.unclaimed.get(className) ?? []) {
        const i = value('instance', id);
        if (i !== undefined) found.push(i);
      }
      return found;
    },
    /** Whether a session has had the instance, also one that is gone; as far as this replica remembers. */
    wasUsed: (id: InstanceId): boolean => used.has(id),
    /** Waiting sessions of a class in the order in which they are served. */
    queued: (className: string): readonly SessionIn<'queued'>[] => orderOf(className).sessions,
    /** From 1; 0: it does not wait. */
    queuePosition: (className: string, id: SessionId): number => orderOf(className).positions.get(id) ?? 0,
    /** When the last sessions left the queue of a class for an instance, oldest first. */
    placedAt: (className: string): readonly EpochMs[] => queueOf(className).placedAt,
    /** Sessions in use whose instance was lost and is to be replaced. */
    replacing: (className: string): SessionIn<'active'>[] =>
      [...(byClass.replacing.get(className) ?? [])]
        .flatMap((id) => value('session', id) ?? [])
        .filter((s) => s.phase === 'active'),
    queueLength: (className: string): number => byClass.queued.get(className)?.size ?? 0,

    /** Takes in a record as committed; ignored unless newer than what is kept. `after` undefined: dropped. */
    apply<K extends MirroredKind>(kind: K, id: string, revision: number, after: Mirrored[K] | undefined): void {
      const old = kept[kind].get(id);
      const news = after === undefined ? old !== undefined : revision > (old?.revision ?? 0);
      if (!news) return;
      const stays = lives(kind, after);
      if (stays) kept[kind].set(id, { revision, value: after });
      else kept[kind].delete(id);
      const before = old?.value as Mirrored[K] | undefined;
      index[kind]?.(before, stays ? after : undefined);
      tell({ kind, id, before, after } as MirrorChange);
    },

    /** The store was emptied: whatever revision a record has in it now is newer than what is kept here. */
    rewind(): void {
      for (const of of Object.values(kept)) for (const [id, k] of of) of.set(id, { ...k, revision: 0 });
    },

    /** Calls `listener` after each change. Returns its end. */
    listen(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** The same for one session or instance only: thousands may wait at once. */
    listenTo(id: SessionId | InstanceId, listener: Listener): () => void {
      const set = byId.get(id) ?? new Set<Listener>();
      byId.set(id, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) byId.delete(id);
      };
    },
  };
}
