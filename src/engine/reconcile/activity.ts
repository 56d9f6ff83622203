import { isWorthWriting, toldUse, usedAt } from '../../domain/activity.ts';
import { idleAt, used } from '../../domain/idle.ts';
import type { ProxyId, SessionId } from '../../domain/ids.ts';
import type { SessionIn } from '../../domain/session.ts';
import type { ActivityPolicy, ActivityProbe } from '../../domain/session-class.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { ProxyActivity } from '../../ports/session-proxy.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { authorized } from './authorization.ts';
import { staleKeys } from './stale.ts';

type Active = SessionIn<'active'>;

/** Instances of one class asked for their use at a time. */
const AT_ONCE = 64;
/** Records written at a time. */
const WRITES = 64;
/** One look at all proxies of a kind takes no longer [ms]. */
const LOOK_MS = 10_000;
const UNTOLD: ActivityPolicy = { connections: 'open', http: null };

/** A value that changes with use, and when it was seen to. */
type Counted = { readonly value: string; readonly at: EpochMs | null };

/**
 * Sees which sessions are used: one look at all proxies of a kind, and a question to the instances of classes that want
 * it. What is seen is written to the sessions, so it is lost by no restart. Nobody waits for others: neither for a kind
 * of proxy that cannot be looked at, nor for the instances of another class.
 */
export type ActivityWatch = ReturnType<typeof createActivityWatch>;

