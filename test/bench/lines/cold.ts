import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../support/redis-server.ts';
import { type Row, row } from '../rows.ts';
import { median } from '../samples.ts';
import { onStage, type Scale } from '../stage.ts';

const ECHO = join(import.meta.dirname, '../../../src/echo/server.cjs');
const START_WITHIN = 10_000;

/** The shipped class on the provider `process`, with no reserve: the time to an active session, and what of it is the
 *  instance's own. */
export const cold = (scale: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const env = { BERTH_CLEAR_ON_EXIT: 'true' };
    const { child, address } = await stage.broker({ store: 'sqlite', lead: true, env });
    const load = await stage.load(address);
    await child.ask('setReserve', { name: 'echo', target: 0 });
    const acquires: number[] = [];
    const starts: number[] = [];
    for (let i = 0; i < scale.cold; i++) {
      await child.ask('emptied', undefined);
      starts.push(await ownStart());
      acquires.push((await load.ask('one', { class: 'echo' })).tookMs);
    }
    await child.ask('emptied', undefined);
    return [
      row('sqlite, cold, class echo, provider process: to active, p50', median(acquires), 'ms'),
      row("the same instance's own start, without a broker: to the first connection, p50", median(starts), 'ms'),
    ];
  });

/** From the spawn to the first accepted connection [ms]. */
async function ownStart(): Promise<number> {
  const port = await freePort();
  const begun = performance.now();
  const server = spawn(process.execPath, [ECHO], {
    env: { PATH: process.env.PATH, BERTH_PORT_HTTP: String(port) },
    stdio: 'ignore',
  });
  try {
    while (!(await connects(port))) {
      if (performance.now() - begun > START_WITHIN) throw new Error('the echo server does not start');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return performance.now() - begun;
  } finally {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const over = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => over(true));
    socket.once('error', () => over(false));
  });
}
