import type { Cause } from './cause.ts';
import { decideRunning, end } from './decide-running.ts';
import { type Addresses, hasPorts, type NamedPort, sameAddresses } from './endpoint.ts';
import { instanceBase, ranFrom } from './give-up.ts';
import type { DestroyReason, Instance, InstanceIn, InstanceRef } from './instance.ts';
import { type EpochMs, SECOND } from './time.ts';

/**
 * What is known of an instance now.
 * `missing`: absent from two complete lists begun after it should have been there, and when asked for by id.
 * `unknown`: nothing was proven either way.
 */
export type InstanceSeen =
  | { readonly status: 'unknown' | 'missing' }
  | { readonly status: 'starting'; readonly ref: InstanceRef; readonly detail: string }
  | { readonly status: 'running'; readonly ref: InstanceRef; readonly addresses: Addresses }
  | { readonly status: 'exited'; readonly ref: InstanceRef; readonly detail: string; readonly cause?: Cause };

/** The class's own probe through the proxy: `failures` in a row, or an answer. null: not asked in this look. */
export type ProbeSeen = { readonly answered: boolean; readonly failures: number; readonly detail: string } | null;

export type InstancePolicy = {
  /** A create that has not answered after this is of unknown outcome [ms]. */
  readonly createMs: number;
  /** For how long since it was rented its provider could not be seen; null: it cannot be now. That time counts toward
   *  no deadline [ms]. */
  readonly blindMs: number | null;
  /** Before this the instance's destruction is not asked for again. */
  readonly destroyAt: EpochMs;
  /** Whether a session on it would not notice that its addresses change: its proxy follows. */
  readonly mayMove: boolean;
};

/** What a provider says of a start may be long. [characters] */
const PROGRESS_AT_MOST = 300;
/** Of one that runs and does not answer yet, the last probe is written down from then on: most answer before [ms]. */
const PROBE_TOLD_AFTER_MS = 2 * SECOND;

export type InstanceDecision = {
  readonly instance?: Instance;
  /** What to ask of the provider after the commit. */
  readonly ask?: 'create' | 'destroy';
  readonly lookAt: EpochMs | null;
};

export function decideInstance(
  i: Instance,
  seen: InstanceSeen,
  probe: ProbeSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  switch (i.phase) {
    case 'intended': {
      // Asked for already: by one whose memory of it was lost with an old copy of the store.
      if ('ref' in seen)
        return { instance: { ...instanceBase(i), phase: 'requested', since: now, settleAt: now }, lookAt: now };
      const settleAt = now + policy.createMs;
      return {
        instance: { ...instanceBase(i), phase: 'requested', since: now, settleAt },
        ask: 'create',
        lookAt: settleAt,
      };
    }
    case 'requested':
      return decideRequested(i, seen, now);
    case 'booting':
    case 'ready':
    case 'bound': {
      const placed = placedBy(i, seen);
      if (placed !== null) return { instance: placed, lookAt: now };
      return i.phase === 'booting'
        ? decideBooting(i, seen, probe, policy, now)
        : decideRunning(i, seen, probe, policy, now);
    }
    case 'destroying':
      return decideDestroying(i, seen, policy, now);
    case 'gone':
      return { lookAt: null };
    default:
      return i satisfies never;
  }
}

/** A machine may exist: found by its tag, or proven absent. */
function decideRequested(i: InstanceIn<'requested'>, seen: InstanceSeen, now: EpochMs): InstanceDecision {
  if ('ref' in seen) return { instance: rented(i, seen.ref, addressesOf(seen, i.ports), now), lookAt: now };
  if (seen.status === 'missing' && now >= i.settleAt)
    return { instance: gone(i, 'create-failed', 'the provider has no such instance', null, now), lookAt: null };
  return { lookAt: i.settleAt > now ? i.settleAt : null };
}

/** The instance after the provider has said, or shown, that it exists. */
export const rented = (
  i: InstanceIn<'requested'>,
  ref: InstanceRef,
  addresses: Addresses | null,
  now: EpochMs,
): InstanceIn<'booting'> => ({
  ...instanceBase(i),
  phase: 'booting',
  since: now,
  ref,
  rentedAt: now,
  ...(addresses === null ? {} : { runningAt: now }),
  addresses,
  bootBy: now + i.bootTimeoutMs,
});

/** The instance after the provider has said that nothing was rented, or proof of absence. */
export const gone = (
  i: Instance,
  why: DestroyReason,
  detail: string,
  rentedAt: EpochMs | null,
  now: EpochMs,
  cause?: Cause,
): InstanceIn<'gone'> => ({
  ...instanceBase(i),
  ...ranFrom(i),
  phase: 'gone',
  since: now,
  why,
  detail,
  rentedAt,
  ...(cause === undefined ? {} : { cause }),
});

