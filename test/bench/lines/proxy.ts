import { Agent, request } from 'node:http';
import { startChild } from '../child.ts';
import { newProxyId, proxiesIn, removeAll, serve, startMinimal } from '../nginx.ts';
import { type Row, row } from '../rows.ts';
import { median, summarise } from '../samples.ts';
import { onStage, type Scale } from '../stage.ts';
import type { UpstreamHandlers } from '../upstream-process.ts';

const GIGABYTE = 1_000_000_000;
const PIECE = Buffer.alloc(256 * 1024, 'u');
const STREAMING = 'proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;';

/**
 * What berth's nginx adds to a request, and what it leaves of the throughput. All ways are taken in turns. The minimal
 * nginx is the faster of two: with nginx's own defaults, and with bodies streamed as berth does.
 */
export const proxy = ({ rounds, single: requests }: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    await using parts = new AsyncDisposableStack();
    const child = stage.keep(startChild<UpstreamHandlers>('upstream-process.ts'));
    const straight = await child.ask('listen', undefined);
    const own = await proxiesIn(stage.dir);
    parts.defer(() => removeAll(own));
    const through = await serve(own, newProxyId(), straight);
    const minimal = async (name: string, more: string): Promise<number> => {
      const nginx = await startMinimal(stage.dir, name, straight, more);
      parts.defer(() => nginx.stop());
      return nginx.port;
    };
    const ports = {
      straight,
      berth: through,
      defaults: await minimal('defaults', ''),
      streaming: await minimal('streaming', STREAMING),
    };
    return [
      ...(await latency(ports, requests)),
      ...(await throughput('download', ports, rounds, download)),
      ...(await throughput('upload', ports, rounds, upload)),
    ];
  });

type Ports = Readonly<Record<'straight' | 'berth' | 'defaults' | 'streaming', number>>;

/** One caller on a connection kept open. */
async function latency(ports: Ports, requests: number): Promise<readonly Row[]> {
  const agents = { straight: keeping(), berth: keeping(), streaming: keeping() };
  const took: Record<keyof typeof agents, number[]> = { straight: [], berth: [], streaming: [] };
  const ways = Object.keys(agents) as (keyof typeof agents)[];
  for (let n = -requests / 4; n < requests; n++)
    for (const way of ways) {
      const begun = performance.now();
      await exchange(ports[way], { path: '/small', agent: agents[way] });
      if (n >= 0) took[way].push(performance.now() - begun);
    }
  for (const agent of Object.values(agents)) agent.destroy();
  const p50 = (way: keyof typeof agents): number => summarise(took[way]).p50;
  return [
    row('proxy, a small request: added p50', p50('berth') - p50('straight'), 'ms', { atMost: 0.3 }),
    row('proxy, a small request: straight, p50', p50('straight'), 'ms'),
    row('proxy, a small request: minimal nginx adds, p50', p50('streaming') - p50('straight'), 'ms'),
  ];
}

const keeping = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });

type Transfer = (port: number) => Promise<void>;

async function throughput(what: string, ports: Ports, rounds: number, transfer: Transfer): Promise<readonly Row[]> {
  const ways = Object.keys(ports) as (keyof Ports)[];
  const rates: Record<keyof Ports, number[]> = { straight: [], berth: [], defaults: [], streaming: [] };
  for (let n = 0; n < rounds; n++)
    for (const way of ways) {
      const begun = performance.now();
      await transfer(ports[way]);
      rates[way].push(GIGABYTE / 1e6 / ((performance.now() - begun) / 1_000));
    }
  const best = median(rates.defaults) > median(rates.streaming) ? rates.defaults : rates.streaming;
  // In pairs of one round each, since the machine's speed drifts.
  const ratio = median(rates.berth.map((rate, n) => rate / (best[n] ?? Number.POSITIVE_INFINITY)));
  const name = `proxy, ${what} of 1 GB`;
  return [
    row(`${name}: against a minimal nginx`, ratio, 'x', { atLeast: 0.8 }),
    row(`${name}: berth`, median(rates.berth), 'MB/s'),
    row(`${name}: minimal nginx with its defaults`, median(rates.defaults), 'MB/s'),
    row(`${name}: minimal nginx, streaming`, median(rates.streaming), 'MB/s'),
    row(`${name}: straight`, median(rates.straight), 'MB/s'),
  ];
}

const download: Transfer = async (port) => {
  const read = await exchange(port, { path: `/${GIGABYTE}`, agent: false });
  if (read !== GIGABYTE) throw new Error(`${read} bytes were read`);
};

const upload: Transfer = async (port) => {
  const answer = await exchange(port, { path: '/', agent: false, upload: GIGABYTE });
  if (answer !== String(GIGABYTE).length) throw new Error('not all was uploaded');
};

type Exchange = { readonly path: string; readonly agent: Agent | false; readonly upload?: number };

/** @returns the length of the answer [bytes] */
function exchange(port: number, { path, agent, upload: bytes }: Exchange): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = bytes === undefined ? {} : { 'content-length': bytes };
    const method = bytes === undefined ? 'GET' : 'PUT';
    const asked = request({ host: '127.0.0.1', port, path, method, agent, headers }, (answer) => {
      let length = 0;
      answer.on('data', (piece: Buffer) => {
        length += piece.length;
      });
      answer.once('end', () =>
        answer.statusCode === 200 ? resolve(length) : reject(new Error(`${answer.statusCode}`)),
      );
      answer.once('error', reject);
    });
    asked.once('error', reject);
    let left = bytes ?? 0;
    const more = (): void => {
      while (left > 0) {
        const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
        left -= piece.length;
        if (!asked.write(piece)) return void asked.once('drain', more);
      }
      asked.end();
    };
    more();
  });
}
