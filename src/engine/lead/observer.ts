import type { InstanceSeen } from '../../domain/decide-instance.ts';
import type { InstanceId } from '../../domain/ids.ts';
import { type Instance, type InstanceRef, standsFor } from '../../domain/instance.ts';
import { type EpochMs, MINUTE } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ComputeProvider, Owned, Seen } from '../../ports/compute-provider.ts';
import { createWakeable } from './wakeable.ts';

/** Lists in which an instance must be missing before it is asked for by id. */
const MISSING_LISTS = 2;
const KEEP_LISTS = 8;
/** The clock of record that gains this much on the other between two looks was set forward [ms]. */
const JUMP_MS = MINUTE;
/** No single inspection takes longer [ms]. */
const CALL_MS = 10_000;

export type ProviderObserver = ReturnType<typeof createObserver>;

/**
 * One look at a provider serves all: its instances are seen through one list per interval, so its calls do not grow
 * with the sessions. A list that failed proves nothing.
 */
export function createObserver(deps: {
  readonly provider: ComputeProvider;
  readonly clock: Clock;
  /** Whether something starts or ends now, so that fresh lists are wanted. */
  readonly isBusy: () => boolean;
  readonly onList: (owned: readonly Owned[]) => void;
}) {
  const { provider, clock } = deps;
  const sleeper = createWakeable(clock);
  /** What was made twice with one tag is there twice. */
  let owned: ReadonlyMap<InstanceId, readonly Owned[]> = new Map();
  /** When the last complete lists were begun, oldest first. */
  let begun: readonly EpochMs[] = [];
  /** Of each tag, and each name of its provider's: the beginning of the last complete list that had it. */
  let lastSeen = new Map<string, EpochMs>();
  let listedAt: EpochMs | null = null;
  let listError = '';
  /** Right before the first list after the clock was set back: records of before it have later times. */
  let setBackAt = Number.NEGATIVE_INFINITY;
  const blind = createBlindness();
  /** The last complete list by both clocks. */
  let looked: { readonly at: EpochMs; readonly monotonic: number } | null = null;
  /** How much time has been skipped since then; small differences are none [ms]. */
  function skippedMs(at: EpochMs, monotonic: number): number {
    const gained = looked === null ? 0 : at - looked.at - (monotonic - looked.monotonic);
    return gained > JUMP_MS ? gained : 0;
  }

  /** A complete list. */
  function take(found: readonly Owned[], startedAt: EpochMs): void {
    if (startedAt < (begun.at(-1) ?? startedAt)) {
      setBackAt = startedAt - 1;
      begun = [];
      lastSeen = new Map();
    }
    owned = Map.groupBy(found, (o) => o.tag);
    begun = [...begun, startedAt].slice(-KEEP_LISTS);
    const seen = new Map<string, EpochMs>();
    for (const [name, at] of lastSeen) if (at >= (begun[0] ?? 0)) seen.set(name, at);
    for (const o of found) seen.set(o.tag, startedAt).set(o.ref.id, startedAt);
    lastSeen = seen;
    listedAt = startedAt;
  }

  async function list(signal: AbortSignal): Promise<void> {
    const startedAt = clock.now();
    const monotonic = clock.monotonic();
    try {
      const found = await provider.listOwned(
        AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(provider.limits.listWithinMs))]),
      );
      take(found, startedAt);
      listError = '';
      blind.sighted(startedAt, skippedMs(startedAt, monotonic));
      looked = { at: startedAt, monotonic };
      deps.onList(found);
    } catch (err) {
      listError = err instanceof Error ? err.message : String(err);
      blind.failed(listedAt ?? startedAt);
      throw err;
    }
  }

  /** Complete lists in a row, up to the last, that were begun after `after` and did not have it. */
  function missedBy(i: Instance, after: EpochMs): number {
    const last = lastSeen.get(refOf(i)?.id ?? i.id) ?? Number.NEGATIVE_INFINITY;
    return begun.filter((at) => at > sinceHere(after) && at > last).length;
  }

  const entryOf = (i: Instance): Owned | undefined => owned.get(i.id)?.find((o) => standsFor(i, o.ref.id));

  /** A time that is still to come is of before the clock was set back: whatever was listed since was listed after it. */
  const sinceHere = (after: EpochMs): EpochMs => (after > clock.now() ? setBackAt : after);

  async function isAbsent(ref: InstanceRef, signal: AbortSignal): Promise<boolean> {
    const seen = await provider.inspect(ref, AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]));
    return seen.status === 'absent';
  }

  return {
    provider,
    get listedAt(): EpochMs | null {
      return listedAt;
    },
    get listError(): string {
      return listError;
    },
    /** For how long since `since` nothing could be seen, up to the last complete list; null: nothing can be now [ms]. */
    blindMs: (since: EpochMs): number | null =>
      skippedMs(clock.now(), clock.monotonic()) > 0 ? null : blind.since(since),
    /** One list, then the pause until the next [ms]. */
    async pass(signal: AbortSignal): Promise<number> {
      const { listMs, idleListMs } = provider.limits;
      const mayAt = clock.monotonic() + listMs;
      await list(signal);
      if (!deps.isBusy()) await sleeper.sleep(idleListMs, signal);
      return mayAt - clock.monotonic();
    },
    /** Something begins or ends: the long pause is over. The provider's own limit still holds. */
    wake: () => sleeper.wake(),
    /** Whether the last list did not have an instance that should be in it. */
    isMissing: (i: Instance): boolean =>
      refOf(i) !== null && entryOf(i) === undefined && (begun.at(-1) ?? 0) > sinceHere(i.since),
    /** What is known of an instance; absence only as proof, for lists begun after `after`. */
    async seen(i: Instance, after: EpochMs, signal: AbortSignal): Promise<InstanceSeen> {
      const entry = entryOf(i);
      if (entry !== undefined && entry.seen.status !== 'absent') return toSeen(entry.ref, entry.seen);
      if (missedBy(i, after) < MISSING_LISTS) return { status: 'unknown' };
      const ref = refOf(i);
      if (ref !== null && !(await isAbsent(ref, signal))) return { status: 'unknown' };
      return { status: 'missing' };
    },
  };
}