/** null: not all of its ports have one yet. */
const addressesOf = (seen: InstanceSeen, ports: readonly NamedPort[]): Addresses | null =>
  seen.status === 'running' && hasPorts(seen.addresses, ports) ? seen.addresses : null;

function decideBooting(
  i: InstanceIn<'booting'>,
  seen: InstanceSeen,
  probe: ProbeSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  if (seen.status === 'exited')
    return end(i, 'lost', `it ended while starting: ${seen.detail}`, now, seen.cause ?? 'exited');
  if (seen.status === 'missing') return end(i, 'lost', 'it vanished while starting', now, 'vanished');
  if (probe?.answered && i.addresses !== null) {
    const { bootBy: _, progress: __, addresses, ...rest } = i;
    // Not since it was intended: that it waited for its turn tells nothing of how fast its machine is.
    return { instance: { ...rest, phase: 'ready', since: now, addresses, startMs: now - i.rentedAt }, lookAt: now };
  }
  const bootBy = policy.blindMs === null ? null : i.bootBy + policy.blindMs;
  if (bootBy !== null && now >= bootBy && seen.status !== 'unknown')
    return end(i, 'boot-timeout', lateness(i, probe), now, 'slow');
  const further = progressed(i, seen, probe, now);
  if (further !== null) return { instance: further, lookAt: now };
  return { lookAt: bootBy !== null && bootBy > now ? bootBy : null };
}

/** Where it is, when only its provider's list tells: whoever asked for it had not chosen the offer, and did not know.
 *  null: that is known, or still is not. First of all, since what becomes of it is learnt of its machine. */
function placedBy(i: InstanceIn<'booting' | 'ready' | 'bound'>, seen: InstanceSeen): Instance | null {
  const isNew = 'ref' in seen && seen.ref.id === i.ref.id && i.ref.machine === '' && seen.ref.machine !== '';
  return isNew ? { ...i, ref: seen.ref } : null;
}

/** What is told of one that was not ready in time: what was last heard of it. */
function lateness(i: InstanceIn<'booting'>, probe: ProbeSeen): string {
  const text = `it was not ready within ${Math.round(i.bootTimeoutMs / 1000)} s`;
  if (probe !== null && probe.detail !== '') return `${text}; its last probe: ${probe.detail}`;
  return i.progress === undefined ? text : `${text}; the last that was heard of it: ${i.progress}`;
}

/** A start that is further than was written down; null: it is not. */
function progressed(
  i: InstanceIn<'booting'>,
  seen: InstanceSeen,
  probe: ProbeSeen,
  now: EpochMs,
): InstanceIn<'booting'> | null {
  if (seen.status === 'starting') return told(i, seen.detail);
  if (seen.status !== 'running') return null;
  const { progress: _, ...silent } = i;
  const addresses = addressesOf(seen, i.ports);
  if (addresses !== null && (i.addresses === null || !sameAddresses(addresses, i.addresses)))
    return { ...silent, addresses, runningAt: i.runningAt ?? now };
  if (i.runningAt === undefined && i.addresses === null) return { ...silent, runningAt: now };
  return probe === null || probe.answered || now < (i.runningAt ?? now) + PROBE_TOLD_AFTER_MS
    ? null
    : told(i, probe.detail);
}

/** null: that is written down already, or nothing was said. */
const told = (i: InstanceIn<'booting'>, text: string): InstanceIn<'booting'> | null =>
  text === '' || text.slice(0, PROGRESS_AT_MOST) === i.progress
    ? null
    : { ...i, progress: text.slice(0, PROGRESS_AT_MOST) };

/** Never given up: asked again until the provider has shown twice that it is gone. */
function decideDestroying(
  i: InstanceIn<'destroying'>,
  seen: InstanceSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  // Where it is known by name its create is over, whatever has become of the clock since.
  if (seen.status === 'missing' && (i.ref !== null || now >= i.settleAt))
    return { instance: gone(i, i.why, i.detail, i.rentedAt, now, i.cause), lookAt: null };
  if (i.ref === null && 'ref' in seen) {
    // Found: the create is over, and absence from now on is proof.
    return { instance: { ...i, ref: seen.ref, settleAt: now }, ask: 'destroy', lookAt: now };
  }
  if (i.ref === null || seen.status === 'missing') return { lookAt: i.settleAt > now ? i.settleAt : null };
  return now < policy.destroyAt ? { lookAt: policy.destroyAt } : { ask: 'destroy', lookAt: null };
}
