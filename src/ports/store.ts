/** A record as the store has it. */
export type Stored = { readonly revision: number; readonly value: unknown };

export type Expect = { readonly key: string; readonly revision: number };
/** Writes `value` (JSON) over revision `was` of `key`; 0: the key must be absent. The new revision is `was + 1`. */
export type Put = {
  readonly key: string;
  readonly value: unknown;
  readonly was: number;
  /** The new revision instead, greater than `was`: a record that was lost goes on counting where it was. */
  readonly revision?: number;
};
export type Drop = { readonly key: string; readonly was: number };
/** Puts `member` into the sorted set `set` with `score`, or takes it out (`null`). */
export type Index = { readonly set: string; readonly member: string; readonly score: number | null };
/** Adds to a counter. With `max` and a positive `add`, the commit is refused if the sum would be above `max`. */
export type Count = { readonly counter: string; readonly add: number; readonly max?: number };

export type Writes = {
  readonly put?: readonly Put[];
  readonly drop?: readonly Drop[];
  readonly index?: readonly Index[];
};

/** One alternative of a commit. It is possible when every `expect`, `put` and `drop` meets its revision. */
export type Candidate = Writes & {
  readonly expect?: readonly Expect[];
  /** Lines for the event log, should this one be chosen. They stand behind those of the commit. */
  readonly events?: readonly string[];
};

export type Commit = Writes & {
  /** Revisions that must hold of records that are not written. 0: absent. */
  readonly expect?: readonly Expect[];
  readonly count?: readonly Count[];
  /** At most 8. The first that is possible is written together with the rest; if none is, nothing is written. */
  readonly oneOf?: readonly Candidate[];
  /** Lines for the event log, opaque to the store. */
  readonly events?: readonly string[];
};

export type CommitResult =
  | { readonly committed: true /** Index into `oneOf`; -1 without. */; readonly chosen: number }
  | { readonly committed: false; readonly why: Refusal };

export type Refusal =
  | { readonly kind: 'revision'; readonly key: string /** What the store has; 0: absent. */; readonly revision: number }
  | { readonly kind: 'limit'; readonly counter: string; readonly value: number; readonly max: number }
  | { readonly kind: 'candidates' };

export type Range =
  /** By member, ascending, strictly after `after` (default: `prefix` itself), while it begins with `prefix`. */
  | { readonly by: 'member'; readonly prefix: string; readonly after?: string; readonly limit: number }
  /** By score, ascending, up to and including `max`. */
  | { readonly by: 'score'; readonly max: number; readonly limit: number };

/** A line of the event log. */
export type LogLine = {
  /** Its place in the log, of letters the store alone understands. Never given to another line. */
  readonly id: string;
  readonly line: string;
};

export type LogRange =
  /** The first lines behind this one, which may be gone meanwhile; '': the oldest. */
  | { readonly by: 'after'; readonly id: string; readonly limit: number }
  /** The last lines before this one; '': the newest. */
  | { readonly by: 'before'; readonly id: string; readonly limit: number };

/** One commit as others see it. Who reads the event log is woken by it: its lines are in the log by then. */
export type FeedEntry =
  | {
      readonly kind: 'commit' /** Keys put or dropped, with their new revision (0: dropped). */;
      readonly keys: readonly Expect[] /** Committed through this very Store object. */;
      readonly own: boolean;
    }
  /** Entries may have been missed: read again what matters. Always the first entry of a feed. */
  | { readonly kind: 'resync' };

/**
 * Versioned records, sorted sets, counters and an event log, written all or nothing. Knows nothing of sessions.
 *
 * Durability: a commit that was answered survives a crash of the broker, and with `sqlite` one of the machine.
 * @throws BrokerError `unavailable` when the store surely did nothing (unreachable, disk full),
 *   `outcome-unknown` when a commit may have been made (the connection broke in the middle, no answer in time).
 *   Implementations never retry a commit by themselves. Every call answers within 5 s, at once where the store is
 *   known to be away.
 */
export interface Store {
  /** In the order asked; null: absent. At most 1,000 keys. One consistent view of all of them. */
  read(keys: readonly string[]): Promise<readonly (Stored | null)[]>;
  /** Members of a sorted set. */
  range(set: string, range: Range): Promise<readonly string[]>;
  /** Counters that were never written are 0. */
  counters(names: readonly string[]): Promise<readonly number[]>;
  commit(commit: Commit): Promise<CommitResult>;
  /** Lines of the event log in its order, whichever end was asked for; at most 1,000. The log keeps a number of lines
   *  that is set when the store is opened, and a few more: the oldest go first. */
  events(range: LogRange): Promise<readonly LogLine[]>;
  /** Drops the lines before this one. The newest line always stays. */
  trimEvents(id: string): Promise<void>;
  /** Commits by anyone, own ones included, in the order made; begins with a `resync`. Ends when `signal` aborts;
   *  otherwise it never ends: while the store is away it waits, and afterwards says `resync` if entries may be lost. */
  feed(signal: AbortSignal): AsyncIterable<FeedEntry>;
  /** Resolves when everything answered so far is kept. Every later call is refused as `unavailable`. */
  close(): Promise<void>;
}
