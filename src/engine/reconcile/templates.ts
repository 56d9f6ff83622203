import { isBrokerError } from '../../domain/errors.ts';
import { destroyInstance } from '../../domain/give-up.ts';
import type { InstanceIn } from '../../domain/instance.ts';
import { loseInstance, lossPolicy } from '../../domain/replace.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { Marketplace } from '../../ports/marketplace.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { type Read, recipeOf, templateOf } from '../market/templates.ts';
import { rentingOff } from '../money/renting.ts';
import { staleKeys } from './stale.ts';

/** How often a template is read [ms]. */
const READ_MS = 60_000;
/** The same of one that could not be read for no reason of its own [ms]. */
const READ_AGAIN_MS = 10_000;
/** How soon a class that is new, or whose instances are outdated, is noticed [ms]. */
const PASS_MS = 5_000;
/** One template is read no longer than this [ms]. */
const CALL_MS = 10_000;

/** Reads the templates that classes name, and replaces what is in use and outdated where a class says so. */
export function createTemplateWatch(ctx: EngineContext, term: Term) {
  /** When each is to be read again, by provider and name [monotonic ms]. */
  const due = new Map<string, number>();

  /** @returns whether anything is known otherwise than before */
  async function read(m: Marketplace, named: string, signal: AbortSignal): Promise<boolean> {
    const key = `${m.name}/${named}`;
    if (ctx.clock.monotonic() < (due.get(key) ?? 0)) return false;
    const before = ctx.templates.of(m.name, named);
    const { after, againMs } = await readNow(m, named, before, signal);
    due.set(key, ctx.clock.monotonic() + againMs);
    ctx.templates.note(m.name, named, after);
    return JSON.stringify(before) !== JSON.stringify(after);
  }

  return {
    /** @returns pause [ms] */
    async pass(signal: AbortSignal): Promise<number> {
      let changed = false;
      for (const c of ctx.classes.current().values()) {
        const named = templateOf(ctx, c);
        const marketplace = ctx.marketplaces.get(c.provider);
        if (named !== null && marketplace !== undefined) changed = (await read(marketplace, named, signal)) || changed;
      }
      // Reserves are planned anew, and who waits is served.
      if (changed) ctx.classes.changed();
      for (const c of ctx.classes.current().values()) await replaceOutdated(ctx, term, c);
      return PASS_MS;
    },
  };
}

/** One that was read and cannot be reached now is what it was; one that is not there any more is not. */
async function readNow(
  m: Marketplace,
  named: string,
  before: Read | undefined,
  signal: AbortSignal,
): Promise<{ readonly after: Read; readonly againMs: number }> {
  try {
    const { hash } = await m.template(named, AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]));
    return { after: { hash }, againMs: READ_MS };
  } catch (err) {
    signal.throwIfAborted();
    const why = `template ${named} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    if (isBrokerError(err, 'not-found')) return { after: { why }, againMs: READ_MS };
    return { after: before !== undefined && 'hash' in before ? before : { why }, againMs: READ_AGAIN_MS };
  }
}

/** Takes an outdated instance from a session in use, so that another takes its place behind the same endpoint: one at a
 *  time of each class, and none while nothing could be had instead. */
async function replaceOutdated(ctx: EngineContext, term: Term, c: SessionClass): Promise<void> {
  const { mirror } = ctx;
  if (!c.replaceOutdated || c.onLoss === null || mirror.replacing(c.name).length > 0) return;
  const now = recipeOf(ctx, c);
  if ('why' in now || rentingOff(mirror) !== null || (mirror.history(c.name)?.retryAt ?? null) !== null) return;
  for (const i of mirror.all('instance')) {
    if (i.phase !== 'bound' || i.class !== c.name || i.recipe === now.recipe) continue;
    if (await replace(ctx, term, c, i)) return;
  }
}

/** @returns whether it was tried */
async function replace(ctx: EngineContext, term: Term, c: SessionClass, i: InstanceIn<'bound'>): Promise<boolean> {
  const session = ctx.mirror.session(i.session);
  if (session?.phase !== 'active' || session.instance.id !== i.id || lossPolicy(session, c) === null) return false;
  const at = ctx.clock.now();
  const detail = 'what it was made from has changed';
  const given = destroyInstance(i, 'outdated', detail, at);
  if (given === undefined) return false;
  const result = await ctx.ledger.commit({
    changes: [
      { kind: 'session', before: session, after: loseInstance(session, i, detail, at) },
      { kind: 'instance', before: i, after: given },
    ],
    expect: [term.fence],
    by: 'templates',
  });
  if (!result.committed) await staleKeys(ctx, result.why);
  return true;
}
