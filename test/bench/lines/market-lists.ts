import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { SimProcess } from '../../support/vast-simulator.ts';
import { onMarket } from '../market-stage.ts';
import { type Row, row } from '../rows.ts';
import type { Scale } from '../stage.ts';

/** Sessions are made as fast as the simulator can, without limits; what is measured comes after. */
const FILL_PACE = 0.001;
const CALLERS = 50;
const PAGE = 25;
/** The account's credit is looked at now and then, whatever the sessions. */
const MOST_OTHERS = 4;

/** Calls of a broker whose sessions are all active and stay so. */
export const marketLists = async (scale: Scale): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const sessions of scale.market.lists.sessions) rows.push(...(await callsAt(sessions, scale)));
  return rows;
};

const callsAt = (sessions: number, { market: { lists } }: Scale): Promise<readonly Row[]> =>
  onMarket({ machines: 5_000, limitsFactor: 0, bootFactor: 0 }, async ({ sim, broker }) => {
    const filling = await broker(FILL_PACE);
    let left = sessions;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await filling.client.acquire({ class: 'bench' });
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await filling.stop();

    await sim.steer('POST', 'limits', { factor: lists.pace });
    await broker(lists.pace);
    const first = await callsOf(sim);
    // What a start asks once is not what sessions cost: from its first complete list on.
    const listed = (first.list ?? 0) + Math.ceil(sessions / PAGE);
    await eventually('the broker has listed all', async () => ((await callsOf(sim)).list ?? 0) >= listed, 180_000);
    const before = await callsOf(sim);
    const begun = performance.now();
    await sleep(lists.seconds * 1_000);
    const after = await callsOf(sim);
    const minutes = (performance.now() - begun) / 60_000 / lists.pace;
    const perMinute = (names: readonly string[]): number =>
      names.reduce((sum, n) => sum + (after[n] ?? 0) - (before[n] ?? 0), 0) / minutes;
    const others = Object.keys(after).filter((n) => n !== 'list');
    const { limited } = (await sim.state()).endpoints.list ?? { limited: 0 };
    const name = `vastai, ${sessions} active sessions${lists.pace === 1 ? '' : `, pauses times ${lists.pace}`}`;
    return [
      row(`${name}: lists a minute`, perMinute(['list']), 'calls', { atMost: 60 }),
      row(`${name}: all other calls a minute`, perMinute(others), 'calls', { atMost: MOST_OTHERS }),
      row(`${name}: lists refused by its limits`, limited, 'calls', { atMost: 0 }),
    ];
  });

async function callsOf(sim: SimProcess): Promise<Readonly<Record<string, number>>> {
  const { endpoints } = await sim.state();
  return Object.fromEntries(Object.entries(endpoints).map(([name, { calls }]) => [name, calls]));
}
