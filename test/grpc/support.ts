import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientOptions,
  type ClientReadableStream,
  credentials as grpcCredentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { createIds } from '../../src/adapters/system/ids.ts';
import type { RpcMetrics } from '../../src/grpc/call.ts';
import { loadDetails, loadServices, serviceOf } from '../../src/grpc/protos.ts';
import { type GrpcOptions, type GrpcServer, startGrpc } from '../../src/grpc/server.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';

const wire = loadServices();
const METHODS: Readonly<Record<string, MethodDefinition<unknown, unknown>>> = {
  ...serviceOf(wire, 'berth.v1.SessionBroker'),
  ...serviceOf(wire, 'berth.v1.BrokerAdmin'),
};

export const methodNames = (): readonly string[] => Object.keys(METHODS);

export function method(name: string): MethodDefinition<unknown, unknown> {
  const found = METHODS[name];
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}

export type LogLine = { readonly level: string; readonly message: string; readonly fields: Record<string, unknown> };

export type Edge = {
  readonly engine: FakeEngine;
  readonly server: GrpcServer;
  readonly client: Client;
  readonly lines: readonly LogLine[];
  readonly rpcs: readonly (readonly [method: string, code: string])[];
  /** Another connection, closed with the rest. */
  dial(credentials?: ChannelCredentials, options?: ClientOptions, address?: string): Client;
  /** Forgets the lines and calls that were noted. */
  clear(): void;
  close(): Promise<void>;
};

/** A real server over the fake engine, and a client of it. */
export async function startEdge(options: Partial<GrpcOptions> = {}): Promise<Edge> {
  const engine = createFakeEngine();
  const lines: LogLine[] = [];
  const rpcs: (readonly [string, string])[] = [];
  const log =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push({ level, message, fields: { ...fields } });
    };
  const metrics: RpcMetrics = { rpc: (name, code) => rpcs.push([name, code]) };
  const server = await startGrpc({
    listen: '127.0.0.1:0',
    sessions: engine.sessions,
    admin: engine.admin,
    auth: engine.auth,
    insecure: false,
    log: { debug: log('debug'), warn: log('warn') },
    metrics,
    clock: createSystemClock(),
    wallNow: () => Date.now(),
    ids: createIds(),
    ...options,
  });
  const clients: Client[] = [];
  const dial: Edge['dial'] = (credentials, clientOptions, address) => {
    const made = new Client(address ?? server.address, credentials ?? grpcCredentials.createInsecure(), {
      // Without it grpc-js gives all clients of one address one connection.
      'grpc.use_local_subchannel_pool': 1,
      ...clientOptions,
    });
    clients.push(made);
    return made;
  };
  return {
    engine,
    server,
    client: dial(),
    lines,
    rpcs,
    dial,
    clear() {
      lines.length = 0;
      rpcs.length = 0;
    },
    async close() {
      for (const client of clients) client.close();
      await server.stop(2_000);
    },
  };
}

export type CallExtras = CallOptions & { readonly metadata?: Metadata; readonly signal?: AbortSignal };

export const DEADLINE_MS = 20_000;

/** A unary call. @throws ServiceError */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by name, as their JSON would be
export function call(client: Client, name: string, request: object, extras: CallExtras = {}): Promise<any> {
  const m = method(name);
  return send(client, m.path, m.requestSerialize(request), extras).then((bytes) => m.responseDeserialize(bytes));
}

/** A unary call of raw bytes. */
export function send(client: Client, path: string, bytes: Buffer, extras: CallExtras = {}): Promise<Buffer> {
  const { metadata = new Metadata(), signal, ...options } = extras;
  return new Promise((resolve, reject) => {
    const same = (b: Buffer): Buffer => b;
    const running = client.makeUnaryRequest(
      path,
      same,
      same,
      bytes,
      metadata,
      { deadline: Date.now() + DEADLINE_MS, ...options },
      (err, answer) => (answer === undefined ? reject(err ?? new Error('no answer')) : resolve(answer)),
    );
    signal?.addEventListener('abort', () => running.cancel(), { once: true });
  });
}

/** A server stream; the caller reads it with `for await`. */
export function stream(
  client: Client,
  name: string,
  request: object,
  extras: CallExtras = {},
  // biome-ignore lint/suspicious/noExplicitAny: as above
): ClientReadableStream<any> {
  const m = method(name);
  const { metadata = new Metadata(), ...options } = extras;
  return client.makeServerStreamRequest(m.path, m.requestSerialize, m.responseDeserialize, request, metadata, {
    deadline: Date.now() + DEADLINE_MS,
    ...options,
  });
}

export const bearer = (secret: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret}`);
  return metadata;
};

const details = loadDetails();

export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Field to description. */
  readonly fields: Readonly<Record<string, string>>;
  readonly quota: readonly { subject: string; description: string }[];
  readonly retryMs: number | null;
  /** Bytes of the trailers as HTTP/2 counts them, but for its 32 per entry. */
  readonly trailerBytes: number;
};

/** What a call failed with, details decoded. @throws Error when it did not fail */
export async function failure(running: Promise<unknown>): Promise<Failure> {
  const err = await running.then(
    (answer) => {
      throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
    },
    (e: ServiceError) => e,
  );
  if (typeof err.code !== 'number') throw err;
  return decodeFailure(err);
}

export function decodeFailure(err: ServiceError): Failure {
  const [bytes] = err.metadata?.get('grpc-status-details-bin') ?? [];
  let found: Failure = {
    code: status[err.code],
    message: err.details,
    reason: '',
    domain: '',
    metadata: {},
    fields: {},
    quota: [],
    retryMs: null,
    trailerBytes: encodeURI(err.details).length + Math.ceil(((bytes?.length ?? 0) * 4) / 3),
  };
  if (!(bytes instanceof Buffer)) return found;
  for (const { type_url, value } of details.Status.deserialize(bytes).details) {
    switch (type_url) {
      case 'type.googleapis.com/google.rpc.ErrorInfo': {
        const { reason, domain, metadata } = details.ErrorInfo.deserialize(value);
        found = { ...found, reason, domain, metadata };
        break;
      }
      case 'type.googleapis.com/google.rpc.BadRequest': {
        const { fieldViolations } = details.BadRequest.deserialize(value);
        const fields = Object.fromEntries(fieldViolations.map((v) => [v.field, v.description]));
        found = { ...found, fields };
        break;
      }
      case 'type.googleapis.com/google.rpc.QuotaFailure':
        found = { ...found, quota: details.QuotaFailure.deserialize(value).violations };
        break;
      case 'type.googleapis.com/google.rpc.RetryInfo': {
        const delay = details.RetryInfo.deserialize(value).retryDelay;
        found = { ...found, retryMs: delay === null ? null : delay.seconds * 1_000 + delay.nanos / 1e6 };
        break;
      }
      default:
        throw new Error(`an unexpected detail: ${type_url}`);
    }
  }
  return found;
}

/** Resolves when it holds. @throws Error when it does not within 10 s */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
