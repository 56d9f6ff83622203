import type { Clock } from '../../ports/clock.ts';
import type { Expect, Store, Stored } from '../../ports/store.ts';
import { anchorOf, type Claim, claimStore, emptied, groundOf, isSame, ours } from './installation.ts';
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

/** What tells a store from the same one after it was emptied. */
export type Life = { readonly life: string; readonly revision: number };

/** Keeps the mirror in step with the store. */
export type Follower = ReturnType<typeof createFollower>;

export function createFollower(deps: {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly clock: Clock;
  /** Whose store it is to be. */
  readonly installationId: string;
  /** Another one at each call. */
  readonly newLife: () => Life;
  /** Puts back into a store that was emptied what the mirror remembers, as long as the ground stands. May be called again
   *  where it failed. */
  readonly putBack: (ground: Expect) => Promise<void>;
  readonly onError: (err: unknown) => void;
}) {
  const { store, mirror, clock } = deps;
  /** null: not claimed yet. */
  let claim: Claim | null = null;
  let recovery: { readonly from: Claim; readonly done: Promise<void> } | null = null;
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
      const [installation, ...found] = await store.read([KEY.installation, ...batch]);
      // What an emptied store does not have is not gone.
      if (claim !== null && !isSame(installation, claim)) return recover(claim);
      batch.forEach((key, n) => {
        const { kind, id } = splitKey(key);
        if (!KINDS.has(kind)) return;
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

  /** Others may do the same at the same time: nothing is written over, and who comes later reads what is there. */
  function recover(was: Claim): Promise<void> {
    // From within: emptied once more. Whoever needs it tries again.
    if (recovery !== null && recovery.from !== was) throw emptied();
    recovery ??= {
      from: was,
      done: restore(was).finally(() => {
        recovery = null;
      }),
    };
    return recovery.done;
  }

  async function restore(was: Claim): Promise<void> {
    const [stored] = await store.read([KEY.installation]);
    const now = stored ? ours(stored, deps.installationId) : null;
    deps.onError(emptied());
    const made: Claim = { id: deps.installationId, ...deps.newLife() };
    const ground = await groundOf(store, made.revision);
    // Where another replica that knew the same has put it back, what this one has may be older.
    if (now === null || now.restored !== was.life) await deps.putBack(ground);
    else mirror.rewind();
    claim = await claimStore(store, was.life === undefined ? made : { ...made, restored: was.life }, ground);
    await resync();
    tell();
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
    /** Makes the store this installation's. @throws BrokerError `precondition` where it is another's */
    async claim(): Promise<void> {
      claim = await claimStore(store, { id: deps.installationId, ...deps.newLife() });
    },
    /** What a commit expects that is made into the store as this replica knows it. */
    anchor: (): readonly Expect[] => (claim === null ? [] : [anchorOf(claim)]),
    /** Whether what the store says of itself is what this replica knows. */
    knows: (installation: Stored | null | undefined): boolean => claim !== null && isSame(installation, claim),
    /** Looks whether the store was emptied, and has it put back. @returns whether it was: then look again */
    async wasEmptied(): Promise<boolean> {
      const before = claim;
      await load([KEY.lease]);
      return claim !== before;
    },
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