export function createActivityWatch(ctx: EngineContext, term: Term, wake: (id: SessionId) => void) {
  const { clock, mirror } = ctx;
  /** Up to when the use of a session is known. */
  let knownUntil = new Map<SessionId, EpochMs>();
  /** What instances said the last time. */
  let counted = new Map<SessionId, Counted>();
  /** Classes whose instances are being asked. */
  const asking = new Map<string, Promise<void>>();

  const policyOf = (s: Active): ActivityPolicy => ctx.classes.current().get(s.asked.class)?.activity ?? UNTOLD;
  const kindOf = (s: Active): string => mirror.proxy(s.instance.proxy)?.kind ?? '';
  const failed = (err: unknown): void => {
    if (!term.signal.aborted) ctx.hooks.onLoopError('activity', err, {});
  };
  /** As it is by now, if it is still in use. */
  function current(id: SessionId): Active | null {
    const s = mirror.session(id);
    return s?.phase === 'active' ? s : null;
  }

  /** When the instance says it was used; null: it does not say, or not anew. */
  async function ask(s: Active, probe: ActivityProbe, signal: AbortSignal): Promise<EpochMs | null> {
    const proxy = mirror.proxy(s.instance.proxy);
    const to = proxy?.phase === 'serving' ? proxy.upstream.find((p) => p.name === probe.port) : undefined;
    if (to === undefined) return null;
    const { path, timeoutMs } = probe;
    const answer = await ctx.instanceHttp.ask(
      to,
      { method: 'GET', path, timeoutMs, ...authorized(ctx, proxy) },
      signal,
    );
    const use = answer.answered && answer.status < 300 ? toldUse(answer.body, probe.json) : null;
    if (use === null) return null;
    return 'at' in use ? Math.min(use.at, clock.now()) : movedAt(s, use.value);
  }

  /** The record has what was said when it was last written: a change since then is use, whoever led meanwhile. */
  function movedAt({ id, counter }: Active, value: string): EpochMs | null {
    const before = counted.get(id) ?? (counter === undefined ? null : { value: counter, at: null });
    const now: Counted = before?.value === value ? before : { value, at: before === null ? null : clock.now() };
    counted.set(id, now);
    return now.at;
  }

  /** Writes down what was seen if it is worth it. @returns whether nothing of it is left to be written */
  async function note(s: Active, at: EpochMs): Promise<boolean> {
    const counter = counted.get(s.id)?.value;
    const isFirst = counter !== undefined && s.counter === undefined;
    const isUse = isWorthWriting(s, at, ctx.activityMs, clock.now());
    if (!isUse && !isFirst) return true;
    const after = { ...(isUse ? used(s, at) : s), ...(counter === undefined ? {} : { counter }) };
    const result = await ctx.ledger.commit({
      changes: [{ kind: 'session', before: s, after }],
      expect: [term.fence],
      by: 'activity',
    });
    if (!result.committed) await staleKeys(ctx, result.why);
    return result.committed;
  }

  function isKnown(s: Active, at: EpochMs): void {
    knownUntil.set(s.id, at);
    if ((idleAt(s) ?? Number.POSITIVE_INFINITY) <= at) wake(s.id);
  }

  /** One look at all proxies of a kind; what it showed is as old as its beginning. */
  async function lookAtKind(kind: string, sessions: readonly Active[], signal: AbortSignal): Promise<void> {
    const port = ctx.proxies.get(kind);
    if (port === undefined) return;
    const at = clock.now();
    const proxies = sessions.map((s) => s.instance.proxy);
    const seen = await port.activity(proxies, AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]));
    const toAsk: Active[] = [];
    await inParallel(sessions, WRITES, async (s) => {
      const shown = shownBy(s, seen, at);
      if (!(await note(s, shown ?? 0))) return;
      // Nothing may end by what its proxy did not show, unless it has none.
      if (!seen.has(s.instance.proxy) && kind !== 'direct') return;
      // One that is in use at this moment need not be asked.
      if (policyOf(s).http !== null && shown !== at) toAsk.push(s);
      else isKnown(s, at);
    });
    for (const [name, of] of Map.groupBy(toAsk, (s) => s.asked.class)) askClass(name, of, at, signal);
  }

  const shownBy = (s: Active, seen: ReadonlyMap<ProxyId, ProxyActivity>, at: EpochMs): EpochMs | null => {
    const use = seen.get(s.instance.proxy);
    return use === undefined ? null : usedAt(use, policyOf(s), at);
  };

  /** In the background. A class that is still being asked is left out: its instances are slow to answer. */
  function askClass(name: string, sessions: readonly Active[], at: EpochMs, signal: AbortSignal): void {
    if (asking.has(name)) return;
    const asked = inParallel(sessions, AT_ONCE, async ({ id }) => {
      const s = current(id);
      const probe = s === null ? null : policyOf(s).http;
      const says = s === null || probe === null ? null : await ask(s, probe, signal);
      const after = current(id);
      if (after !== null && (await note(after, says ?? 0))) isKnown(after, at);
    });
    asking.set(
      name,
      asked
        .catch(failed)
        .finally(() => asking.delete(name))
        .then(() => undefined),
    );
  }

  return {
    /** Up to when the use of the session is known: without anything that could tell, KeepAlive alone counts. */
    knownUntil(s: Active): EpochMs {
      const isSeen = kindOf(s) !== 'direct' || policyOf(s).http !== null;
      return isSeen ? (knownUntil.get(s.id) ?? 0) : Number.POSITIVE_INFINITY;
    },
    /** One look at all. @returns pause until the next [ms] */
    async pass(signal: AbortSignal): Promise<number> {
      const startedAt = clock.monotonic();
      const sessions = [...mirror.all('session')].filter((s) => s.phase === 'active');
      const kinds = [...Map.groupBy(sessions, kindOf)];
      await Promise.all(kinds.map(([kind, of]) => lookAtKind(kind, of, signal).catch(failed)));
      const living = new Set(sessions.map((s) => s.id));
      knownUntil = new Map([...knownUntil].filter(([id]) => living.has(id)));
      counted = new Map([...counted].filter(([id]) => living.has(id)));
      return Math.max(0, ctx.activityMs - (clock.monotonic() - startedAt));
    },
    /** Resolves when nobody is asked any more: soon after the term has ended. */
    async ended(): Promise<void> {
      await Promise.all(asking.values());
    },
  };
}

/** Goes on with the others where one fails. @throws the first failure, in the end */
async function inParallel<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item).catch((err: unknown) => failures.push(err));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
