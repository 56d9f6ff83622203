import type { InstanceId } from '../../domain/ids.ts';
import { INSTANCE_NEXT, type Instance } from '../../domain/instance.ts';
import { PROXY_NEXT, type Proxy } from '../../domain/proxy.ts';
import { countsOf, type Quota } from '../../domain/quota.ts';
import { SESSION_NEXT, type Session } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Candidate, Commit, Count, Drop, Expect, Index, Put, Refusal, Store } from '../../ports/store.ts';
import type { EngineHooks, Transition } from '../hooks.ts';
import { type Caps, capCounts } from '../money/caps.ts';
import { costWrites } from '../money/costs.ts';
import { rentingAsKnown, rentingOff, rents } from '../money/renting.ts';
import { eventLine, type MadeFor } from './event-line.ts';
import type { Mirror } from './mirror.ts';
import { COUNTER, encode, KEY, SET } from './records.ts';

/** One record from what it was to what it shall be. `before` undefined: it must be new. */
export type Change = Transition;

export type LedgerCommit = {
  readonly changes?: readonly Change[];
  /** Alternatives: the first whose records are all still as they were is written. */
  readonly oneOf?: readonly (readonly Change[])[];
  readonly put?: readonly Put[];
  readonly drop?: readonly Drop[];
  readonly index?: readonly Index[];
  readonly expect?: readonly Expect[];
  readonly count?: readonly Count[];
  /** Lines of the event log beside those of the changes. */
  readonly events?: readonly string[];
  /** Puts back what an emptied store had: no cap and no quota keeps out what is there anyway. */
  readonly restores?: boolean;
  /** Who did it, for the event log: a token's id, `local`, or the loop's name. */
  readonly by: string;
};

export type LedgerResult =
  | { readonly committed: true; readonly chosen: number }
  | { readonly committed: false; readonly why: Refusal };

/** The only way to change records: checks that each move is legal, keeps the sets and counters in step, writes the
 *  event lines, and takes what was committed into the mirror. */
export type Ledger = ReturnType<typeof createLedger>;

export function createLedger(deps: {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly hooks: EngineHooks;
  /** Checked in the commit that intends an instance. */
  readonly caps: Caps;
  /** Checked in the commit that makes a session. */
  readonly quotaOf: (tenant: string) => Quota;
  /** What shows that the store still is the one that this replica knows: expected where a session is made. */
  readonly anchor: () => readonly Expect[];
}) {
  const { store, mirror, clock, hooks } = deps;

  /** What is given back goes first: a session that replaces another has room at the limit. */
  function quotaCounts(changes: readonly Change[]): readonly Count[] {
    const counts: Count[] = [];
    for (const { kind, before, after } of changes) {
      if (kind !== 'session') continue;
      for (const { name, ...count } of countsOf(before, after, deps.quotaOf(after.tenant)))
        counts.push({ counter: COUNTER.quota(after.tenant, name), ...count });
    }
    return counts.length > 1 ? counts.sort((a, b) => Number(a.add > 0) - Number(b.add > 0)) : counts;
  }

  function countsFor(c: LedgerCommit, all: readonly Change[]): readonly Count[] {
    const counts = [...all.flatMap((change) => capCounts(change, deps.caps)), ...quotaCounts(all)];
    return c.restores ? counts.map(({ counter, add }) => ({ counter, add })) : counts;
  }

  /** What must be as this replica knows it for the commit to make sense at all. */
  function grounds(c: LedgerCommit, all: readonly Change[]): readonly Expect[] {
    if (c.restores) return [];
    const expect: Expect[] = [];
    if (all.some(({ kind, before }) => kind === 'session' && before === undefined)) expect.push(...deps.anchor());
    if (all.some(rents)) expect.push(rentingAsKnown(mirror));
    return expect;
  }

  function toCommit(
    c: LedgerCommit,
    changes: readonly Change[],
    candidates: readonly (readonly Change[])[],
    at: number,
  ): Commit {
    const madeFor: MadeFor = (id) => (changes.find(isOf(id)) ?? { after: mirror.instance(id) }).after?.for ?? null;
    const base = writesOf(changes, c.by, at, madeFor);
    // The session is the same in every candidate.
    const all = [...changes, ...(candidates[0] ?? [])];
    const ended = changes.map(costWrites).filter((w) => w !== null);
    return {
      put: join(base.put, c.put),
      drop: join(base.drop, c.drop),
      index: join([...base.index, ...ended.map((w) => w.index)], c.index),
      expect: join(grounds(c, all), c.expect),
      count: join([...countsFor(c, all), ...ended.map((w) => w.count)], c.count),
      ...(candidates.length > 0 ? { oneOf: candidates.map((group) => writesOf(group, c.by, at, madeFor)) } : {}),
      events: join(base.events, c.events),
    };
  }

  function keep(change: Change): void {
    const { kind, after } = change;
    const revision = revisionOf(change);
    const over = after.phase === 'gone';
    mirror.apply(kind, after.id, revision, over ? undefined : { ...after, revision });
    hooks.onTransition(change);
  }

  return {
    async commit(c: LedgerCommit): Promise<LedgerResult> {
      const at = clock.now();
      const changes = c.changes ?? [];
      const candidates = c.oneOf ?? [];
      for (const change of [...changes, ...candidates.flat()]) assertLegal(change);
      // The switch may have been turned after whoever commits has looked at it.
      if (rentingOff(mirror) !== null && changes.some(rents))
        return { committed: false, why: { kind: 'revision', ...rentingAsKnown(mirror) } };
      const commit = toCommit(c, changes, candidates, at);
      const result = await store.commit(commit);
      if (!result.committed) return result;
      for (const change of changes) keep(change);
      for (const change of candidates[result.chosen] ?? []) keep(change);
      return result;
    },
  };
}

