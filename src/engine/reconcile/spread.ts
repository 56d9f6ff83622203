import { type Addresses, sameAddresses } from '../../domain/endpoint.ts';
import type { Ban } from '../../domain/host-registry.ts';
import {
  type InstanceId,
  isInstanceId,
  isProxyId,
  isSessionId,
  type ProxyId,
  type SessionId,
} from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Proxy } from '../../domain/proxy.ts';
import type { Session } from '../../domain/session.ts';
import type { Owned } from '../../ports/compute-provider.ts';
import type { EngineContext } from '../context.ts';
import type { ProviderObserver } from '../lead/observer.ts';
import type { Workqueue } from '../lead/workqueue.ts';
import type { MirrorChange } from '../records/mirror.ts';

export type Queues = {
  readonly sessions: Workqueue<SessionId>;
  readonly instances: Workqueue<InstanceId>;
  readonly proxies: Workqueue<ProxyId>;
  readonly queue: Workqueue<string>;
  readonly reserve: Workqueue<string>;
  readonly market: Workqueue<string>;
  readonly wakeObserver: (provider: string) => void;
};

/** Who depends on what: a change makes the next look at whatever depends on it come sooner. */
export function createSpread(ctx: EngineContext, q: Queues) {
  const { mirror } = ctx;

  function session(s: Session, isKept: boolean): void {
    if (isKept) q.sessions.wake(s.id);
    else q.sessions.forget(s.id);
    if (isKept && (s.phase === 'queued' || isLost(s))) q.queue.wake(s.asked.class);
  }

  function instance(i: Instance, before: Instance | undefined): void {
    q.instances.wake(i.id);
    q.proxies.wake(i.proxy);
    if (i.for !== null) q.sessions.wake(i.for);
    for (const state of [i, before]) if (state?.phase === 'bound') q.sessions.wake(state.session);
    q.reserve.wake(i.class);
    if (i.phase === 'ready') q.queue.wake(i.class);
    if (i.phase === 'requested' || i.phase === 'destroying') q.wakeObserver(i.provider);
  }

  function proxy(p: Proxy): void {
    q.proxies.wake(p.id);
    q.instances.wake(p.instance);
    const owner = p.session ?? mirror.instance(p.instance)?.for ?? null;
    if (owner !== null) q.sessions.wake(owner);
    if (p.phase === 'serving') q.queue.wake(p.class);
  }

  /** All classes, also those that are not configured any more but still have instances or sessions. */
  function classes(): void {
    const names = new Set(ctx.classes.current().keys());
    for (const i of mirror.all('instance')) names.add(i.class);
    for (const s of mirror.all('session')) {
      names.add(s.asked.class);
      // It may have to wait for a hook no longer.
      if (s.phase === 'releasing') q.sessions.wake(s.id);
    }
    for (const id of mirror.ids('market')) q.market.wake(id);
    for (const name of names) {
      q.reserve.wake(name);
      q.queue.wake(name);
      for (const s of mirror.replacing(name)) q.sessions.wake(s.id);
    }
  }

  /** Freed capacity may serve whoever waits in any class. */
  function freed(i: Instance): void {
    q.reserve.wake(i.class);
    for (const name of ctx.classes.current().keys()) {
      q.reserve.wake(name);
      if (mirror.queueLength(name) > 0 || mirror.replacing(name).length > 0) q.queue.wake(name);
    }
  }

  /** What may be rented has changed, and which members are welcome. */
  function banned(before: Ban | null | undefined, after: Ban | null | undefined): void {
    if (before?.at !== after?.at || before?.until !== after?.until) classes();
  }

  /** What was intended is given up, or what waits for it may be had. */
  function rentingTurned(): void {
    for (const i of mirror.all('instance')) if (i.phase === 'intended') q.instances.wake(i.id);
    classes();
  }

  const on: { readonly [K in MirrorChange['kind']]: (c: Extract<MirrorChange, { readonly kind: K }>) => void } = {
    session({ before, after }) {
      const s = after ?? before;
      if (s !== undefined) session(s, after !== undefined && after.phase !== 'released');
    },
    instance({ before, after }) {
      const i = after ?? before;
      if (i !== undefined) instance(i, before);
      if (i !== undefined && after === undefined) freed(i);
    },
    proxy({ before, after }) {
      const p = after ?? before;
      if (p !== undefined) proxy(p);
    },
    reserve: ({ id }) => q.reserve.wake(id),
    history: ({ id }) => q.reserve.wake(id),
    token: () => undefined,
    lease: () => undefined,
    machine: ({ before, after }) => banned(before?.ban, after?.ban),
    host: ({ before, after }) => banned(before?.ban, after?.ban),
    renting: () => rentingTurned(),
    market: ({ id }) => q.market.wake(id),
  };

  return {
    classes,
    changed: (change: MirrorChange): void => (on[change.kind] as (c: MirrorChange) => void)(change),
    /** A complete list: whoever it may settle or end. */
    listed(observer: ProviderObserver, owned: readonly Owned[]): void {
      for (const o of owned)
        if (o.seen.status !== 'running' || isNews(mirror.instance(o.tag), o.seen.addresses)) q.instances.wake(o.tag);
      for (const i of mirror.all('instance'))
        if (i.provider === observer.provider.name && (isOpen(i) || observer.isMissing(i))) q.instances.wake(i.id);
    },
    /** At the beginning of a term: everything. */
    all(): void {
      for (const id of mirror.ids('session')) if (isSessionId(id)) q.sessions.wake(id);
      for (const id of mirror.ids('instance')) if (isInstanceId(id)) q.instances.wake(id);
      for (const id of mirror.ids('proxy')) if (isProxyId(id)) q.proxies.wake(id);
      classes();
    },
  };
}

/** Whether it tells something of one that has served: that it runs again, or that it is elsewhere. */
const isNews = (i: Instance | undefined, addresses: Addresses): boolean =>
  (i?.phase === 'ready' || i?.phase === 'bound') &&
  (i.interruptedAt !== undefined || !sameAddresses(addresses, i.addresses));

/** In use without an instance: another is to be had. */
const isLost = (s: Session): boolean => s.phase === 'active' && s.replacing !== undefined && s.paidFrom === null;

/** Whether any complete list may settle something about it: that it exists, where it answers, that it is gone. */
const isOpen = (i: Instance): boolean =>
  i.phase === 'requested' || i.phase === 'destroying' || (i.phase === 'booting' && i.addresses === null);
