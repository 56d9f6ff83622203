import { expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { measuredStore, type StoreHealth } from '../../src/observability/measured.ts';
import type { Store } from '../../src/ports/store.ts';

it('the health of a store follows its last answer', async () => {
  let away = false;
  const answer = async <T>(value: T): Promise<T> => {
    if (away) throw new BrokerError('unavailable', 'Redis cannot be reached');
    return value;
  };
  const store: Store = {
    read: (keys) => answer(keys.map(() => null)),
    range: () => answer([]),
    counters: () => answer([]),
    commit: () => answer({ committed: true, chosen: -1 }),
    events: () => answer([]),
    trimEvents: () => answer(undefined),
    async *feed() {},
    close: async () => undefined,
  };
  const health: StoreHealth = { ok: true, detail: '' };
  const measured = measuredStore(store, { storeCommit: () => undefined }, { monotonic: () => 0 }, health);
  away = true;
  await expect(measured.commit({})).rejects.toThrow('cannot be reached');
  expect(health).toEqual({ ok: false, detail: 'Redis cannot be reached' });
  away = false;
  await measured.read(['a']);
  expect(health).toEqual({ ok: true, detail: '' });
});
