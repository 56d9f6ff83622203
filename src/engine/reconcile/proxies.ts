import { decideProxy, type ProxySeenNow } from '../../domain/decide-proxy.ts';
import type { Addresses } from '../../domain/endpoint.ts';
import { isBrokerError } from '../../domain/errors.ts';
import type { ProxyId } from '../../domain/ids.ts';
import type { Proxy } from '../../domain/proxy.ts';
import type { ProxySpec, SessionProxy } from '../../ports/session-proxy.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { authorizationOf } from './authorization.ts';
import type { Probes } from './probes.ts';
import { staleKeys } from './stale.ts';

/** Between two looks at a proxy that is not yet what it should be [ms]. */
const AGAIN_MS = 50;

export type ProxyDeps = { readonly ctx: EngineContext; readonly term: Term; readonly probes: Probes };

/** One look at a proxy: decide, act, decide again with what that showed, commit. */
export async function lookAtProxy(
  { ctx, term, probes }: ProxyDeps,
  id: ProxyId,
  signal: AbortSignal,
): Promise<number | null> {
  const proxy = ctx.mirror.proxy(id);
  if (proxy === undefined) return null;
  const instance = ctx.mirror.instance(proxy.instance);
  const port = ctx.proxies.get(proxy.kind);
  if (port === undefined) return null;
  const { ask, upstream, proxy: decided } = decideProxy(proxy, instance, { status: 'unknown' }, ctx.clock.now());
  if (decided !== undefined) return commit(ctx, term, proxy, decided);
  if (ask === undefined) return check(ctx, port, proxy, signal);
  let seen: ProxySeenNow;
  if (ask === 'ensure') {
    const found = await port.ensure(specOf(ctx, proxy, upstream ?? null), signal).catch((err: unknown) => {
      if (isBrokerError(err)) probes.noProxy(proxy.instance, err.message);
      throw err;
    });
    seen = found.status === 'serving' ? found : { status: 'unknown' };
  } else {
    await port.remove(id, signal);
    seen = { status: 'absent' };
  }
  const after = decideProxy(proxy, instance, seen, ctx.clock.now()).proxy;
  return after === undefined ? ctx.clock.monotonic() + AGAIN_MS : commit(ctx, term, proxy, after);
}

/** One that serves is asked for again and again: it may have died, and nobody else would notice. */
async function check(ctx: EngineContext, port: SessionProxy, p: Proxy, signal: AbortSignal): Promise<number | null> {
  if (p.phase !== 'serving' || port.checkMs === null) return null;
  const { status } = await port.ensure(specOf(ctx, p, p.upstream.length === 0 ? null : p.upstream), signal);
  return ctx.clock.monotonic() + (status === 'serving' ? port.checkMs : AGAIN_MS);
}

function specOf(ctx: EngineContext, p: Proxy, upstream: Addresses | null): ProxySpec {
  const authorization = authorizationOf(ctx, p);
  return {
    id: p.id,
    ports: p.ports,
    upstream,
    ...(p.settings === undefined ? {} : { settings: p.settings }),
    ...(p.access === 'token' ? { accessToken: ctx.accessTokenOf(p.id) } : {}),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

async function commit(ctx: EngineContext, term: Term, before: Proxy, after: Proxy): Promise<number | null> {
  const result = await ctx.ledger.commit({
    changes: [{ kind: 'proxy', before, after }],
    expect: [term.fence],
    by: 'proxies',
  });
  return result.committed ? null : staleKeys(ctx, result.why);
}
