import type { Addresses } from './endpoint.ts';
import { destroyInstance, instanceBase } from './give-up.ts';
import type { DestroyReason, Instance, InstanceIn, InstanceRef } from './instance.ts';
import type { EpochMs } from './time.ts';

/**
 * What is known of an instance now.
 * `missing`: absent from two complete lists begun after it should have been there, and when asked for by id.
 * `unknown`: nothing was proven either way.
 */
export type InstanceSeen =
  | { readonly status: 'unknown' | 'missing' }
  | { readonly status: 'starting'; readonly ref: InstanceRef }
  | { readonly status: 'running'; readonly ref: InstanceRef; readonly addresses: Addresses }
  | { readonly status: 'exited'; readonly ref: InstanceRef; readonly detail: string };

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
};

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
      return decideBooting(i, seen, probe, policy, now);
    case 'ready':
    case 'bound':
      return decideRunning(i, seen, probe, now);
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
  if ('ref' in seen) return { instance: rented(i, seen.ref, addressesOf(seen), now), lookAt: now };
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
): InstanceIn<'gone'> => ({ ...instanceBase(i), phase: 'gone', since: now, why, detail, rentedAt });

const addressesOf = (seen: InstanceSeen): Addresses | null => (seen.status === 'running' ? seen.addresses : null);

function decideBooting(
  i: InstanceIn<'booting'>,
  seen: InstanceSeen,
  probe: ProbeSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  if (seen.status === 'exited') return end(i, 'lost', `it ended while starting: ${seen.detail}`, now);
  if (seen.status === 'missing') return end(i, 'lost', 'it vanished while starting', now);
  if (probe?.answered && i.addresses !== null) {
    const { bootBy: _, addresses, ...rest } = i;
    return { instance: { ...rest, phase: 'ready', since: now, addresses, startMs: now - i.createdAt }, lookAt: now };
  }
  const bootBy = policy.blindMs === null ? null : i.bootBy + policy.blindMs;
  if (bootBy !== null && now >= bootBy && seen.status !== 'unknown') {
    const last = probe === null || probe.detail === '' ? '' : `; its last probe: ${probe.detail}`;
    return end(i, 'boot-timeout', `it was not ready within ${Math.round(i.bootTimeoutMs / 1000)} s${last}`, now);
  }
  const addresses = addressesOf(seen);
  if (i.addresses === null && addresses !== null) return { instance: { ...i, addresses }, lookAt: now };
  return { lookAt: bootBy !== null && bootBy > now ? bootBy : null };
}

function decideRunning(
  i: InstanceIn<'ready'> | InstanceIn<'bound'>,
  seen: InstanceSeen,
  probe: ProbeSeen,
  now: EpochMs,
): InstanceDecision {
  if (seen.status === 'exited') return end(i, 'lost', `it ended: ${seen.detail}`, now);
  if (seen.status === 'missing') return end(i, 'lost', 'it vanished', now);
  if (probe !== null && !probe.answered && probe.failures >= i.readiness.failureThreshold)
    return end(i, 'lost', `it stopped answering: ${probe.detail}`, now);
  return { lookAt: null };
}

function end(i: Instance, why: DestroyReason, detail: string, now: EpochMs): InstanceDecision {
  const instance = destroyInstance(i, why, detail, now);
  return instance === undefined ? { lookAt: null } : { instance, ask: 'destroy', lookAt: now };
}

/** Never given up: asked again until the provider has shown twice that it is gone. */
function decideDestroying(
  i: InstanceIn<'destroying'>,
  seen: InstanceSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  // Where it is known by name its create is over, whatever has become of the clock since.
  if (seen.status === 'missing' && (i.ref !== null || now >= i.settleAt))
    return { instance: gone(i, i.why, i.detail, i.rentedAt, now), lookAt: null };
  if (i.ref === null && 'ref' in seen) {
    // Found: the create is over, and absence from now on is proof.
    return { instance: { ...i, ref: seen.ref, settleAt: now }, ask: 'destroy', lookAt: now };
  }
  if (i.ref === null || seen.status === 'missing') return { lookAt: i.settleAt > now ? i.settleAt : null };
  return now < policy.destroyAt ? { lookAt: policy.destroyAt } : { ask: 'destroy', lookAt: null };
}
