import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { DAY, iso } from '../../src/domain/time.ts';
import { dropOldEvents } from '../../src/engine/reconcile/old-events.ts';
import { reserveLine } from '../../src/engine/records/event-line.ts';
import { fakeClock } from '../support/fake-clock.ts';

it('drops old events also where a line that it cannot read comes first, such as a later berth left', async () => {
  const store = await openSqliteStore(':memory:');
  onTestFinished(() => store.close());
  const clock = fakeClock();
  const line = (daysAgo: number) => reserveLine('echo', 1, daysAgo, 'root', clock.now() - daysAgo * DAY);
  const foreign = JSON.stringify({ v: 9, when: iso(clock.now()) });
  await store.commit({ events: [foreign, line(50), foreign, line(40), line(3), foreign, line(1)] });
  await dropOldEvents({ store, clock, keepEventsMs: 30 * DAY });
  const left = await store.events({ by: 'after', id: '', limit: 10 });
  expect(left.map((l) => l.line)).toEqual([line(3), foreign, line(1)]);
});
