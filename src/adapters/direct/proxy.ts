import type { ProxySeen, SessionProxy } from '../../ports/session-proxy.ts';

/** No proxy: the endpoint is the instance's own address, and changes with it. Keeps nothing, so owns nothing. */
export function createDirectProxy(): SessionProxy {
  return {
    kind: 'direct',
    checkMs: null,
    async ensure(spec, signal): Promise<ProxySeen> {
      signal.throwIfAborted();
      if (spec.upstream === null) return { status: 'starting', detail: "the instance's address is not known yet" };
      return { status: 'serving', endpoint: { ports: spec.upstream, stable: false } };
    },
    async activity(_ids, signal) {
      signal.throwIfAborted();
      return new Map();
    },
    async remove(_id, signal) {
      signal.throwIfAborted();
    },
    async listOwned(signal) {
      signal.throwIfAborted();
      return [];
    },
  };
}
