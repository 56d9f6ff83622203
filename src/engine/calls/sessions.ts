import { BrokerError, invalid } from '../../domain/errors.ts';
import { maxExpireAt, used, withdrawWarning } from '../../domain/idle.ts';
import type { Session, SessionIn } from '../../domain/session.ts';
import { iso } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import type { SessionUseCases } from '../use-cases.ts';
import { acquire, confirmed } from './acquire.ts';
import { findSession } from './find.ts';
import { list } from './list.ts';
import { createQuotes } from './quote.ts';
import { release } from './release.ts';
import { retryable, updateSession } from './update.ts';
import { sessionEnded, viewFor, viewOf } from './view.ts';
import { watch } from './watch.ts';

/** What clients may do. */
export function createSessions(ctx: EngineContext): SessionUseCases {
  const quote = createQuotes(ctx);
  return {
    quote: (_caller, input, signal) => retryable(quote(input, signal)),
    acquire: (caller, input, signal) => retryable(acquire(ctx, caller, input, signal)),
    release: (caller, ref) => retryable(release(ctx, caller, ref)),
    list: (caller, query) => list(ctx, caller, query),
    watch: (caller, ref, afterRevision, signal) => watch(ctx, caller, ref, afterRevision, signal),

    async get(caller, ref) {
      const found = await findSession(ctx, caller, ref);
      if (found.phase !== 'active' || found.confirmBy === null) return viewFor(ctx, caller, found);
      const confirm = (s: Session) => (s.phase === 'active' ? confirmed(s, ctx.clock.now()) : s);
      return viewFor(ctx, caller, await retryable(updateSession(ctx, caller, { by: 'id', id: found.id }, confirm)));
    },

    async keepAlive(caller, ref) {
      const now = ctx.clock.now();
      const keep = (s: Session) => (living(s).phase === 'active' ? used(s as SessionIn<'active'>, now) : s);
      return viewOf(ctx, await retryable(updateSession(ctx, caller, ref, keep)));
    },

    async extend(caller, ref, expireAt) {
      const now = ctx.clock.now();
      return viewOf(ctx, await retryable(updateSession(ctx, caller, ref, (s) => extended(s, expireAt, now))));
    },

    async *logs(caller, ref, query, signal) {
      const session = await findSession(ctx, caller, ref);
      const facts = session.phase === 'queued' ? null : session.instance;
      const provider = facts === null ? undefined : ctx.providers.get(facts.provider);
      const instance = facts === null ? undefined : ctx.mirror.instance(facts.id);
      if (provider === undefined || instance === undefined || !('ref' in instance) || instance.ref === null)
        throw new BrokerError('not-found', `session ${session.id} has no instance whose logs could be read`, {
          reason: 'NO_LOGS',
        });
      yield* provider.logs(instance.ref, query, signal);
    },
  };
}

/** @throws BrokerError `precondition` for a session that has ended */
function living(s: Session): Session {
  if (s.phase === 'releasing' || s.phase === 'released') throw sessionEnded(s);
  return s;
}

function extended(s: Session, expireAt: number, now: number): Session {
  if (living(s).phase !== 'active')
    throw new BrokerError('precondition', `session ${s.id} is ${s.phase}; its lifetime begins when it is active`, {
      reason: 'SESSION_NOT_ACTIVE',
      metadata: { session_id: s.id, phase: s.phase },
    });
  const active = s as SessionIn<'active'>;
  const most = maxExpireAt(active);
  if (expireAt <= now || expireAt > most)
    throw invalid([
      {
        field: 'expire_time',
        description: `${iso(expireAt)} is not accepted; it must be after ${iso(now)} and not after ${iso(most)}, the class's max age`,
      },
    ]);
  if (active.expireAt === expireAt && active.confirmBy === null) return active;
  return withdrawWarning({ ...used(active, now), expireAt }, now);
}
