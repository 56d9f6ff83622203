import { isWorthWriting, toldUse, usedAt } from '../../domain/activity.ts';
import { idleAt, used } from '../../domain/idle.ts';
import type { ProxyId, SessionId } from '../../domain/ids.ts';
import type { SessionIn } from '../../domain/session.ts';
import type { ActivityProbe, SessionClass } from '../../domain/session-class.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { ProxyActivity } from '../../ports/session-proxy.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../leader.ts';
import { staleKeys } from './stale.ts';

type Active = SessionIn<'active'>;

/** Instances asked for their use at a time. */
const AT_ONCE = 32;
/** Records written at a time. */
const WRITES = 64;

/**
 * Sees which sessions are used: one look at all proxies of a kind, and a question to the instances of classes that want
 * it. What is seen is written to the sessions, so it is lost by no restart; only what a counter said before is kept here.
 */
export type ActivityWatch = ReturnType<typeof createActivityWatch>;

export function createActivityWatch(ctx: EngineContext, term: Term, wake: (id: SessionId) => void) {
  const { clock, mirror } = ctx;
  /** Up to when the use of a session is known. */
  let knownUntil = new Map<SessionId, EpochMs>();
  /** What an instance said the last time. */
  let told = new Map<SessionId, string>();

  const classOf = (s: Active): SessionClass | undefined => ctx.classes.current().get(s.asked.class);

  async function lookAtProxies(
    sessions: readonly Active[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<ProxyId, ProxyActivity>> {
    const byKind = Map.groupBy(sessions, (s) => mirror.proxy(s.instance.proxy)?.kind ?? '');
    const found = new Map<ProxyId, ProxyActivity>();
    for (const [kind, of] of byKind) {
      const port = ctx.proxies.get(kind);
      if (port === undefined) continue;
      const seen = await port.activity(
        of.map((s) => s.instance.proxy),
        signal,
      );
      for (const [id, activity] of seen) found.set(id, activity);
    }
    return found;
  }

  /** When the instance says it was used; null: it does not say, or not anew. */
  async function ask(s: Active, probe: ActivityProbe, signal: AbortSignal): Promise<EpochMs | null> {
    const proxy = mirror.proxy(s.instance.proxy);
    const to = proxy?.phase === 'serving' ? proxy.upstream.find((p) => p.name === probe.port) : undefined;
    if (to === undefined) return null;
    const { path, timeoutMs } = probe;
    const answer = await ctx.instanceHttp.ask(to, { method: 'GET', path, timeoutMs }, signal);
    const use = answer.answered && answer.status < 300 ? toldUse(answer.body, probe.json) : null;
    if (use === null) return null;
    if ('at' in use) return Math.min(use.at, clock.now());
    const before = told.get(s.id);
    told.set(s.id, use.value);
    return before === undefined || before === use.value ? null : clock.now();
  }

  async function write(s: Active, at: EpochMs): Promise<void> {
    const after = used(s, at);
    const result = await ctx.ledger.commit({
      changes: [{ kind: 'session', before: s, after }],
      expect: [term.fence],
      by: 'activity',
    });
    if (!result.committed) await staleKeys(ctx, result.why);
  }

  /** What is known of one session; writes it down if it is worth it. */
  async function look(s: Active, seen: ProxyActivity | undefined, signal: AbortSignal): Promise<void> {
    const policy = classOf(s)?.activity ?? { connections: 'open', http: null };
    const now = clock.now();
    const shown = seen === undefined ? null : usedAt(seen, policy, now);
    // One that is in use at this moment need not be asked.
    const says = policy.http === null || shown === now ? null : await ask(s, policy.http, signal);
    const at = Math.max(shown ?? 0, says ?? 0);
    if (isWorthWriting(s, at, ctx.activityMs, now)) await write(s, at);
    if (seen !== undefined || policy.http !== null) knownUntil.set(s.id, now);
  }

  return {
    /** Up to when the use of the session is known: without anything that could tell, KeepAlive alone counts. */
    knownUntil(s: Active): EpochMs {
      const isSeen = mirror.proxy(s.instance.proxy)?.kind !== 'direct' || (classOf(s)?.activity.http ?? null) !== null;
      return isSeen ? (knownUntil.get(s.id) ?? 0) : Number.POSITIVE_INFINITY;
    },
    /** One look at all. @returns pause until the next [ms] */
    async pass(signal: AbortSignal): Promise<number> {
      const startedAt = clock.monotonic();
      const sessions = [...mirror.all('session')].filter((s) => s.phase === 'active');
      const seen = await lookAtProxies(sessions, signal);
      await inParallel(sessions, seen.size > 0 ? WRITES : AT_ONCE, (s) => look(s, seen.get(s.instance.proxy), signal));
      const now = clock.now();
      for (const s of sessions) if ((idleAt(s) ?? Number.POSITIVE_INFINITY) <= now) wake(s.id);
      const living = new Set(sessions.map((s) => s.id));
      knownUntil = new Map([...knownUntil].filter(([id]) => living.has(id)));
      told = new Map([...told].filter(([id]) => living.has(id)));
      return Math.max(0, ctx.activityMs - (clock.monotonic() - startedAt));
    },
  };
}

async function inParallel<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
