import { onTestFinished } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { EventFilter, EventQuery, EventView } from '../../src/engine/use-cases.ts';
import type { Store } from '../../src/ports/store.ts';
import { ADMIN, type EngineBed } from './engine-bed.ts';

export const ANY: EventFilter = { kinds: [], session: null, class: null, tenant: null };
export const query = (over: Partial<EventQuery> = {}, filter: Partial<EventFilter> = {}): EventQuery => ({
  filter: { ...ANY, ...filter },
  pageSize: 1_000,
  afterId: '',
  sinceAt: null,
  ...over,
});
export const list = async (bed: EngineBed, over: Partial<EventQuery> = {}, filter: Partial<EventFilter> = {}) =>
  bed.finish(bed.engine.admin.events(ADMIN, query(over, filter)));

/** As `berth events` would tell it. */
export const told = (e: EventView): string =>
  [e.kind, `${e.before ?? ''}>${e.after ?? ''}`, e.actor, e.reason].filter((part) => part !== '').join(' ');

/** A line that berth could have written. */
export const line = (at: number, id: string) =>
  JSON.stringify({ at, kind: 'session', id, class: 'echo', tenant: 'default', from: null, to: 'queued', by: 'x' });

/** What a watch told so far; it ends with the test. */
export function watching(bed: EngineBed, filter: Partial<EventFilter> = {}, afterId = '', engine = bed.engine) {
  const stop = new AbortController();
  const seen: EventView[] = [];
  const run = async () => {
    for await (const event of engine.admin.watchEvents(ADMIN, { ...ANY, ...filter }, afterId, stop.signal))
      seen.push(event);
  };
  const ended = run();
  onTestFinished(async () => {
    stop.abort();
    await bed.finish(ended);
  });
  return { seen, ended, stop };
}

/** The store, with its log counted and put out of reach. */
export function loggedStore(store: Store) {
  const state = { reads: 0, away: false };
  const wrapped: Store = {
    ...store,
    events(range) {
      state.reads++;
      if (state.away) return Promise.reject(new BrokerError('unavailable', 'away', { reason: 'STORE_DOWN' }));
      return store.events(range);
    },
  };
  return { state, wrapped };
}
