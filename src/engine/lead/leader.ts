import type { Clock } from '../../ports/clock.ts';
import type { Expect, Store } from '../../ports/store.ts';
import type { Mirror } from '../records/mirror.ts';
import { decode, encode, KEY, type LeaseRecord } from '../records/records.ts';
import { createWakeable } from './wakeable.ts';

/** What the holder of the lease may rely on. */
export type Term = {
  readonly epoch: number;
  /** Goes into every commit of a loop: refused once another has taken over. */
  readonly fence: Expect;
  /** Whether the lease surely lasts that much longer: what cannot be fenced must end before it does [ms]. */
  outlives(ms: number): boolean;
  /** Aborts when the lease is lost or given up. */
  readonly signal: AbortSignal;
};

export type LeaderOptions = {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly replicaId: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  /** No other broker can be at this store: whoever holds the lease is dead. */
  readonly alone?: boolean;
  /** Leads until the term's signal aborts. */
  readonly lead: (term: Term) => Promise<void>;
  readonly onError: (err: unknown) => void;
};

/** `lease`: revision of the lease record; `at`: when the winning commit was sent [monotonic ms]. */
type Won = { readonly epoch: number; readonly lease: number; readonly at: number };

/**
 * Holds the lease in the store and leads while it does. Others judge a lease by how long, on their own monotonic
 * clock, they have seen no renewal; no two clocks are compared. The epoch is the revision of a record of its own that
 * is written at each change of leader.
 */
export async function runLeader(o: LeaderOptions, signal: AbortSignal): Promise<void> {
  const { store, mirror, clock, replicaId, leaseMs, renewMs } = o;
  const sleeper = createWakeable(clock);
  let observed = { revision: -1, at: 0 };
  /** Who had the lease when it was last seen and not given up. */
  let holder: string | null = null;
  let lastEpoch = 0;
  const unlisten = mirror.listen((c) => {
    if (c.kind !== 'lease') return;
    observe(mirror.revision('lease', c.id));
    if (c.after?.released) sleeper.wake();
  });

  /** A renewal counts from when it was seen here, which is after it was made. */
  function observe(revision: number): void {
    if (revision !== observed.revision) observed = { revision, at: clock.monotonic() };
  }

  async function look(): Promise<{ lease: (LeaseRecord & { revision: number }) | null; epoch: number }> {
    const [lease, epoch] = await store.read([KEY.lease, KEY.epoch]);
    const record = lease ? decode<LeaseRecord>(lease) : null;
    observe(record?.revision ?? 0);
    if (record !== null) holder = record.released ? null : record.holder;
    lastEpoch = Math.max(lastEpoch, epoch?.revision ?? 0);
    return { lease: record, epoch: epoch?.revision ?? 0 };
  }

  /** The epoch won, and when the commit was sent. null: somebody else leads. */
  async function takeOver(): Promise<Won | null> {
    const { lease, epoch } = await look();
    const expired = clock.monotonic() - observed.at >= leaseMs;
    // Where the store was emptied, whoever had the lease may go on asking its providers for as long as it lasts.
    const others = !o.alone && holder !== null && holder !== replicaId;
    if (others && !expired) return null;
    const at = clock.monotonic();
    const was = lease?.revision ?? 0;
    const result = await store.commit({
      put: [
        { key: KEY.lease, was, value: encode({ holder: replicaId, released: false, beat: 0 }) },
        // It goes on counting: with one of before no fence may hold again.
        { key: KEY.epoch, was: epoch, value: encode({ holder: replicaId }), revision: lastEpoch + 1 },
      ],
    });
    if (!result.committed) return null;
    holder = replicaId;
    lastEpoch += 1;
    return { epoch: lastEpoch, lease: was + 1, at };
  }

  async function leadWith(won: Won): Promise<void> {
    const over = new AbortController();
    const lease = { revision: won.lease, renewedAt: won.at };
    const fence: Expect = { key: KEY.epoch, revision: won.epoch };
    const term: Term = {
      epoch: won.epoch,
      fence,
      outlives: (ms) => clock.monotonic() + ms < lease.renewedAt + leaseMs,
      signal: AbortSignal.any([over.signal, signal]),
    };
    // A term that ends by itself has failed, such as by a store that went away as it began: led again after a pause.
    const leading = o
      .lead(term)
      .catch(o.onError)
      .finally(() => over.abort());
    for (let beat = 1; !term.signal.aborted; beat++) {
      await clock.sleep(renewMs, term.signal).catch(() => undefined);
      if (!term.signal.aborted && !(await renew(lease, fence, beat))) break;
    }
    over.abort();
    await leading;
    if (signal.aborted) await giveUp(lease.revision, fence);
  }

  /** Whether the lease still holds: renewed, or not yet over while the store is away. */
  async function renew(lease: { revision: number; renewedAt: number }, fence: Expect, beat: number): Promise<boolean> {
    const at = clock.monotonic();
    const value = encode({ holder: replicaId, released: false, beat });
    try {
      const kept = await store.commit({ put: [{ key: KEY.lease, was: lease.revision, value }], expect: [fence] });
      if (kept.committed) {
        lease.revision += 1;
        lease.renewedAt = at;
        return true;
      }
      // A renewal whose answer was lost may have been made: within this epoch nobody else writes the lease.
      const { why } = kept;
      if (why.kind !== 'revision' || why.key !== KEY.lease || why.revision === 0) return false;
      lease.revision = why.revision;
    } catch (err) {
      o.onError(err);
    }
    return clock.monotonic() < lease.renewedAt + leaseMs;
  }

  /** So that another takes over at once. */
  async function giveUp(was: number, fence: Expect): Promise<void> {
    const value = encode({ holder: replicaId, released: true, beat: 0 });
    await store.commit({ put: [{ key: KEY.lease, was, value }], expect: [fence] }).catch(o.onError);
  }

  /** The end of the lease that others hold is met to the moment; looks in between are for a mirror that lags. */
  function untilNextLook(): number {
    const often = Math.min(renewMs, leaseMs / 4);
    const left = observed.at + leaseMs - clock.monotonic();
    return left > 0 ? Math.min(often, left) : often;
  }

  try {
    while (!signal.aborted) {
      const won = await takeOver().catch((err: unknown) => {
        o.onError(err);
        return null;
      });
      if (won !== null) await leadWith(won);
      await sleeper.sleep(untilNextLook(), signal);
    }
  } finally {
    unlisten();
  }
}
