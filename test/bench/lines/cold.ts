import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createClient } from '../../../clients/typescript/src/client.ts';
import { freePort } from '../../support/redis-server.ts';
import { type Row, row } from '../rows.ts';
import { median } from '../samples.ts';
import { onStage, type Scale } from '../stage.ts';

const ECHO = join(import.meta.dirname, '../../../src/echo/server.cjs');
const START_WITHIN = 10_000;

/** The shipped class on the provider `process` behind an nginx of its own, with no reserve: the time to an active session
 *  and to the first answer through the proxy, and what of it is the instance's own. */
export const cold = (scale: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const env = { BERTH_CLEAR_ON_EXIT: 'true' };
    const { child, address } = await stage.broker({ store: 'sqlite', lead: true, env });
    const client = createClient({ address, retryForMs: 0 });
    await child.ask('setReserve', { name: 'echo', target: 0 });
    const acquires: number[] = [];
    const answers: number[] = [];
    const starts: number[] = [];
    try {
      for (let i = 0; i < scale.cold; i++) {
        await child.ask('emptied', undefined);
        starts.push(await ownStart());
        const begun = performance.now();
        const session = await client.acquire({ class: 'echo' });
        acquires.push(performance.now() - begun);
        await firstAnswer(session.endpoint?.ports[0]?.url ?? '');
        answers.push(performance.now() - begun);
        await client.release({ id: session.id });
      }
      await child.ask('emptied', undefined);
    } finally {
      client.close();
    }
    const more = median(answers.map((took, i) => took - (starts[i] ?? 0)));
    return [
      row('sqlite, cold, class echo, provider process: to active, p50', median(acquires), 'ms'),
      row('the same to the first 200 through its nginx, p50', median(answers), 'ms'),
      row("the same instance's own start, without a broker: to the first 200, p50", median(starts), 'ms'),
      row('first 200 through berth: more than its own start, p50', more, 'ms', { atMost: 150 }),
    ];
  });

async function firstAnswer(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`an active session answered ${answer.status}`);
}

/** From the spawn to the first answer [ms]. */
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
    await firstAnswer(`http://127.0.0.1:${port}/`);
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
