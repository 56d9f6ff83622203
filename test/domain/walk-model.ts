import { asMember, baseOf, bind, factsOf } from '../../src/domain/bind.ts';
import { decideInstance, gone, type InstanceSeen, type ProbeSeen, rented } from '../../src/domain/decide-instance.ts';
import { decideProxy } from '../../src/domain/decide-proxy.ts';
import { decideSession, endSession } from '../../src/domain/decide-session.ts';
import { destroyInstance } from '../../src/domain/give-up.ts';
import { used } from '../../src/domain/idle.ts';
import { INSTANCE_NEXT, type Instance, type InstanceIn, isUnclaimed } from '../../src/domain/instance.ts';
import { PROXY_NEXT, type Proxy } from '../../src/domain/proxy.ts';
import { NO_HISTORY, planReserve } from '../../src/domain/reserve.ts';
import { SESSION_NEXT, type Session } from '../../src/domain/session.ts';
import { HOUR, SECOND } from '../../src/domain/time.ts';
import {
  ADDRESSES,
  aClass,
  anInstance,
  aProxy,
  aSession,
  ENDPOINT,
  instanceId,
  proxyId,
  REF,
  sessionId,
  T0,
  TERMS,
} from '../support/fixtures.ts';

/** The same chance in every run: mulberry32. */
export function chance(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (n: number): number => Math.floor(next() * n),
    once: (oneIn: number): boolean => next() * oneIn < 1,
    of: <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)],
  };
}

type Machine = 'starting' | 'running' | 'moved' | 'exited';
/** Where a machine is found after its provider started it again. */
const WHERE = { running: ADDRESSES, moved: ADDRESSES.map((a) => ({ ...a, host: '127.0.0.2' })) };
/** A create under way: until then it ends, and only then is it settled what came of it. */
type Pending = { readonly until: number; readonly outcome: 'made' | 'refused' | 'lost-made' | 'lost' };
type Ended = Extract<Session, { readonly phase: 'releasing' | 'released' }>;
const hasEnded = (s: Session): s is Ended => s.phase === 'releasing' || s.phase === 'released';

export const TARGET = 3;
const POLICY = { keepEndedMs: 24 * HOUR, heldUntil: 0, usedKnownUntil: Number.POSITIVE_INFINITY, onLoss: null };
const NEXT: Readonly<Record<'session' | 'instance' | 'proxy', Readonly<Record<string, readonly string[]>>>> = {
  session: SESSION_NEXT,
  instance: INSTANCE_NEXT,
  proxy: PROXY_NEXT,
};

/** Everything that berth and a provider hold, in memory: records changed only by what the decide functions say, and
 *  machines of which berth knows only by looking. */
