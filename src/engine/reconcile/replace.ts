import type { Member } from '../../domain/bind.ts';
import { deleting } from '../../domain/decide-proxy.ts';
import { samePorts } from '../../domain/endpoint.ts';
import type { ProxyIn } from '../../domain/proxy.ts';
import { replaceBy } from '../../domain/replace.ts';
import type { Session, SessionIn } from '../../domain/session.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import { planLaunch } from '../market/launch.ts';
import type { Nothing } from '../market/nothing.ts';
import { isPersonal, memberKeys, suits } from '../records/claim.ts';
import type { Change } from '../records/ledger.ts';
import { KEY } from '../records/records.ts';
import { commitLaunch, heldBack, notRenting, type QueueDeps } from './room.ts';
import { staleKeys } from './stale.ts';

type Lost = SessionIn<'active'>;
type Outcome = 'placed' | 'again' | 'waits' | 'full';

/** Gives the sessions in use that lost their instance another one behind the same endpoint: a reserve member, which
 *  leaves its own proxy, else one made anew. */
export async function replaceLost(
  d: QueueDeps,
  c: SessionClass,
  full: Nothing | null,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const session of d.ctx.mirror.replacing(c.name)) {
    if (signal.aborted) break;
    const proxy = d.ctx.mirror.proxy(session.instance.proxy);
    // One whose next instance is on its way, or whose end is near, waits for nothing here.
    if (session.paidFrom !== null || proxy?.phase !== 'serving') continue;
    if (c.onLoss === null || (session.replacing?.attempts ?? 0) >= c.onLoss.attempts) continue;
    outcomes.push(await replace(d, c, session, proxy, full, signal));
  }
  return outcomes;
}

const OTHER_PORTS: Nothing = { why: 'its class has other ports than the session by now', refused: {} };

async function replace(
  d: QueueDeps,
  c: SessionClass,
  session: Lost,
  proxy: ProxyIn<'serving'>,
  full: Nothing | null,
  signal: AbortSignal,
): Promise<Outcome> {
  const claimed = isPersonal(session) ? null : await claim(d, session, proxy);
  if (claimed !== null) return claimed;
  // Its endpoint would be there, and nothing behind it.
  if (!samePorts(c.ports, proxy.ports)) return wait(d, session, OTHER_PORTS, 'waits');
  if (full !== null) return wait(d, session, full, 'full');
  const entered = d.history.enter(c.name);
  if (typeof entered === 'string') return wait(d, session, heldBack(entered), 'waits');
  try {
    return await launch(d, c, session, proxy, signal);
  } finally {
    entered();
  }
}

/** null: there is no member that suits. */
async function claim({ ctx, term }: QueueDeps, session: Lost, proxy: ProxyIn<'serving'>): Promise<Outcome | null> {
  const { pool } = ctx.mirror;
  const does = (m: Member): boolean => suits(m, session) && samePorts(m.instance.ports, proxy.ports);
  const members = pool.hold(session.asked.class, does, 1, ctx.ids.pick);
  const member = members[0];
  if (member === undefined) return null;
  try {
    const now = ctx.clock.now();
    const after = replaceBy(session, member.instance, proxy, now);
    const result = await ctx.ledger.commit({
      changes: [
        { kind: 'session', before: session, after: after.session },
        { kind: 'instance', before: member.instance, after: after.instance },
        { kind: 'proxy', before: proxy, after: after.proxy },
        { kind: 'proxy', before: member.proxy, after: deleting(member.proxy, now) },
      ],
      expect: [term.fence],
      by: 'queue',
    });
    if (result.committed) return 'placed';
    await ctx.follower.refresh(KEY.session(session.id), KEY.proxy(proxy.id), ...memberKeys(members));
    return 'again';
  } finally {
    pool.letGo(members);
  }
}

async function launch(
  d: QueueDeps,
  c: SessionClass,
  session: Lost,
  proxy: ProxyIn<'serving'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { ctx } = d;
  const off = notRenting(d);
  if (off !== null) return wait(d, session, off, 'full');
  const of = { session: session.id, requirements: session.asked.requirements, personal: isPersonal(session) };
  const plan = await planLaunch(ctx, c, of, signal, d.later(c.name));
  if ('why' in plan) return wait(d, session, plan, 'waits');
  const after = replaceBy(session, plan.instance, proxy, ctx.clock.now());
  const changes: readonly Change[] = [
    { kind: 'session', before: session, after: after.session },
    { kind: 'instance', before: undefined, after: after.instance },
    { kind: 'proxy', before: proxy, after: after.proxy },
  ];
  const launched = await commitLaunch(d, c, plan, changes);
  return typeof launched === 'string' ? launched : wait(d, session, launched, launched.full ? 'full' : 'waits');
}

/** Writes down why a session has no instance, where that has changed. */
async function wait({ ctx, term }: QueueDeps, session: Lost, { why }: Nothing, outcome: Outcome): Promise<Outcome> {
  const { replacing } = session;
  if (replacing === undefined || replacing.waitingFor === why) return outcome;
  const after: Session = { ...session, replacing: { ...replacing, waitingFor: why } };
  const result = await ctx.ledger.commit({
    changes: [{ kind: 'session', before: session, after }],
    expect: [term.fence],
    by: 'queue',
  });
  if (!result.committed) await staleKeys(ctx, result.why);
  return outcome;
}
