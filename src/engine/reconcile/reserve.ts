import { destroyInstance } from '../../domain/give-up.ts';
import { isUnwelcome, machineOf } from '../../domain/host-registry.ts';
import type { Instance } from '../../domain/instance.ts';
import { planReserve, type ReservePlan } from '../../domain/reserve.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { type Intending, intend, planLaunch } from '../market/launch.ts';
import { recipeOf } from '../market/templates.ts';
import { refusedByCap } from '../money/caps.ts';
import { rentingOff } from '../money/renting.ts';
import type { Change } from '../records/ledger.ts';
import { giveUp } from './give-up.ts';
import type { HistoryKeeper } from './history.ts';
import { monotonicOf } from './stale.ts';

/** After a refusal that nothing of our own would end [ms]. */
const AGAIN_MS = 5_000;

export type ReserveDeps = Intending & {
  readonly history: HistoryKeeper;
  readonly capped: ReadonlySet<string>;
};

/** What a class shall keep ready: an admin's word over the configuration's. */
export const reserveTarget = (ctx: EngineContext, className: string): number =>
  ctx.clearing.now
    ? 0
    : (ctx.mirror.reserve(className)?.target ?? ctx.classes.current().get(className)?.reserve.target ?? 0);

/** One look at a class's reserve: plan, then make or give back. A class that is no longer configured keeps none. */
export async function lookAtReserve(d: ReserveDeps, className: string, signal: AbortSignal): Promise<number | null> {
  const { ctx } = d;
  const c = ctx.classes.current().get(className);
  const members = ctx.mirror.unclaimed(className);
  const history = d.history.of(className);
  const now = ctx.clock.now();
  const runsBadly = (i: Instance): boolean => isOnUnwelcome(ctx, i, now);
  const plan: ReservePlan =
    c === undefined
      ? planReserve(members, 0, '', NO_POLICY, history, now)
      : planReserve(members, reserveTarget(ctx, className), currentRecipe(ctx, c), c.reserve, history, now, runsBadly);
  await giveBack(ctx, d.term, plan.giveBack, 'reserve');
  if (c !== undefined && plan.create > 0 && !(await refill(d, c, plan.create, signal)))
    return ctx.clock.monotonic() + AGAIN_MS;
  return monotonicOf(ctx.clock, plan.lookAt);
}

function currentRecipe(ctx: EngineContext, c: SessionClass): string | null {
  const now = recipeOf(ctx, c);
  return 'why' in now ? null : now.recipe;
}

/** Whether its machine, or the owner of that, was banned for how instances run there, or by an admin. */
function isOnUnwelcome({ mirror }: EngineContext, i: Instance, now: EpochMs): boolean {
  const on = machineOf(i);
  if (on === null) return false;
  return (
    isUnwelcome(mirror.machine(i.provider, on.machine)?.ban, now) ||
    isUnwelcome(mirror.host(i.provider, on.host)?.ban, now)
  );
}

const NO_POLICY = { target: 0, maxAtOnce: 0, maxFailures: 1, retryMs: 0, maxRetryMs: 0 };

/** Destroys members that nobody has, with their proxies. */
export async function giveBack(
  ctx: EngineContext,
  term: Term,
  members: ReservePlan['giveBack'],
  by: string,
): Promise<void> {
  const now = ctx.clock.now();
  for (const { instance, why } of members) {
    const after = destroyInstance(instance, why, '', now);
    if (after !== undefined) await giveUp({ ctx, term }, instance, after, by);
  }
}

/** Whether sessions wait for instances of this provider. */
const isAwaited = ({ ctx, capped }: ReserveDeps, provider: string): boolean =>
  [...capped].some((name) => ctx.classes.current().get(name)?.provider === provider);

/** @returns whether all were intended; if not, something refused more */
async function refill(d: ReserveDeps, c: SessionClass, n: number, signal: AbortSignal): Promise<boolean> {
  if (isAwaited(d, c.provider)) return false;
  const off = rentingOff(d.ctx.mirror);
  if (off !== null) {
    d.history.refused(c.name, off.why);
    return false;
  }
  for (let made = 0; made < n; made++) {
    // Whoever waits for a suspected class has its trial.
    if (d.history.of(c.name).suspect !== undefined && d.ctx.mirror.queueLength(c.name) > 0) return false;
    const entered = d.history.enter(c.name);
    // Its trial is under way, or not due yet: what comes of it is told.
    if (typeof entered === 'string') return true;
    try {
      if (!(await make(d, c, signal))) return false;
    } finally {
      entered();
    }
  }
  return true;
}

/** @returns whether it was intended */
async function make(d: ReserveDeps, c: SessionClass, signal: AbortSignal): Promise<boolean> {
  const plan = await planLaunch(d.ctx, c, { session: null, requirements: {}, personal: false }, signal);
  if ('why' in plan) {
    d.history.refused(c.name, plan.why);
    return false;
  }
  const changes: readonly Change[] = [
    { kind: 'instance', before: undefined, after: plan.instance },
    { kind: 'proxy', before: undefined, after: plan.proxy },
  ];
  const result = await intend(d, plan, changes, 'reserve');
  if (result.committed) return true;
  if (result.why.kind === 'limit') d.history.refused(c.name, refusedByCap(result.why, plan.instance).why);
  return false;
}
