import { type Row, row } from '../rows.ts';
import { classFile, onStage, type Scale } from '../stage.ts';

const CALLERS = 64;
const RESERVE = 500;

/** The same calls while the leader destroys what was released and refills the reserve: what a broker can do for ever. */
export const sustained = (scale: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const { child, address } = await stage.broker({ store: 'redis', lead: true, classes: classFile(RESERVE) });
    const load = await stage.load(address);
    await child.ask('settled', { ready: RESERVE });
    const seconds = scale.sustainedSeconds;
    const run = await load.ask('run', {
      class: 'bench',
      callers: CALLERS,
      sessions: 1_000_000,
      seconds,
      release: true,
    });
    const warm = (100 * (run.sessions - run.cold)) / run.sessions;
    return [
      row(`redis, with refill and destruction, ${CALLERS} callers`, run.rate, 'calls/s'),
      row('redis, with refill and destruction: from the reserve', warm, '% of sessions'),
      row('redis, with refill and destruction: acquire, p99', run.acquire.p99, 'ms'),
    ];
  });
