import { fillToken } from '../../domain/command.ts';
import type { Proxy } from '../../domain/proxy.ts';
import type { EngineContext } from '../context.ts';

/** What the instance behind a proxy is to be sent as Authorization; undefined: nothing of ours. */
export function authorizationOf(ctx: Pick<EngineContext, 'instanceTokenOf'>, p: Proxy): string | undefined {
  const written = p.settings?.authorization;
  return written === undefined ? undefined : fillToken(written, () => ctx.instanceTokenOf(p.instance));
}

/** The same for a question asked past the proxy. */
export function authorized(ctx: EngineContext, p: Proxy | undefined): { readonly authorization?: string } {
  const authorization = p === undefined ? undefined : authorizationOf(ctx, p);
  return authorization === undefined ? {} : { authorization };
}
