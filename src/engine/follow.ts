import type { Clock } from '../ports/clock.ts';
import type { Expect, Store } from '../ports/store.ts';
import type { Mirror } from './mirror.ts';
import { decode, KEY, type Mirrored, type MirroredKind, SET, splitKey } from './records.ts';

/** Own commits are in the mirror already, unless their answer was lost: seen to after this [ms]. */
const OWN_CHECK_MS = 250;
const BATCH = 500;
const KINDS: ReadonlySet<string> = new Set<MirroredKind>([
  'session',
  'instance',
  'proxy',
  'reserve',
  'history',
  'token',
  'lease',
  'machine',
  'host',
  'renting',
  'market',
]);

/** Keeps the mirror in step with the store. */
export type Follower = ReturnType<typeof createFollower>;

export function createFollower(deps: {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly onError: (err: unknown) => void;
}) {
  const { store, mirror, clock } = deps;
  const own = new Map<string, number>();
  const listeners = new Set<() => void>();
  let checking = false;
  let ready: () => void;
  const firstResync = new Promise<void>((resolve) => {
    ready = resolve;
  });

  async function load(keys: readonly string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += BATCH) {
      const batch = keys.slice(i, i + BATCH);
      const found = await store.read(batch);
      batch.forEach((key, n) => {
        const { kind, id } = splitKey(key);
        const stored = found[n];
        take(kind as MirroredKind, id, stored ? decode<Mirrored[MirroredKind]>(stored) : null);
      });
    }
  }

  function take(
    kind: MirroredKind,
    id: string,
    record: (Mirrored[MirroredKind] & { readonly revision: number }) | null,
  ): void {
    mirror.apply(kind, id, record?.revision ?? 0, record ?? undefined);
  }

  const isBehind = (key: string, revision: number): boolean => {
    const { kind, id } = splitKey(key);
    if (!KINDS.has(kind)) return false;
    const have = mirror.revision(kind as MirroredKind, id);
    return revision === 0 ? have > 0 : have < revision;
  };

  async function members(set: string, keyOf: (member: string) => string): Promise<string[]> {
    const keys: string[] = [];
    for (let after = ''; ; ) {
      const page = await store.range(set, {
        by: 'member',
        prefix: '',
        limit: 1_000,
        ...(after === '' ? {} : { after }),
      });
      keys.push(...page.map(keyOf));
      const last = page.at(-1);
      if (last === undefined || page.length < 1_000) return keys;
      after = last;
    }
  }

  /** Reads everything that lives again, and forgets what is no longer there. */
  async function resync(): Promise<void> {
    const keys = [
      KEY.lease,
      ...(await members(SET.settings, (member) => member)),
      ...(await members(SET.proxies, KEY.proxy)),
      ...(await members(SET.instances, KEY.instance)),
      ...(await members(SET.live, (member) => KEY.session(member.slice(member.indexOf('/') + 1)))),
    ];
    const kept = new Set(keys);
    for (const kind of KINDS as ReadonlySet<MirroredKind>)
      for (const id of mirror.ids(kind)) if (!kept.has(`${kind}/${id}`)) keys.push(`${kind}/${id}`);
    await load(keys);
    ready();
  }

  async function checkOwn(signal: AbortSignal): Promise<void> {
    checking = true;
    await clock.sleep(OWN_CHECK_MS, signal).catch(() => undefined);
    checking = false;
    const behind = [...own].filter(([key, revision]) => isBehind(key, revision)).map(([key]) => key);
    own.clear();
    if (behind.length > 0 && !signal.aborted) await load(behind).catch(deps.onError);
  }

  async function takeIn(keys: readonly Expect[], isOwn: boolean, signal: AbortSignal): Promise<void> {
    const behind = keys.filter((k) => isBehind(k.key, k.revision));
    if (behind.length === 0) return;
    if (!isOwn) return load(behind.map((k) => k.key));
    for (const k of behind) own.set(k.key, k.revision);
    if (!checking) void checkOwn(signal);
  }

  function tell(): void {
    for (const listener of listeners) listener();
  }

  return {
    /** Resolves when everything was read once. */
    ready: firstResync,
    resync,
    /** Reads records that turned out to be stale. */
    refresh: (...keys: readonly string[]): Promise<void> => load(keys),
    /** Calls `listener` after anyone's commit, and whenever commits may have been missed. Returns its end. */
    onCommit(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async run(signal: AbortSignal): Promise<void> {
      for await (const entry of store.feed(signal)) {
        tell();
        for (let pauseMs = 50; !signal.aborted; pauseMs = Math.min(2_000, pauseMs * 2)) {
          try {
            await (entry.kind === 'resync' ? resync() : takeIn(entry.keys, entry.own, signal));
            break;
          } catch (err) {
            // An entry is taken in or tried again: leaving one out would leave the mirror wrong for good.
            deps.onError(err);
            await clock.sleep(pauseMs, signal).catch(() => undefined);
          }
        }
      }
    },
  };
}
