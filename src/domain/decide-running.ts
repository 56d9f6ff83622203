import type { Cause } from './cause.ts';
import type { InstanceDecision, InstancePolicy, InstanceSeen, ProbeSeen } from './decide-instance.ts';
import { hasPorts, sameAddresses } from './endpoint.ts';
import { destroyInstance } from './give-up.ts';
import type { DestroyReason, Instance, InstanceIn } from './instance.ts';
import type { EpochMs } from './time.ts';

type Running = InstanceIn<'ready'> | InstanceIn<'bound'>;

/** What to do about an instance that has served: it may be lost, started again by its provider, or found elsewhere. */
export function decideRunning(
  i: Running,
  seen: InstanceSeen,
  probe: ProbeSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  if (seen.status === 'exited') return lose(i, `it ended: ${seen.detail}`, now, seen.cause ?? 'exited');
  if (seen.status === 'missing') return lose(i, 'it vanished', now, 'vanished');
  if (i.interruptedAt !== undefined) return decideInterrupted(i, i.interruptedAt, seen, probe, policy, now);
  if (seen.status === 'starting') return { instance: { ...i, interruptedAt: now }, lookAt: now + i.bootTimeoutMs };
  if (probe !== null && !probe.answered && probe.failures >= i.readiness.failureThreshold)
    return lose(i, `it stopped answering: ${probe.detail}`, now, 'unanswering');
  return decideAddress(i, seen, policy, now);
}

/** Its provider starts it again. It is given the time of a start, and is well again when it answers; of one that is not
 *  probed that is when it runs. */
function decideInterrupted(
  i: Running,
  since: EpochMs,
  seen: InstanceSeen,
  probe: ProbeSeen,
  policy: InstancePolicy,
  now: EpochMs,
): InstanceDecision {
  const runsAt = decideAddress(i, seen, policy, now);
  if (runsAt.instance !== undefined) return runsAt;
  const isProbed = i.phase === 'ready' || i.readiness.whileInUse === true;
  if (seen.status === 'running' && (!isProbed || probe?.answered === true)) {
    const { interruptedAt: _, ...well } = i;
    return { instance: well, lookAt: now };
  }
  const deadline = since + i.bootTimeoutMs;
  if (now < deadline || seen.status === 'unknown' || policy.blindMs === null)
    return { lookAt: deadline > now ? deadline : null };
  const detail = `its provider started it again, and it was not back within ${Math.round(i.bootTimeoutMs / 1000)} s`;
  return lose(i, detail, now, 'restarted');
}

/** An instance that was started again may be at another address. Its proxy is led there; a client that was given its
 *  own address would look for it in vain. */
function decideAddress(i: Running, seen: InstanceSeen, policy: InstancePolicy, now: EpochMs): InstanceDecision {
  if (seen.status !== 'running' || !hasPorts(seen.addresses, i.ports)) return { lookAt: null };
  if (sameAddresses(seen.addresses, i.addresses)) return { lookAt: null };
  if (i.phase === 'bound' && !policy.mayMove) return lose(i, 'its address has changed', now, 'restarted');
  return { instance: { ...i, addresses: seen.addresses }, lookAt: now };
}

const lose = (i: Running, detail: string, now: EpochMs, cause: Cause): InstanceDecision =>
  end(i, 'lost', detail, now, cause);

/** Given up for a failure: its end is asked for at once. */
export function end(i: Instance, why: DestroyReason, detail: string, now: EpochMs, cause: Cause): InstanceDecision {
  const instance = destroyInstance(i, why, detail, now, cause);
  return instance === undefined ? { lookAt: null } : { instance, ask: 'destroy', lookAt: now };
}
