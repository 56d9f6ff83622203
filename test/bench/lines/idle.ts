import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, residentBytes } from '../machine.ts';
import { type Row, row } from '../rows.ts';
import { classFile, onStage, type Scale, type StoreKind } from '../stage.ts';

const SESSIONS = 5_000;
/** Acquired at once; cold ones wait for the leader, not for each other. */
const CALLERS = 250;
/** Between the last answer and the measurement [ms]: what the acquiring left to be done is done then, and the memory
 *  that it took is given back, which a broker does after half a minute. */
const SETTLE = 40_000;

/** A broker with many sessions in which nothing happens: what it needs of memory and of a core. */
export const idle = (store: StoreKind, scale: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const { child, address } = await stage.broker({ store, lead: true, classes: classFile(0) });
    const load = await stage.load(address);
    const run = await load.ask('run', { class: 'bench', callers: CALLERS, sessions: SESSIONS, release: false });
    await sleep(SETTLE);
    const { session, instance } = await child.ask('phases', undefined);
    if (session.active !== SESSIONS || instance.bound !== SESSIONS)
      throw new Error(`not ${SESSIONS} active sessions: ${JSON.stringify({ session, instance })}`);
    const before = cpuSeconds(child.pid);
    const begun = performance.now();
    await sleep(scale.idleSeconds * 1_000);
    const cores = (cpuSeconds(child.pid) - before) / ((performance.now() - begun) / 1_000);
    const name = `${store}, ${SESSIONS} active sessions, costless provider, idle`;
    return [
      row(`${name}: memory`, residentBytes(child.pid) / 1e6, 'MB', { atMost: 250 }),
      row(`${name}: CPU`, 100 * cores, '% of a core', { atMost: 10 }),
      row(`${store}, cold acquires, costless provider, ${CALLERS} callers`, run.sessions / run.seconds, 'sessions/s'),
    ];
  });
