import { type Row, row } from '../rows.ts';
import { classFile, onStage, type Scale, type StoreKind } from '../stage.ts';

/** What one caller waits for a session from the reserve, with nobody else about. */
export const single = (store: StoreKind, { single: sessions }: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const { child, address } = await stage.broker({ store, lead: false, classes: classFile(0) });
    const load = await stage.load(address);
    await child.ask('fill', 2 * sessions);
    const ask = () => load.ask('run', { class: 'bench', callers: 1, sessions, release: true });
    await ask();
    const { acquire } = await ask();
    return [
      row(`${store}, warm, one caller: acquire, p50`, acquire.p50, 'ms'),
      row(`${store}, warm, one caller: acquire, p99`, acquire.p99, 'ms'),
    ];
  });