const refOf = (i: Instance): InstanceRef | null => ('ref' in i ? i.ref : null);

function toSeen(ref: InstanceRef, seen: Exclude<Seen, { readonly status: 'absent' }>): InstanceSeen {
  switch (seen.status) {
    case 'starting':
      return { status: 'starting', ref, detail: seen.detail };
    case 'running':
      return { status: 'running', ref, addresses: seen.addresses };
    case 'exited':
      return { status: 'exited', ref, detail: seen.detail, ...(seen.cause === undefined ? {} : { cause: seen.cause }) };
    case 'unreadable':
      return { status: 'unknown' };
    default:
      return seen satisfies never;
  }
}

/** Times between two complete lists in which others failed, or that were skipped by the clock of record; before the first
 *  list of a term nothing was seen at all. */
function createBlindness() {
  type Span = { readonly from: EpochMs; readonly to: EpochMs };
  let past: readonly Span[] = [];
  let from: EpochMs | null = Number.NEGATIVE_INFINITY;
  return {
    failed(lastSeenAt: EpochMs): void {
      from ??= lastSeenAt;
    },
    sighted(at: EpochMs, skippedMs: number): void {
      const begun = from ?? at - skippedMs;
      if (begun < at) past = [...past, { from: begun, to: at }].slice(-KEEP_LISTS);
      from = null;
    },
    since: (at: EpochMs): number | null =>
      from === null ? past.reduce((sum, span) => sum + Math.max(0, span.to - Math.max(span.from, at)), 0) : null,
  };
}
