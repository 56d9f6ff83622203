import { isBrokerError } from '../../domain/errors.ts';
import { destroyInstance } from '../../domain/give-up.ts';
import { type Instance, standsFor } from '../../domain/instance.ts';
import type { Owned } from '../../ports/compute-provider.ts';
import type { Stored } from '../../ports/store.ts';
import { readSession } from '../calls/find.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import type { ProviderObserver } from '../lead/observer.ts';
import { destroyLane, type Pacer, PRIORITY } from '../lead/pacer.ts';
import { isUntracked } from '../money/money.ts';
import { decode, KEY } from '../records/records.ts';
import { adopt, classFor, isStarting } from './adopt.ts';
import { giveUp } from './give-up.ts';

/** One request to destroy takes no longer [ms]. */
const DESTROY_MS = 30_000;
/** Complete lists in which a stranger must show before it is ended. */
const LISTS = 2;

/**
 * Ends what carries our installation's tag and has no record: left behind by a lost store, or by a defect; or takes it
 * over where nobody can have had it. Intent is stored before anything is created and dropped only after proof of
 * absence, so whatever has no record is nobody's. So is what has the tag of a record that stands for another: it was
 * made twice.
 */
export function createOrphanCollector(
  ctx: EngineContext,
  term: Term,
  pacer: Pacer,
  observer: () => ProviderObserver | undefined,
) {
  /** By the provider's name for it. */
  let strangers = new Map<string, number>();
  /** Those that wait for their turn to be ended: the next list shows them again. */
  const ending = new Set<string>();

  async function end(o: Owned, signal: AbortSignal): Promise<void> {
    const at = observer();
    if (at === undefined || ending.has(o.ref.id)) return;
    ending.add(o.ref.id);
    try {
      await settle(ctx, term, pacer, at, o, signal);
    } finally {
      ending.delete(o.ref.id);
    }
  }

  return {
    async collect(owned: readonly Owned[], signal: AbortSignal): Promise<void> {
      const seen = new Map<string, number>();
      const due: Owned[] = [];
      for (const o of owned) {
        if (!isUntracked(ctx.mirror, o)) continue;
        const times = (strangers.get(o.ref.id) ?? 0) + 1;
        seen.set(o.ref.id, times);
        if (times >= LISTS) due.push(o);
      }
      strangers = seen;
      // One that cannot be ended now keeps none of the others.
      for (const o of due)
        await end(o, signal).catch((err: unknown) => {
          // Cut short by the end of the term: it is the next leader's.
          if (!signal.aborted) ctx.hooks.onLoopError('orphans', err, { instanceId: o.tag });
        });
    },
  };
}

async function settle(
  ctx: EngineContext,
  term: Term,
  pacer: Pacer,
  observer: ProviderObserver,
  o: Owned,
  signal: AbortSignal,
): Promise<void> {
  if (!(await isStranger(ctx, o))) return;
  const { name } = observer.provider;
  const c = ctx.mirror.instance(o.tag) === undefined ? classFor(ctx, name, o) : null;
  if (c !== null && isStarting(o) && (await adopt(ctx, term, c, o))) return;
  ctx.hooks.onOrphan(name, o.tag);
  await untilTurn(ctx, pacer, observer, `${o.tag}/${o.ref.id}`, signal);
  // Whoever leads by then may have taken it over: a broker that was paused goes on as if no time had passed.
  if (!term.outlives(observer.provider.limits.createMs)) return;
  // It may have got a record meanwhile.
  if (!(await isStranger(ctx, o))) return;
  try {
    await observer.provider.destroy(o.ref, AbortSignal.any([signal, AbortSignal.timeout(DESTROY_MS)]));
  } catch (err) {
    if (isBrokerError(err)) pacer.hold(destroyLane(name), err.details.retryAfterMs ?? 0);
    throw err;
  }
  observer.wake();
}

/** Ending a stranger takes a turn of its provider like any other end. */
async function untilTurn(
  { clock }: EngineContext,
  pacer: Pacer,
  { provider: { name, limits } }: ProviderObserver,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const waitMs = pacer.turn(key, destroyLane(name), PRIORITY.start, limits.destroyEveryMs);
    if (waitMs === 0) return;
    await clock.sleep(waitMs, signal);
  }
}

/** In one look: that no record stands for it, and that the store is the one that it would be in. */
async function isNobodys(ctx: EngineContext, key: string, isHis: (record: Stored) => boolean): Promise<boolean> {
  const [record, installation] = await ctx.store.read([key, KEY.installation]);
  if (ctx.follower.knows(installation)) return !record || !isHis(record);
  await ctx.follower.wasEmptied();
  return false;
}

const isStranger = (ctx: EngineContext, { tag, ref }: Owned): Promise<boolean> =>
  isNobodys(ctx, KEY.instance(tag), (record) => standsFor(decode<Instance>(record), ref.id));

/** The same for proxies. */
export async function collectOrphanProxies(ctx: EngineContext, signal: AbortSignal): Promise<void> {
  for (const port of ctx.proxies.values()) {
    for (const id of await port.listOwned(signal)) {
      if (ctx.mirror.proxy(id) !== undefined) continue;
      if (!(await isNobodys(ctx, KEY.proxy(id), () => true))) continue;
      ctx.hooks.onOrphan(port.kind, id);
      await port.remove(id, signal);
    }
  }
}

/** Ends instances that a session has left behind. An instance is given up in the commit that releases its session, so
 *  there should be none; but what nobody would ever look at again costs money for ever. */
export async function collectLeftBehind(ctx: EngineContext, term: Term): Promise<void> {
  const { mirror } = ctx;
  for (const i of mirror.all('instance')) {
    const owner = i.phase === 'bound' ? i.session : i.for;
    const after = destroyInstance(i, 'orphan', 'its session ended without it', ctx.clock.now());
    if (owner === null || after === undefined || mirror.session(owner) !== undefined) continue;
    const session = await readSession(ctx, owner);
    if (session !== null && session.phase !== 'released') continue;
    ctx.hooks.onOrphan(i.provider, i.id);
    await giveUp({ ctx, term }, i, after, 'orphans');
  }
}
