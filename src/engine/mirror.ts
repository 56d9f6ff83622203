import type { InstanceId, ProxyId, SessionId } from '../domain/ids.ts';
import { type Instance, isUnclaimed } from '../domain/instance.ts';
import type { Proxy } from '../domain/proxy.ts';
import type { Session } from '../domain/session.ts';
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
  };
  const listeners = new Set<Listener>();
  const bySession = new Map<string, Set<Listener>>();
  const phases = {
    session: new Map<string, number>(),
    instance: new Map<string, number>(),
    proxy: new Map<string, number>(),
  };
  const byClass = { unclaimed: new Map<string, Set<InstanceId>>(), queued: new Map<string, Set<SessionId>>() };
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

  /** Keeps the counts, the lists by class and the pool in step with one change. */
  const index: {
    readonly [K in MirroredKind]?: (before: Mirrored[K] | undefined, after: Mirrored[K] | undefined) => void;
  } = {
    session(before, after) {
      count('session', before?.phase, after?.phase);
      const of = after ?? before;
      if (of !== undefined) file(byClass.queued, of.asked.class, of.id, after?.phase === 'queued');
    },
    instance(before, after) {
      count('instance', before?.phase, after?.phase);
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
    if (change.kind === 'session') for (const listener of bySession.get(change.id) ?? []) listener(change);
  }

  return {
    pool,
    session: (id: string): Session | undefined => value('session', id),
    instance: (id: InstanceId): Instance | undefined => value('instance', id),
    proxy: (id: ProxyId): Proxy | undefined => value('proxy', id),
    reserve: (className: string) => value('reserve', className),
    history: (className: string) => value('history', className),
    lease: () => value('lease', 'leader'),
    *all<K extends MirroredKind>(kind: K): IterableIterator<Mirrored[K]> {
      for (const k of kept[kind].values()) yield k.value as Mirrored[K];
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
    /** Waiting sessions of a class; oldest first. */
    queued(className: string): Session[] {
      return [...(byClass.queued.get(className) ?? [])]
        .sort()
        .map((id) => value('session', id))
        .filter((s) => s !== undefined);
    },
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

    /** Calls `listener` after each change. Returns its end. */
    listen(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** The same for one session only: thousands may wait at once. */
    listenTo(id: SessionId, listener: Listener): () => void {
      const set = bySession.get(id) ?? new Set<Listener>();
      bySession.set(id, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) bySession.delete(id);
      };
    },
  };
}
