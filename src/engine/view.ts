import { costSoFar } from '../domain/cost.ts';
import { BrokerError } from '../domain/errors.ts';
import { plannedEnd } from '../domain/idle.ts';
import { expectedStart } from '../domain/reserve.ts';
import type { EndReason, Session } from '../domain/session.ts';
import type { EngineContext } from './context.ts';
import type { SessionView } from './use-cases.ts';

/** The session with what is computed at the moment of asking. */
export function viewOf(ctx: Pick<EngineContext, 'clock' | 'mirror'>, session: Session): SessionView {
  const now = ctx.clock.now();
  return {
    session,
    costMicros: costSoFar(session, now),
    expectedActiveAt: expectedActive(ctx, session),
    queuePosition: 0,
    plannedEnd: session.phase === 'active' ? plannedEnd(session) : null,
    accessToken: null,
  };
}

function expectedActive({ mirror }: Pick<EngineContext, 'mirror'>, s: Session): number | null {
  if (s.phase !== 'queued' && s.phase !== 'starting') return null;
  const history = mirror.history(s.asked.class);
  const startMs = history === undefined ? null : expectedStart(history);
  if (startMs === null) return null;
  return (s.phase === 'starting' ? s.instance.createdAt : s.since) + startMs;
}

export const hasEnded = (s: Session): boolean => s.phase === 'releasing' || s.phase === 'released';

const REASON: Readonly<Record<EndReason, string>> = {
  client: 'RELEASED_BY_CLIENT',
  expired: 'EXPIRED',
  idle: 'IDLE',
  unconfirmed: 'UNCONFIRMED',
  'queue-timeout': 'QUEUE_TIMEOUT',
  'start-failed': 'START_FAILED',
  'activation-failed': 'ACTIVATION_FAILED',
  'instance-lost': 'INSTANCE_LOST',
  budget: 'BUDGET',
  admin: 'TERMINATED_BY_ADMIN',
  'broker-stop': 'BROKER_STOPPED',
};

/** To the call that waits for a session, and to every retry: the session ended before it was active. */
export function endedBeforeActive(s: Session & { readonly why: EndReason; readonly detail: string }): BrokerError {
  const detail = s.detail === '' ? '' : `: ${s.detail}`;
  const details = { reason: REASON[s.why], metadata: { session_id: s.id, end_reason: s.why } };
  if (s.why !== 'queue-timeout')
    return new BrokerError('aborted', `session ${s.id} ended before it was active (${s.why})${detail}`, details);
  return new BrokerError('exhausted', `session ${s.id} waited in vain for capacity${detail}`, {
    ...details,
    quota: {
      subject: `class:${s.asked.class}`,
      description: s.detail === '' ? 'no capacity within queue_timeout' : s.detail,
    },
  });
}

/** A call that needs a living session met one that has ended. */
export function sessionEnded(s: Session & { readonly why: EndReason; readonly detail: string }): BrokerError {
  const detail = s.detail === '' ? '' : `: ${s.detail}`;
  return new BrokerError('precondition', `session ${s.id} has ended (${s.why})${detail}`, {
    reason: 'SESSION_ENDED',
    metadata: { session_id: s.id, end_reason: s.why },
  });
}
