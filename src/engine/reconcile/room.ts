import type { Session } from '../../domain/session.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EngineContext } from '../context.ts';
import { type Intending, intend, type Launch } from '../market/launch.ts';
import type { Nothing } from '../market/nothing.ts';
import type { Later } from '../market/stall.ts';
import { refusedByCap } from '../money/caps.ts';
import { rentingOff } from '../money/renting.ts';
import type { Change } from '../records/ledger.ts';
import { COUNTER } from '../records/records.ts';
import type { HistoryKeeper } from './history.ts';
import { giveBack } from './reserve.ts';
import { staleKeys } from './stale.ts';

/** What it takes to give sessions instances. */
export type QueueDeps = Intending & {
  /** Classes whose sessions wait for a cap: no reserve takes what is freed before they have it. */
  readonly capped: Set<string>;
  readonly refusals: Refusals;
  /** Wakes the queue of a class when what it asked the market is answered. */
  readonly later: (className: string) => Later;
  /** Says whether a class may start instances now. */
  readonly history: Pick<HistoryKeeper, 'enter'>;
};

/** Why the sessions of a class were refused in its last pass: all of them, or those that ask for the same. */
export type LastRefusal = { readonly full: Nothing | null; readonly by: ReadonlyMap<string, Nothing> };
export type Refusals = Map<string, LastRefusal>;

/** What sessions must have in common to be refused for the same. */
export const askedKey = (s: Session): string => JSON.stringify(s.asked.requirements);

/** What a class whose starts fail on all machines tells those who wait. */
export const heldBack = (why: string): Nothing => ({ why, refused: { 'backing-off': 1 } });

/** Why nothing can be made now, for a session and for all others. */
export const notRenting = ({ ctx }: QueueDeps): (Nothing & { readonly full: boolean }) | null => {
  const off = rentingOff(ctx.mirror);
  return off === null ? null : { ...off, full: true };
};

/** Commits what a session's launch changes. Where a cap is in the way, room is made, and the answer tells of the cap. */
export async function commitLaunch(
  d: QueueDeps,
  c: SessionClass,
  plan: Launch,
  changes: readonly Change[],
): Promise<'placed' | 'again' | (Nothing & { readonly full: boolean })> {
  const result = await intend(d, plan, changes, 'queue');
  if (result.committed) return 'placed';
  if (result.why.kind !== 'limit') {
    await staleKeys(d.ctx, result.why);
    return 'again';
  }
  const { hopeless, ...refusal } = refusedByCap(result.why, plan.instance);
  if (hopeless) return { ...refusal, full: false };
  d.capped.add(c.name);
  await makeRoom(d, c.provider, result.why.counter === COUNTER.spending(c.provider));
  return { ...refusal, full: true };
}

/** What takes longer to be gone than this may take for ever: it is not waited for [ms]. */
const FREED_WITHIN_MS = 60_000;

/** Whether there will be room in a moment. */
function isFreeing({ mirror, clock }: EngineContext, provider: string): boolean {
  if ((mirror.phases('instance').get('destroying') ?? 0) === 0) return false;
  const since = clock.now() - FREED_WITHIN_MS;
  for (const i of mirror.all('instance'))
    if (i.phase === 'destroying' && i.provider === provider && i.since > since) return true;
  return false;
}

/** A client's start goes before an idle reserve: gives a member back, one at a time. */
async function makeRoom({ ctx, term }: QueueDeps, provider: string, money: boolean): Promise<void> {
  if (isFreeing(ctx, provider)) return;
  for (const name of ctx.classes.current().keys()) {
    const member = ctx.mirror.unclaimed(name).find((i) => i.provider === provider && (!money || i.microsPerHour > 0));
    if (member !== undefined) return giveBack(ctx, term, [{ instance: member, why: 'surplus' }], 'queue');
  }
}
