import type { Addresses } from '../../src/domain/endpoint.ts';
import type { ProxyId } from '../../src/domain/ids.ts';
import type { HttpAnswer, HttpAsk, InstanceHttp } from '../../src/ports/instance-http.ts';
import type { ProxyActivity, SessionProxy } from '../../src/ports/session-proxy.ts';

/** A proxy without anything behind it that could be connected to: its endpoint is its own and stays, and a test says
 *  what is to be seen of its use. */
export type StableProxy = SessionProxy & {
  readonly upstreams: Map<ProxyId, Addresses | null>;
  readonly tokens: Map<ProxyId, string | undefined>;
  readonly uses: Map<ProxyId, ProxyActivity>;
  /** Times that `activity` was asked for. */
  looks: number;
};

export function createStableProxy(): StableProxy {
  const upstreams: StableProxy['upstreams'] = new Map();
  const ports = new Map<ProxyId, number>();
  const proxy: StableProxy = {
    kind: 'stable',
    checkMs: null,
    upstreams,
    tokens: new Map(),
    uses: new Map(),
    looks: 0,
    async ensure({ id, ports: named, upstream, accessToken }, signal) {
      signal.throwIfAborted();
      upstreams.set(id, upstream);
      proxy.tokens.set(id, accessToken);
      const from = ports.get(id) ?? 40_000 + 16 * ports.size;
      ports.set(id, from);
      const at = named.map((p, n) => ({ ...p, host: '127.0.0.1', port: from + n }));
      const token = accessToken === undefined ? {} : { tokenRequired: true };
      return { status: 'serving', endpoint: { ports: at, stable: true, ...token } };
    },
    async activity(ids, signal) {
      signal.throwIfAborted();
      proxy.looks += 1;
      const unused = { lastEndedAt: null, connections: 0, lastDataAt: null };
      return new Map(ids.filter((id) => upstreams.has(id)).map((id) => [id, proxy.uses.get(id) ?? unused]));
    },
    async remove(id, signal) {
      signal.throwIfAborted();
      upstreams.delete(id);
    },
    async listOwned(signal) {
      signal.throwIfAborted();
      return [...upstreams.keys()];
    },
  };
  return proxy;
}

export type FakeInstanceHttp = InstanceHttp & {
  readonly asked: (HttpAsk & { readonly port: number })[];
  /** What the next calls are answered; a promise that stays open is an instance that hangs. */
  answer: (what: HttpAsk) => HttpAnswer | Promise<HttpAnswer>;
};

export function createFakeInstanceHttp(): FakeInstanceHttp {
  const fake: FakeInstanceHttp = {
    asked: [],
    answer: () => ({ answered: false, detail: 'connection refused' }),
    async ask(to, what, signal) {
      signal.throwIfAborted();
      fake.asked.push({ ...what, port: to.port });
      return fake.answer(what);
    },
  };
  return fake;
}
