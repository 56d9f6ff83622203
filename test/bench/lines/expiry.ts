import { type Row, row } from '../rows.ts';
import { classFile, onStage, type Scale, type StoreKind } from '../stage.ts';

/** Between the writing of the sessions and the first deadline [ms]: writing them and reading them back takes seconds. */
const HEAD_START = 20_000;

/** Many lifetimes that end close together: how late the sessions turn `releasing`. */
export const expiry = (store: StoreKind, { expiring }: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const { count, spanSeconds } = expiring;
    const { child } = await stage.broker({
      store,
      lead: true,
      classes: classFile(0, '    lifetime:\n      min: 1s\n'),
      sessions: { count, firstInMs: HEAD_START, spanMs: spanSeconds * 1_000 },
    });
    const { lateness, releasedMs } = await child.ask('expired', { count });
    const name = `${store}, ${count} lifetimes ending within ${spanSeconds} s`;
    return [
      row(`${name}: latest to turn releasing`, lateness.max / 1_000, 's', { atMost: 5 }),
      row(`${name}: late, p50`, lateness.p50, 'ms'),
      row(`${name}: all released after the last deadline`, releasedMs / 1_000, 's'),
    ];
  });
