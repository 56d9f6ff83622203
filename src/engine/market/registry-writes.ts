import type { Ban, HostRecord, MachineRecord } from '../../domain/host-registry.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Drop, Index, Put } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import { hostLine } from '../records/event-line.ts';
import { encode, KEY, SET } from '../records/records.ts';

/** One record of the host registry from what it was to what it shall be. `after` undefined: it is dropped. */
export type RegistryChange =
  | {
      readonly kind: 'machine';
      readonly before: MachineRecord | undefined;
      readonly after: MachineRecord | undefined;
    }
  | { readonly kind: 'host'; readonly before: HostRecord | undefined; readonly after: HostRecord | undefined };

/** What a commit needs to change the registry. */
export type RegistryWrites = {
  readonly put: readonly Put[];
  readonly drop: readonly Drop[];
  readonly index: readonly Index[];
  /** Lines for the event log. */
  readonly events: readonly string[];
  /** To be called when the commit was made. */
  readonly taken: () => void;
};

export const NO_WRITES: RegistryWrites = { put: [], drop: [], index: [], events: [], taken: () => undefined };

type Deps = Pick<EngineContext, 'mirror' | 'hooks'>;

/** @param by who does it, for the event log. @param className of the instance that led to it; empty: none */
export function registryWrites(
  { mirror, hooks }: Deps,
  changes: readonly RegistryChange[],
  by: string,
  className: string,
  at: EpochMs,
): RegistryWrites {
  const put: Put[] = [];
  const drop: Drop[] = [];
  const index: Index[] = [];
  const events: string[] = [];
  const taken: (() => void)[] = [];
  for (const change of changes) {
    const id = idOf(change);
    const key = keyOf(change);
    const was = mirror.revision(change.kind, id);
    if (change.after === undefined) {
      drop.push({ key, was });
      index.push({ set: SET.settings, member: key, score: null });
    } else {
      put.push({ key, was, value: encode(change.after) });
      if (was === 0) index.push({ set: SET.settings, member: key, score: 0 });
    }
    const news = newsOf(change);
    if (news !== null) events.push(hostLine({ ...news, subject: subjectOf(change), className, by, at }));
    taken.push(() => {
      if (change.kind === 'machine') mirror.apply('machine', id, was + 1, change.after);
      else mirror.apply('host', id, was + 1, change.after);
      if (news?.ban) hooks.onBan(providerOf(change), change.kind, nameOf(change), news.ban);
    });
  }
  return {
    put,
    drop,
    index,
    events,
    taken() {
      for (const take of taken) take();
    },
  };
}

/** What people would look for in the event log: a ban, or the end of one by somebody's hand. null: nothing. */
function newsOf({ before, after }: RegistryChange): { readonly ban: Ban | null; readonly lifted: Ban | null } | null {
  const [was, is] = [before?.ban ?? null, after?.ban ?? null];
  if (is !== null) return is.at === was?.at && is.reason === was.reason ? null : { ban: is, lifted: null };
  return was === null || after === undefined ? null : { ban: null, lifted: was };
}

const recordOf = (c: RegistryChange) => c.after ?? c.before;
const providerOf = (c: RegistryChange): string => recordOf(c)?.provider ?? '';
const nameOf = (c: RegistryChange): string =>
  (c.kind === 'machine' ? (c.after ?? c.before)?.machine : (c.after ?? c.before)?.host) ?? '';
const idOf = (c: RegistryChange): string => `${providerOf(c)}:${nameOf(c)}`;
const keyOf = (c: RegistryChange): string => KEY[c.kind](providerOf(c), nameOf(c));
/** How the event log names it: `PROVIDER:MACHINE`, or `PROVIDER:host:HOST`. */
const subjectOf = (c: RegistryChange): string => `${providerOf(c)}:${c.kind === 'host' ? 'host:' : ''}${nameOf(c)}`;