const NEXT: { readonly [K in Change['kind']]: Readonly<Record<string, readonly string[]>> } = {
  session: SESSION_NEXT,
  instance: INSTANCE_NEXT,
  proxy: PROXY_NEXT,
};

/** The change of an instance. */
const isOf =
  (id: InstanceId) =>
  (change: Change): change is Extract<Change, { readonly kind: 'instance' }> =>
    change.kind === 'instance' && change.after.id === id;

/** A move that the tables do not have is a defect of ours, whatever the store would say. */
function assertLegal({ kind, before, after }: Change): void {
  if (before === undefined || before.phase === after.phase) return;
  if (NEXT[kind][before.phase]?.includes(after.phase)) return;
  throw new Error(`illegal move of ${kind} ${after.id}: ${before.phase} to ${after.phase}`);
}

const join = <T>(a: readonly T[], b: readonly T[] | undefined): readonly T[] => (b === undefined ? a : [...a, ...b]);

/** What is put back goes on counting where it was; what is new was nowhere. */
const revisionOf = ({ before, after }: Change): number => (before ?? after).revision + 1;

type Lists = Required<Candidate>;

function writesOf(changes: readonly Change[], by: string, at: EpochMs, madeFor: MadeFor): Lists {
  const events: string[] = [];
  const put: Put[] = [];
  const drop: Drop[] = [];
  const index: Index[] = [];
  for (const change of changes) {
    const key = KEY[change.kind](change.after.id);
    const was = change.before?.revision ?? 0;
    if (change.after.phase === 'gone') drop.push({ key, was });
    else put.push({ key, value: encode(change.after), was, ...(was > 0 ? {} : { revision: revisionOf(change) }) });
    const line = eventLine(change, by, at, madeFor);
    if (line !== null) events.push(line);
    if (change.kind === 'session') indexSession(change.before, change.after, index);
    else indexPart(change.kind === 'instance' ? SET.instances : SET.proxies, change.before, change.after, index);
  }
  return { put, drop, index, expect: [], events };
}

function indexSession(before: Session | undefined, after: Session, index: Index[]): void {
  const member = `${after.tenant}/${after.id}`;
  if (before === undefined) index.push({ set: SET.live, member, score: 0 });
  if (after.phase !== 'released') return;
  index.push({ set: SET.live, member, score: null });
  index.push({ set: SET.ended, member, score: 0 });
  index.push({ set: SET.expiry, member: KEY.session(after.id), score: after.keepUntil });
}

function indexPart(set: string, before: Instance | Proxy | undefined, after: Instance | Proxy, index: Index[]): void {
  if (before === undefined) index.push({ set, member: after.id, score: 0 });
  else if (after.phase === 'gone') index.push({ set, member: after.id, score: null });
}
