import type { InstanceId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { Offer } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { Nothing } from '../launch.ts';
import type { Term } from '../leader.ts';
import { giveBack } from './reserve.ts';

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
export type Refused = { readonly full: Nothing | null; readonly by: ReadonlyMap<string, Nothing> };
export type Refusals = Map<string, Refused>;

/** What sessions must have in common to be refused for the same. */
export const askedKey = (s: Session): string => JSON.stringify(s.asked.requirements);

/** Whether it needs an instance of its own. */
export const isPersonal = (s: Session): boolean => s.asked.command.length > 0 || s.asked.envDigest !== '';

/** A client's start goes before an idle reserve: gives a member back, one at a time. */
export async function makeRoom({ ctx, term }: QueueDeps, provider: string): Promise<void> {
  if ((ctx.mirror.phases('instance').get('destroying') ?? 0) > 0) return;
  for (const name of ctx.classes.current().keys()) {
    const member = ctx.mirror.unclaimed(name).find((i) => i.provider === provider);
    if (member !== undefined) return giveBack(ctx, term, [{ instance: member, why: 'surplus' }], 'queue');
  }
}
