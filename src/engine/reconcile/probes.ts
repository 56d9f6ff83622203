import type { ProbeSeen } from '../../domain/decide-instance.ts';
import { type Endpoint, sameAddresses } from '../../domain/endpoint.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { ProxyIn } from '../../domain/proxy.ts';
import type { Readiness } from '../../domain/session-class.ts';
import type { EngineContext } from '../context.ts';

/** The first probes of a booting instance come this fast, then ever slower up to the class's interval [ms]. */
const FIRST_PROBE_MS = 15;
const GROWTH = 1.5;

type Track = { readonly failures: number; readonly pauseMs: number; readonly nextAt: number; readonly detail: string };

/** Asks instances through their proxies whether they serve: booting ones until they do, reserve members on the
 *  class's interval. Counts failures in a row in memory; after a restart they count anew. */
export type Probes = ReturnType<typeof createProbes>;

export function createProbes(ctx: EngineContext) {
  const { clock, mirror } = ctx;
  const tracks = new Map<InstanceId, Track>();
  /** Why there is no proxy to ask through, in words for people. */
  const troubles = new Map<InstanceId, string>();

  const isProbed = (i: Instance): boolean =>
    (i.phase === 'booting' && i.addresses !== null) ||
    i.phase === 'ready' ||
    (i.phase === 'bound' && i.readiness.whileInUse === true);

  /** The proxy through which it can be asked; null: there is none yet, or it still leads to the one before. */
  function proxyTo(i: Instance): ProxyIn<'serving'> | null {
    const proxy = mirror.proxy(i.proxy);
    if (proxy?.phase !== 'serving' || !('addresses' in i) || i.addresses === null) return null;
    return proxy.instance === i.id && sameAddresses(proxy.upstream, i.addresses) ? proxy : null;
  }

  /** What the last probe showed, or why there was none. */
  function before(i: Instance, { failures, detail }: Track): ProbeSeen {
    const why = mirror.proxy(i.proxy)?.phase === 'creating' ? troubles.get(i.id) : detail;
    return why === undefined || why === '' ? null : { answered: false, failures, detail: why };
  }

  return {
    /** One probe if it is time for one. */
    async ask(i: Instance, signal: AbortSignal): Promise<ProbeSeen> {
      if (!isProbed(i)) return null;
      const track = tracks.get(i.id) ?? { failures: 0, pauseMs: FIRST_PROBE_MS, nextAt: 0, detail: '' };
      const proxy = proxyTo(i);
      if (clock.monotonic() < track.nextAt || proxy === null) return before(i, track);
      const { timeoutMs, intervalMs, readyIntervalMs } = i.readiness;
      const probed = await ctx.prober.probe(
        whereToAsk(proxy, i.readiness),
        i.readiness,
        { timeoutMs, accessToken: proxy.access === 'token' ? ctx.accessTokenOf(proxy.id) : null },
        signal,
      );
      const now = clock.monotonic();
      if (probed.answered) {
        tracks.set(i.id, { failures: 0, pauseMs: FIRST_PROBE_MS, nextAt: now + readyIntervalMs, detail: '' });
        return { answered: true, failures: 0, detail: '' };
      }
      const failures = track.failures + 1;
      const nextAt = now + (i.phase === 'booting' ? track.pauseMs : Math.min(intervalMs, readyIntervalMs));
      tracks.set(i.id, {
        failures,
        pauseMs: Math.min(intervalMs, track.pauseMs * GROWTH),
        nextAt,
        detail: probed.detail,
      });
      return { answered: false, failures, detail: probed.detail };
    },
    /** When the next probe of it is due [monotonic ms]; null: it is not probed now. */
    nextAt(i: Instance): number | null {
      if (!isProbed(i) || proxyTo(i) === null) return null;
      return tracks.get(i.id)?.nextAt ?? clock.monotonic();
    },
    forget(id: InstanceId): void {
      tracks.delete(id);
      troubles.delete(id);
    },
    /** What the last try to make the proxy of an instance met with: told when it is not ready in time. */
    noProxy: (id: InstanceId, detail: string) => troubles.set(id, `its proxy could not be made: ${detail}`),
  };
}

/** Through the proxy, as a client would. But a proxy takes every TCP connection before it knows whether the instance
 *  does, so that question goes to the instance itself. */
const whereToAsk = (p: ProxyIn<'serving'>, { kind }: Readiness): Endpoint =>
  kind === 'tcp' ? { ports: p.upstream, stable: false } : p.endpoint;
