import type { Caller } from '../../domain/caller.ts';
import { costSoFar } from '../../domain/cost.ts';
import { BrokerError } from '../../domain/errors.ts';
import { plannedEnd } from '../../domain/idle.ts';
import { refusedInWords } from '../../domain/placement.ts';
import { expectedActive } from '../../domain/queue.ts';
import { expectedStart } from '../../domain/reserve.ts';
import type { End, EndReason, Session, SessionIn } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import { aheadOf, awaited, liveOf, progressOf } from '../lead/progress.ts';
import type { SessionView } from '../use-cases.ts';

/** `providers`: without them it is not told how long a turn at one of them takes. */
type Viewed = Pick<EngineContext, 'clock' | 'mirror'> & { readonly providers?: EngineContext['providers'] | undefined };

/** The session with what is computed at the moment of asking. */
export function viewOf({ clock, mirror, providers }: Viewed, session: Session): SessionView {
  const now = clock.now();
  const position = session.phase === 'queued' ? mirror.queuePosition(session.asked.class, session.id) : 0;
  return {
    session,
    costMicros: costSoFar(session, now, liveOf(mirror, session)),
    expectedActiveAt: expectedAt({ clock, mirror, providers }, session, position, now),
    progress: progressOf(mirror, session),
    queuePosition: position,
    plannedEnd: session.phase === 'active' ? plannedEnd(session) : null,
    accessToken: null,
  };
}

/** The same for the answer of Acquire or Get: with the access token, if the caller is of the session's tenant. */
export function viewFor(ctx: EngineContext, caller: Caller, session: Session): SessionView {
  const view = viewOf(ctx, session);
  if (session.phase !== 'active' || !session.endpoint.tokenRequired || session.tenant !== caller.tenant) return view;
  return { ...view, accessToken: ctx.accessTokenOf(session.instance.proxy) };
}

function expectedAt({ mirror, providers }: Viewed, s: Session, position: number, now: EpochMs): EpochMs | null {
  if (s.phase !== 'queued' && s.phase !== 'starting') return null;
  const history = mirror.history(s.asked.class);
  const startMs = history === undefined ? null : expectedStart(history);
  if (s.phase === 'queued' && isHeld(s)) return null;
  if (s.phase === 'queued') return expectedActive(position, mirror.placedAt(s.asked.class), startMs, now);
  if (startMs === null) return null;
  const i = awaited(mirror, s);
  if (i?.phase === 'intended')
    return now + aheadOf(mirror, i) * (providers?.get(i.provider)?.limits.createEveryMs ?? 0) + startMs;
  return (i?.phase === 'booting' ? i.rentedAt : s.instance.createdAt) + startMs;
}

/** What it waits for is no room that others leave: renting that is off, credit, a class that is gone. Nobody knows when. */
function isHeld({ refused }: SessionIn<'queued'>): boolean {
  return refused !== undefined && (refused.renting !== undefined || Object.keys(refused).length === 0);
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
export function endedBeforeActive(s: Session & End): BrokerError {
  const detail = s.detail === '' ? '' : `: ${s.detail}`;
  const details = { reason: REASON[s.why], metadata: { session_id: s.id, end_reason: s.why } };
  if (s.why !== 'queue-timeout')
    return new BrokerError('aborted', `session ${s.id} ended before it was active (${s.why})${detail}`, details);
  const refused = refusedInWords(s.refused ?? {});
  const told = refused === '' ? '' : `; refused by: ${refused}`;
  return new BrokerError('exhausted', `session ${s.id} waited in vain for capacity${detail}${told}`, {
    reason: details.reason,
    metadata: { ...details.metadata, ...(refused === '' ? {} : { refused }) },
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
