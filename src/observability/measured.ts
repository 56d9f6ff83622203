import { BrokerError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ComputeProvider } from '../ports/compute-provider.ts';
import type { Store } from '../ports/store.ts';
import type { Metrics } from './metrics.ts';

type Time = Pick<Clock, 'monotonic'>;

/** What an error counts as; an abort is nobody's failure. */
function outcomeOf(err: unknown): string {
  if (err instanceof BrokerError) return err.code;
  return err instanceof Error && err.name === 'AbortError' ? 'cancelled' : 'error';
}

/** Whether the store answered when it was last asked. A leader and whoever would be one ask every few seconds. */
export type StoreHealth = { ok: boolean; detail: string };

/** The store, its commits measured and its health noted. */
export function measuredStore(
  store: Store,
  metrics: Pick<Metrics, 'storeCommit'>,
  time: Time,
  health: StoreHealth = { ok: true, detail: '' },
): Store {
  function answered(): void {
    health.ok = true;
    health.detail = '';
  }
  function failed(err: unknown): never {
    if (err instanceof BrokerError && (err.code === 'unavailable' || err.code === 'outcome-unknown')) {
      health.ok = false;
      health.detail = err.message;
    }
    throw err;
  }
  return {
    async read(keys) {
      const found = await store.read(keys).catch(failed);
      answered();
      return found;
    },
    range: (set, range) => store.range(set, range),
    counters: (names) => store.counters(names),
    async commit(commit) {
      const start = time.monotonic();
      try {
        const result = await store.commit(commit);
        metrics.storeCommit(result.committed ? 'committed' : 'refused', time.monotonic() - start);
        answered();
        return result;
      } catch (err) {
        metrics.storeCommit(outcomeOf(err), time.monotonic() - start);
        return failed(err);
      }
    },
    events: (range) => store.events(range),
    trimEvents: (id) => store.trimEvents(id),
    feed: (signal) => store.feed(signal),
    close: () => store.close(),
  };
}

/** The provider, each of its calls measured. */
export function measuredProvider(
  provider: ComputeProvider,
  metrics: Pick<Metrics, 'providerCall'>,
  time: Time,
): ComputeProvider {
  async function measure<T>(call: string, run: () => Promise<T>): Promise<T> {
    const start = time.monotonic();
    const count = (outcome: string) => metrics.providerCall(provider.name, call, outcome, time.monotonic() - start);
    try {
      const result = await run();
      count('ok');
      return result;
    } catch (err) {
      count(outcomeOf(err));
      throw err;
    }
  }
  return {
    name: provider.name,
    get limits() {
      return provider.limits;
    },
    listOffers: (search, signal) => measure('list-offers', () => provider.listOffers(search, signal)),
    create: (order, signal) => measure('create', () => provider.create(order, signal)),
    inspect: (ref, signal) => measure('inspect', () => provider.inspect(ref, signal)),
    destroy: (ref, signal) => measure('destroy', () => provider.destroy(ref, signal)),
    listOwned: (signal) => measure('list-owned', () => provider.listOwned(signal)),
    logs: (ref, query, signal) => provider.logs(ref, query, signal),
  };
}
