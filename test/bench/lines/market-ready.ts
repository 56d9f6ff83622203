import { onMarket } from '../market-stage.ts';
import { type Row, row } from '../rows.ts';
import { summarise } from '../samples.ts';
import type { Scale } from '../stage.ts';

const LIST_MS = 5_000;
/** Probe, commits, and the machine's other work. */
const MORE_MS = 300;
/** So that instances come up at any time between two lists. */
const BOOT_FACTOR = 0.1;

/** From an instance that runs with its ports, by the simulator's clock, to the active session. */
export const marketReady = (scale: Scale): Promise<readonly Row[]> => {
  const { sessions, pace } = scale.market.ready;
  return onMarket({ limitsFactor: pace, bootFactor: BOOT_FACTOR * pace }, async ({ sim, broker }) => {
    const { client } = await broker(pace);
    const all = await Promise.all(Array.from({ length: sessions }, () => client.acquire({ class: 'bench' })));
    const { instances } = await sim.state();
    client.close();
    const took = all.map(({ activeTime, instance }) => {
      const seen = instances.find((i) => `${i.id}` === instance?.providerRef);
      return (activeTime?.getTime() ?? Number.NaN) - (seen?.ran_from_ms ?? Number.NaN);
    });
    const { p50, max } = summarise(took);
    const name = `vastai, list every ${(LIST_MS * pace) / 1_000} s: from running with ports to active`;
    return [
      row(`${name}, p50 of ${sessions}`, p50, 'ms'),
      row(`${name}, slowest`, max, 'ms', { atMost: LIST_MS * pace + MORE_MS }),
    ];
  });
};