export function createModel(seed: number) {
  const dice = chance(seed);
  const sessions = new Map<string, Session>();
  const instances = new Map<string, Instance>();
  const proxies = new Map<string, Proxy>();
  const machines = new Map<string, Machine>();
  const pending = new Map<string, Pending>();
  /** Every move made, such as `instance:ready>bound`. */
  const moves = new Set<string>();
  let now = T0;
  let made = 0;
  let target = TARGET;
  let isKind = false;

  function put<K extends 'session' | 'instance' | 'proxy'>(
    kindOf: K,
    after: K extends 'session' ? Session : K extends 'instance' ? Instance : Proxy,
  ): void {
    const map = (kindOf === 'session' ? sessions : kindOf === 'instance' ? instances : proxies) as Map<
      string,
      typeof after
    >;
    const before = map.get(after.id);
    if (before !== undefined && before.phase !== after.phase) {
      if (!NEXT[kindOf][before.phase]?.includes(after.phase))
        throw new Error(`illegal move of ${kindOf} ${after.id}: ${before.phase} to ${after.phase}`);
      moves.add(`${kindOf}:${before.phase}>${after.phase}`);
    }
    map.set(after.id, after);
  }

  const living = <T extends { readonly phase: string }>(map: Map<string, T>, over: string): T[] =>
    [...map.values()].filter((r) => r.phase !== over);
  const members = () =>
    living(instances, 'gone').flatMap((i) => {
      const m = i.for === null && !i.personal ? asMember(i, proxies.get(i.proxy)) : null;
      return m === null ? [] : [m];
    });

  function intend(owner: Session | null, personal: boolean): InstanceIn<'intended'> {
    const n = ++made;
    const i = anInstance('intended', {
      id: instanceId(n),
      proxy: proxyId(n),
      for: owner?.id ?? null,
      personal,
      createdAt: now,
      since: now,
    });
    put('instance', i);
    put('proxy', aProxy('creating', { id: proxyId(n), instance: i.id, since: now }));
    return i;
  }

  const actions = {
    acquire(): void {
      const id = sessionId(++made);
      const terms = {
        ...TERMS,
        startAttempts: 1 + dice.below(3),
        idleTimeoutMs: dice.once(2) ? 30 * SECOND : null,
        queueTimeoutMs: 60 * SECOND,
      };
      const queued = aSession('queued', { id, terms, createdAt: now, since: now, queueBy: now + terms.queueTimeoutMs });
      const member = dice.of(members());
      put('session', queued);
      if (member === undefined || dice.once(4)) return;
      const b = bind(queued, member, true, now);
      put('session', b.session);
      put('instance', b.instance);
      put('proxy', b.proxy);
    },
    queue(): void {
      const s = dice.of([...sessions.values()].filter((x) => x.phase === 'queued'));
      if (s?.phase !== 'queued') return;
      const i = intend(s, dice.once(3));
      put('session', {
        ...baseOf(s),
        phase: 'starting',
        since: now,
        attempts: s.attempts + 1,
        queueBy: s.queueBy,
        instance: factsOf(i),
      });
    },
    session(): void {
      const s = dice.of(living(sessions, 'released'));
      if (s !== undefined) lookAtSession(s);
    },
    instance(): void {
      const i = dice.of(living(instances, 'gone'));
      if (i !== undefined) lookAtInstance(i);
    },
    proxy(): void {
      const p = dice.of(living(proxies, 'gone'));
      if (p !== undefined) lookAtProxy(p);
    },
    reserve(): void {
      planNow();
    },
    client(): void {
      const s = dice.of(living(sessions, 'released'));
      if (s === undefined || hasEnded(s)) return;
      put('session', s.phase === 'active' && !dice.once(3) ? used(s, now) : endSession(s, 'client', '', now));
    },
    time(): void {
      pass(dice.below(dice.once(8) ? HOUR : 5 * SECOND));
    },
    machine(): void {
      const tag = dice.of([...machines.keys()]);
      if (tag === undefined) return;
      if (dice.once(6)) machines.delete(tag);
      else machines.set(tag, dice.of(['exited', 'running', 'running', 'starting', 'moved'] as const) ?? 'running');
    },
  };

  function lookAtSession(s: Session): void {
    const facts = s.phase === 'queued' ? null : s.instance;
    const seen = { instance: instances.get(facts?.id ?? ''), proxy: proxies.get(facts?.proxy ?? '') };
    const d = decideSession(s, seen, POLICY, now);
    if (d.instance) put('instance', d.instance);
    if (d.proxy) put('proxy', d.proxy);
    if (d.session) put('session', d.session);
  }

  /** What a look may show: the truth, or nothing. Absence is no proof while a create is under way. */
  function sighting(i: Instance): InstanceSeen {
    const machine = machines.get(i.id);
    if (!isKind && dice.once(4)) return { status: 'unknown' };
    if (machine === undefined) return { status: pending.has(i.id) ? 'unknown' : 'missing' };
    if (machine === 'starting') return { status: 'starting', ref: REF, detail: dice.of(['pulling', '']) ?? '' };
    if (machine === 'exited') return { status: 'exited', ref: REF, detail: 'exit code 1' };
    return { status: 'running', ref: REF, addresses: WHERE[machine] };
  }

  function probe(i: Instance): ProbeSeen {
    if (proxies.get(i.proxy)?.phase !== 'serving' || i.phase === 'bound') return null;
    const machine = machines.get(i.id);
    if ((machine === 'running' || machine === 'moved') && !dice.once(10))
      return { answered: true, failures: 0, detail: '' };
    return { answered: false, failures: 1 + dice.below(4), detail: 'connection refused' };
  }

  function lookAtInstance(i: Instance): void {
    const settled = i.phase !== 'intended' && !(i.phase === 'requested' && pending.has(i.id));
    const d = decideInstance(
      i,
      settled ? sighting(i) : { status: 'unknown' },
      probe(i),
      { createMs: 10 * SECOND, blindMs: 0, destroyAt: 0, mayMove: false },
      now,
    );
    if (d.instance) put('instance', d.instance);
    if (d.ask === 'create')
      pending.set(i.id, {
        until: now + 1 + dice.below(10 * SECOND - 1),
        outcome: dice.of(['made', 'made', 'made', 'refused', 'lost-made', 'lost']) ?? 'made',
      });
    const current = instances.get(i.id);
    if (d.ask === 'destroy' && current?.phase === 'destroying' && current.ref !== null && (isKind || !dice.once(3)))
      machines.delete(i.id);
  }

  function lookAtProxy(p: Proxy): void {
    const i = instances.get(p.instance);
    const first = decideProxy(p, i, { status: 'unknown' }, now);
    if (first.proxy) put('proxy', first.proxy);
    if (first.proxy || first.ask === undefined) return;
    const seen =
      first.ask === 'remove'
        ? ({ status: 'absent' } as const)
        : ({ status: 'serving', endpoint: { ...ENDPOINT, ports: first.upstream ?? [] } } as const);
    const second = decideProxy(p, i, seen, now).proxy;
    if (second) put('proxy', second);
  }

  function planNow(): void {
    const c = aClass();
    const unclaimed = living(instances, 'gone').filter(isUnclaimed);
    const plan = planReserve(unclaimed, target, c.recipe, c.reserve, NO_HISTORY, now);
    for (const g of plan.giveBack) {
      const after = destroyInstance(g.instance, g.why, '', now);
      if (after !== undefined) put('instance', after);
    }
    for (let n = 0; n < plan.create; n++) intend(null, false);
    const kept = living(instances, 'gone').filter(isUnclaimed).length;
    if (kept > target) throw new Error(`the reserve has ${kept} of ${target}`);
  }

  /** Time passes; creates that are due end. */
  function pass(ms: number): void {
    now += ms;
    for (const [tag, p] of pending) if (p.until <= now) settle(tag, p.outcome);
  }

  function settle(tag: string, outcome: Pending['outcome']): void {
    pending.delete(tag);
    if (outcome === 'made' || outcome === 'lost-made') machines.set(tag, dice.once(2) ? 'running' : 'starting');
    const i = instances.get(tag);
    if (i?.phase !== 'requested') return;
    if (outcome === 'made') put('instance', rented(i, REF, null, now));
    const cause = dice.of(['offer-gone', 'limited', 'ours', undefined] as const);
    if (outcome === 'refused') put('instance', gone(i, 'create-failed', 'no capacity', null, now, cause));
  }

  function lookAtAll(): void {
    for (const s of living(sessions, 'released')) lookAtSession(s);
    planNow();
    for (const i of living(instances, 'gone')) lookAtInstance(i);
    for (const p of living(proxies, 'gone')) lookAtProxy(p);
  }

  return {
    sessions,
    instances,
    proxies,
    machines,
    moves,
    step(): void {
      const names = Object.keys(actions) as (keyof typeof actions)[];
      const name = dice.of([...names, 'instance', 'instance', 'instance', 'proxy', 'proxy', 'session'] as const);
      if (name !== undefined) actions[name]();
    },
    /** The world turns kind: every client leaves, no reserve is kept, looks and destroys work. */
    drain(rounds: number): void {
      isKind = true;
      target = 0;
      for (const s of living(sessions, 'released')) if (!hasEnded(s)) put('session', endSession(s, 'client', '', now));
      for (let n = 0; n < rounds; n++) {
        pass(20 * SECOND);
        lookAtAll();
      }
    },
  };
}
