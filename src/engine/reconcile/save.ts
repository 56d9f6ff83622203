import type { SessionId } from '../../domain/ids.ts';
import type { EndReason, SessionIn } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { authorized } from './authorization.ts';

/** Ends that come by themselves: whoever works in the session has not said that the work is done. */
const BY_ITSELF: ReadonlySet<EndReason> = new Set(['expired', 'idle']);

/**
 * Calls the hook of a class (`before_end`) when a session ends by itself, so that its instance can save work before it
 * is destroyed. In the background, since many may wait for theirs; another leader calls again, so it may come twice.
 */
export type Saver = ReturnType<typeof createSaver>;

export function createSaver(ctx: EngineContext, wake: (id: SessionId) => void, signal: AbortSignal) {
  const saving = new Map<SessionId, 'under-way' | 'done'>();

  async function call(s: SessionIn<'releasing'>, path: string, port: string, timeoutMs: number): Promise<void> {
    const proxy = s.instance === null ? undefined : ctx.mirror.proxy(s.instance.proxy);
    const to = proxy?.phase === 'serving' ? proxy.upstream.find((p) => p.name === port) : undefined;
    // At most the whole of it: the clock may have been set back since.
    const left = Math.min(timeoutMs, s.since + timeoutMs - ctx.clock.now());
    if (to === undefined || left <= 0) return;
    const answer = await ctx.instanceHttp.ask(
      to,
      { method: 'POST', path, timeoutMs: left, ...authorized(ctx, proxy) },
      signal,
    );
    ctx.hooks.onBeforeEnd(s, answer.answered ? `HTTP ${answer.status}` : answer.detail);
  }

  return {
    /** Whether the session still has to wait for its hook; begins it if need be. */
    isSaving(s: SessionIn<'releasing'>): boolean {
      const hook = ctx.classes.current().get(s.asked.class)?.beforeEnd ?? null;
      // Told to end everything, nothing is waited for.
      if (ctx.clearing.now || hook === null || !s.wasActive || !BY_ITSELF.has(s.why)) return false;
      const state = saving.get(s.id);
      if (state !== undefined) return state === 'under-way';
      saving.set(s.id, 'under-way');
      void call(s, hook.path, hook.port, hook.timeoutMs)
        .catch((err: unknown) => {
          // Cut short by the end of the term: the next leader calls again.
          if (!signal.aborted) ctx.hooks.onLoopError('sessions', err, { sessionId: s.id });
        })
        .finally(() => {
          saving.set(s.id, 'done');
          wake(s.id);
        });
      return true;
    },
    forget: (id: SessionId): boolean => saving.delete(id),
  };
}
