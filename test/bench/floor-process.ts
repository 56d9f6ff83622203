import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { loadServices, serviceOf } from '../../src/grpc/protos.ts';
import { serveParent } from './child.ts';
import { type Floor, openRedisFloor } from './floor-redis.ts';
import { openSqliteFloor } from './floor-sqlite.ts';

/** The least that any broker in grpc-js does for these two calls: read the message, write the bytes, answer. */
export type FloorHandlers = typeof handlers;

export type FloorStart = (
  | ({ readonly kind: 'redis' } & Parameters<typeof openRedisFloor>[0])
  | ({ readonly kind: 'sqlite' } & Parameters<typeof openSqliteFloor>[0])
) & {
  /** berth's answers, as captured. */
  readonly acquired: { readonly session: object };
  readonly released: { readonly session: object };
};

/** As berth's own server is set up. */
const OPTIONS = {
  'grpc.max_receive_message_length': 4 * 2 ** 20 + 2 ** 16,
  'grpc.max_send_message_length': -1,
  'grpc.max_concurrent_streams': 10_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.enable_channelz': 0,
};

let floor: Floor | null = null;
let server: Server | null = null;

const known = (): Floor => {
  if (floor === null) throw new Error('the floor was not started');
  return floor;
};

type Call = ServerUnaryCall<{ readonly id: string }, object>;

async function start(o: FloorStart) {
  floor = o.kind === 'redis' ? await openRedisFloor(o) : await openSqliteFloor(o);
  const { acquire, release } = floor;
  server = new Server(OPTIONS);
  server.addService(serviceOf(loadServices(), 'berth.v1.SessionBroker'), {
    AcquireSession(_: Call, callback: sendUnaryData<object>) {
      acquire().then((id) => callback(null, { session: { ...o.acquired.session, id } }), callback);
    },
    ReleaseSession(call: Call, callback: sendUnaryData<object>) {
      const { id } = call.request;
      release(id).then(() => callback(null, { session: { ...o.released.session, id } }), callback);
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server?.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (err, bound) =>
      err === null ? resolve(bound) : reject(err),
    );
  });
  return { address: `127.0.0.1:${port}` };
}

const handlers = {
  start,
  fill: (n: number): Promise<void> => known().fill(n),
};

serveParent(handlers, async () => {
  server?.forceShutdown();
  await floor?.close();
});
