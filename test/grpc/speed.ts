// AcquireSession of the edge over the fake engine, against a bare grpc-js server that answers the same message.
// `node test/grpc/speed.ts [SECONDS]`: 64 callers in a process of their own, both servers in turns, medians. The
// server's processor time per call tells more than the rate where the callers are what is slow.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { createIds } from '../../src/adapters/system/ids.ts';
import { encodeSession } from '../../src/grpc/encode.ts';
import { loadServices, serviceOf } from '../../src/grpc/protos.ts';
import { startGrpc } from '../../src/grpc/server.ts';
import { createFakeEngine } from './fake-engine.ts';
import { activeFrom, instance, newSession } from './fake-records.ts';

const CALLERS = 64;
const ROUNDS = 5;
const service = serviceOf(loadServices(), 'berth.v1.SessionBroker');
const { AcquireSession: acquire } = service;
if (acquire === undefined) throw new Error('no AcquireSession');

const view = () => {
  const session = activeFrom(newSession('s-00000000000000000000000001', 'default'), instance('i-1'));
  return {
    session,
    costMicros: 0,
    expectedActiveAt: null,
    progress: '',
    queuePosition: 0,
    plannedEnd: null,
    accessToken: null,
  };
};

async function bareServer(): Promise<string> {
  const server = new Server();
  const session = encodeSession(view());
  server.addService(service, {
    AcquireSession: (_: unknown, callback: (err: null, answer: object) => void) => callback(null, { session }),
  });
  const port = await new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (err, p) => (err ? reject(err) : resolve(p))),
  );
  return `127.0.0.1:${port}`;
}

async function edgeServer(): Promise<string> {
  const engine = createFakeEngine();
  const { address } = await startGrpc({
    listen: '127.0.0.1:0',
    sessions: { ...engine.sessions, acquire: async () => view() },
    admin: engine.admin,
    auth: { tokensExist: () => true, callerOf: () => ({ tenant: 'default', role: 'client', name: 't-1' }) },
    insecure: false,
    log: { debug: () => undefined, warn: () => undefined },
    metrics: { rpc: () => undefined },
    clock: createSystemClock(),
    wallNow: () => Date.now(),
    ids: createIds(),
  });
  return address;
}

/** Calls per second and the 99th percentile [ms]. */
async function load(address: string, seconds: number): Promise<readonly [number, number]> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer some-secret');
  const took: number[] = [];
  const until = performance.now() + seconds * 1_000;
  let made = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const from = performance.now();
      const request = { class: 'echo', requestId: `r-${made++}`, owner: 'someone', labels: { team: 'a' } };
      const { path, requestSerialize, responseDeserialize } = acquire as NonNullable<typeof acquire>;
      const deadline = Date.now() + 60_000;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, { deadline }, (err) => {
        took.push(performance.now() - from);
        err === null ? resolve() : reject(err);
      });
    });
  const caller = async (): Promise<void> => {
    while (performance.now() < until) await one();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  client.close();
  took.sort((a, b) => a - b);
  return [took.length / seconds, took[Math.floor(took.length * 0.99)] ?? 0];
}

const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;

/** Starts this file again as a server, and answers its address. */
async function child(role: string) {
  const server = fork(import.meta.filename, [role]);
  const said = async (): Promise<unknown> => (await once(server, 'message'))[0];
  return {
    address: String(await said()),
    /** Processor time so far [µs]. */
    async usedMicros(): Promise<number> {
      server.send('usage');
      return Number(await said());
    },
    end: () => server.kill(),
  };
}

function tellUsage(): void {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
}

const [, , role = ''] = process.argv;
if (role === 'bare' || role === 'edge') {
  process.on('message', tellUsage);
  process.send?.(await (role === 'bare' ? bareServer() : edgeServer()));
} else {
  const seconds = Number(role || 2);
  const servers = { bare: await child('bare'), edge: await child('edge') };
  const seen = { bare: { rate: [], p99: [], cpu: [] }, edge: { rate: [], p99: [], cpu: [] } } as Record<
    'bare' | 'edge',
    Record<'rate' | 'p99' | 'cpu', number[]>
  >;
  for (let round = 0; round <= ROUNDS; round++)
    for (const name of ['bare', 'edge'] as const) {
      const before = await servers[name].usedMicros();
      const [rate, p99] = await load(servers[name].address, seconds);
      const cpu = ((await servers[name].usedMicros()) - before) / (rate * seconds);
      // The first round only warms up.
      if (round === 0) continue;
      seen[name].rate.push(rate);
      seen[name].p99.push(p99);
      seen[name].cpu.push(cpu);
    }
  for (const name of ['bare', 'edge'] as const) {
    const { rate, p99, cpu } = seen[name];
    const words = [`${median(rate).toFixed(0)} calls/s`, `p99 ${median(p99).toFixed(1)} ms`];
    console.log(`${name}: ${words.join(', ')}, ${median(cpu).toFixed(0)} µs of the server's processor per call`);
    servers[name].end();
  }
}
