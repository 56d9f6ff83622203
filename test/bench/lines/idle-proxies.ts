import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyId } from '../../../src/domain/ids.ts';
import { startChild } from '../child.ts';
import { cpuSecondsWithChildren } from '../machine.ts';
import { newProxyId, proxiesIn, removeAll, serve } from '../nginx.ts';
import { type Row, row } from '../rows.ts';
import { onStage, type Scale } from '../stage.ts';
import type { UpstreamHandlers } from '../upstream-process.ts';

const NEVER = new AbortController().signal;
const COUNTS = [30, 300] as const;
/** Open to each proxy while it is looked at. */
const CONNECTIONS = 2;
/** Default of BERTH_ACTIVITY_INTERVAL [s]. */
const EVERY = 15;

/** What it costs to look whether sessions are used: this process, and the program that it asks the kernel with. */
export const idleProxies = ({ idleSeconds }: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    await using parts = new AsyncDisposableStack();
    const child = stage.keep(startChild<UpstreamHandlers>('upstream-process.ts'));
    const upstream = await child.ask('listen', undefined);
    const proxy = await proxiesIn(stage.dir);
    parts.defer(() => removeAll(proxy));
    const sockets: Socket[] = [];
    parts.defer(() => {
      for (const socket of sockets) socket.destroy();
    });
    const ids: ProxyId[] = [];
    /** CPU time of one look at n proxies [s]. */
    const cost: Record<number, number> = {};
    for (const count of COUNTS) {
      while (ids.length < count) {
        const id = newProxyId();
        const port = await serve(proxy, id, upstream);
        ids.push(id);
        for (let n = 0; n < CONNECTIONS; n++) sockets.push(await opened(port));
      }
      cost[count] = await measure(idleSeconds, async () => {
        const seen = await proxy.activity(ids, NEVER);
        const open = [...seen.values()].reduce((sum, a) => sum + a.connections, 0);
        if (open !== count * CONNECTIONS) throw new Error(`${open} connections were seen`);
      });
    }
    const [few = 0, many = 0] = COUNTS.map((count) => (cost[count] ?? 0) / count);
    const name = 'nginx-local, idle collection every 15 s';
    return [
      row(`${name}, 300 proxies`, ((cost[300] ?? 0) / EVERY) * 100, '% of a core', { atMost: 3 }),
      row(`${name}, 30 proxies`, ((cost[30] ?? 0) / EVERY) * 100, '% of a core'),
      row(`${name}: a proxy of 300 against one of 30`, many / few, 'x', { atMost: 1.2 }),
    ];
  });

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** @returns CPU time of one `look` [s], which is taken every second, as cold as it comes in life */
async function measure(looks: number, look: () => Promise<void>): Promise<number> {
  await look();
  let spent = 0;
  for (let n = 0; n < looks; n++) {
    await sleep(1_000);
    const before = cpuSecondsWithChildren();
    await look();
    spent += cpuSecondsWithChildren() - before;
  }
  return spent / looks;
}
