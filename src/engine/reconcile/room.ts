import type { InstanceId } from '../../domain/ids.ts';
import type { Offer } from '../../domain/offer.ts';
import type { Session } from '../../domain/session.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EngineContext } from '../context.ts';
import { cappedAt, type Launch, type Nothing } from '../launch.ts';
import type { Term } from '../leader.ts';
import type { Change } from '../ledger.ts';
import { giveBack } from './reserve.ts';
import { staleKeys } from './stale.ts';

/** What it takes to give sessions instances. */
export type QueueDeps = {
  readonly ctx: EngineContext;
  readonly term: Term;
  readonly offers: Map<InstanceId, Offer>;
  /** Classes whose sessions wait for a cap: no reserve takes what is freed before they have it. */
  readonly capped: Set<string>;
  readonly refusals: Refusals;
};

/** Why the sessions of a class were refused in its last pass: all of them, or those that ask for the same. */
export type LastRefusal = { readonly full: Nothing | null; readonly by: ReadonlyMap<string, Nothing> };
export type Refusals = Map<string, LastRefusal>;

/** What sessions must have in common to be refused for the same. */
export const askedKey = (s: Session): string => JSON.stringify(s.asked.requirements);

/** Whether it needs an instance of its own. */
export const isPersonal = (s: Session): boolean => s.asked.command.length > 0 || s.asked.envDigest !== '';

/** Commits what a session's launch changes. Where a cap is in the way, room is made, and the answer tells of the cap. */
export async function commitLaunch(
  d: QueueDeps,
  c: SessionClass,
  plan: Exclude<Launch, Nothing>,
  changes: readonly Change[],
): Promise<'placed' | 'again' | Nothing> {
  const { ctx, term } = d;
  d.offers.set(plan.instance.id, plan.offer);
  const result = await ctx.ledger.commit({ changes, expect: [term.fence], by: 'queue' });
  if (result.committed) return 'placed';
  d.offers.delete(plan.instance.id);
  if (result.why.kind !== 'limit') {
    await staleKeys(ctx, result.why);
    return 'again';
  }
  d.capped.add(c.name);
  await makeRoom(d, c.provider);
  return cappedAt(result.why.max, c.provider);
}

/** A client's start goes before an idle reserve: gives a member back, one at a time. */
async function makeRoom({ ctx, term }: QueueDeps, provider: string): Promise<void> {
  if ((ctx.mirror.phases('instance').get('destroying') ?? 0) > 0) return;
  for (const name of ctx.classes.current().keys()) {
    const member = ctx.mirror.unclaimed(name).find((i) => i.provider === provider);
    if (member !== undefined) return giveBack(ctx, term, [{ instance: member, why: 'surplus' }], 'queue');
  }
}
