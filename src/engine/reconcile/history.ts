import {
  afterFailure,
  afterStart,
  holdsStart,
  NO_HISTORY,
  type RecentStart,
  type StartHistory,
  withRecent,
} from '../../domain/reserve.ts';
import type { EngineContext } from '../context.ts';
import type { Transition } from '../hooks.ts';
import type { Term } from '../lead/leader.ts';
import { encode, KEY, SET } from '../records/records.ts';

const STARTING: ReadonlySet<string> = new Set(['intended', 'requested', 'booting']);
const FAILURES = new Set(['boot-timeout', 'create-failed', 'lost']);

/**
 * Learns how a class's starts go: times of those that came up, failures in a row. Kept in memory and written at most
 * once per pass of its loop, since hundreds of starts may end in one second.
 */
export function createHistoryKeeper(ctx: Pick<EngineContext, 'mirror' | 'classes' | 'clock' | 'store' | 'follower'>) {
  const pending = new Map<string, StartHistory>();
  /** Classes for which a trial start is being intended. */
  const trying = new Set<string>();
  const of = (className: string): StartHistory => pending.get(className) ?? ctx.mirror.history(className) ?? NO_HISTORY;

  /** Instances of a class that are neither ready nor given up. */
  function starting(className: string): number {
    let n = 0;
    for (const i of ctx.mirror.all('instance')) if (i.class === className && STARTING.has(i.phase)) n += 1;
    return n;
  }

  return {
    of,
    /** How a start on a machine went. */
    started(className: string, start: RecentStart): void {
      pending.set(className, withRecent(of(className), start));
    },
    /**
     * To be asked before an instance of the class is intended. Where the class is suspected one start is let through at
     * a time. @returns why none may be made now, for people; or what to call once it was intended or could not be
     */
    enter(className: string): string | (() => void) {
      const history = of(className);
      if (history.suspect === undefined) return () => undefined;
      const under = starting(className) + (trying.has(className) ? 1 : 0);
      const held = holdsStart(history, under, ctx.clock.now());
      if (held !== null) return held;
      trying.add(className);
      return () => trying.delete(className);
    },
    /** Called with every committed change of phase. @returns the class whose history it changed */
    learn({ kind, before, after }: Transition): string | null {
      if (kind !== 'instance' || before?.phase === after.phase) return null;
      const policy = ctx.classes.current().get(after.class)?.reserve;
      if (after.phase === 'ready') {
        pending.set(after.class, afterStart(of(after.class), after.startMs));
        return after.class;
      }
      const wasStarting = before?.phase === 'requested' || before?.phase === 'booting';
      const failed = (after.phase === 'destroying' || after.phase === 'gone') && wasStarting && FAILURES.has(after.why);
      if (!failed || policy === undefined) return null;
      pending.set(after.class, afterFailure(of(after.class), after.detail, policy, ctx.clock.now(), after.createdAt));
      return after.class;
    },
    /** Why the reserve cannot be filled though no start has failed: nothing on offer, or a cap. */
    refused(className: string, why: string): void {
      const now = of(className);
      if (now.lastFailure !== why) pending.set(className, { ...now, lastFailure: why });
    },
    /** Writes what has been learnt. */
    async flush(term: Term): Promise<void> {
      for (const [className, history] of pending) {
        const was = ctx.mirror.revision('history', className);
        const key = KEY.history(className);
        const result = await ctx.store.commit({
          put: [{ key, was, value: encode(history) }],
          index: [{ set: SET.settings, member: key, score: 0 }],
          expect: [term.fence],
        });
        if (!result.committed) {
          await ctx.follower.refresh(key);
          continue;
        }
        if (pending.get(className) === history) pending.delete(className);
        ctx.mirror.apply('history', className, was + 1, history);
      }
    },
  };
}
export type HistoryKeeper = ReturnType<typeof createHistoryKeeper>;
