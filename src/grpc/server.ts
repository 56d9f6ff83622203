import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { BrokerError } from '../domain/errors.ts';
import type { AdminUseCases, Authenticator, SessionUseCases } from '../engine/use-cases.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import { createAuth } from './auth.ts';
import type { Edge, RpcLog, RpcMetrics } from './call.ts';
import { createHealth, healthService } from './health.ts';
import { createOpenCalls } from './open-calls.ts';
import { loadServices, serviceOf } from './protos.ts';
import { addReflection } from './reflection.ts';
import { acquireSession } from './rpc/acquire-session.ts';
import * as admin from './rpc/admin-calls.ts';
import * as events from './rpc/event-calls.ts';
import * as hosts from './rpc/host-calls.ts';
import { listInstances } from './rpc/list-instances.ts';
import { listSessions } from './rpc/list-sessions.ts';
import { quoteSession } from './rpc/quote-session.ts';
import * as session from './rpc/session-calls.ts';
import { streamLogs, watchSession } from './rpc/session-streams.ts';
import * as spending from './rpc/spending-calls.ts';

const SESSION_BROKER = 'berth.v1.SessionBroker';
const BROKER_ADMIN = 'berth.v1.BrokerAdmin';
const HEALTH = 'grpc.health.v1.Health';

/** The largest request that is looked into. An acquire with all the labels and environment that are allowed takes under
 *  300 KiB; what is left is for its command, which the system's own limit on arguments bounds further. */
const MAX_REQUEST = 2 ** 20;
/** What the transport takes in. grpc-js itself refuses what is above, without details; gRPC clients by default send up
 *  to 4 MiB, and those that do learn here what is accepted. */
const MAX_TRANSPORT = 4 * 2 ** 20 + 2 ** 16;
/** A hub keeps a wait and a watch for each of its users on one connection; HTTP/2's usual 100 would queue them. */
const MAX_STREAMS = 10_000;
/** Half of the shortest idle limit in common use: 60 s at nginx and AWS load balancers [ms]. */
const KEEPALIVE = 30_000;
const KEEPALIVE_TIMEOUT = 20_000;

/** PEM texts. */
export type GrpcTls = {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Given: only clients with a certificate of this authority are served (mTLS). */
  readonly clientCa?: Buffer;
};

export type GrpcOptions = {
  /** `host:port`, port 0 for any; or `unix:PATH`. */
  readonly listen: string;
  readonly sessions: SessionUseCases;
  readonly admin: AdminUseCases;
  readonly auth: Authenticator;
  readonly tls?: GrpcTls;
  /** Accept tokens over plaintext from other machines. */
  readonly insecure: boolean;
  readonly log: RpcLog;
  readonly metrics?: RpcMetrics;
  readonly clock: Clock;
  /** This machine's own clock [ms since 1970], on which grpc-js states deadlines. The clock of record may differ. */
  readonly wallNow: () => number;
  readonly ids: Ids;
  /** How often an HTTP/2 ping is sent on each connection [ms]. Default: 30 s. */
  readonly keepaliveMs?: number;
};

export type GrpcServer = {
  /** As clients on this machine dial it: with the port that was given, or `unix:PATH`. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** What the health service says. A new server serves. */
  setServing(serving: boolean): void;
  /** Ends waits and watches with UNAVAILABLE (BROKER_STOPPING) and refuses new calls the same way; other calls may
   *  finish within `graceMs`; then all connections are closed. Resolves when that is done. Safe to repeat. */
  stop(graceMs: number): Promise<void>;
};

/** Serves the wire contract. @throws BrokerError `unavailable` when it cannot listen there */
export async function startGrpc(o: GrpcOptions): Promise<GrpcServer> {
  const unixSocket = o.listen.startsWith('unix:');
  const { auth, insecure } = o;
  const edge: Edge = {
    callerOf: createAuth({ auth, insecure, unixSocket, encrypted: o.tls !== undefined || unixSocket }),
    calls: createOpenCalls(),
    clock: o.clock,
    log: o.log,
    metrics: o.metrics,
  };
  const health = createHealth([SESSION_BROKER, BROKER_ADMIN]);
  const server = createServer(o, edge, health.implementation);
  const port = await listen(server, o);
  const address = unixSocket ? o.listen : o.listen.replace(/\d+$/, String(port));
  let stopped: Promise<void> | null = null;
  return {
    address,
    port: unixSocket ? 0 : port,
    setServing: health.setServing,
    stop(graceMs) {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };

  async function stop(graceMs: number): Promise<void> {
    health.setServing(false);
    edge.calls.stop();
    health.close();
    const graceOver = new AbortController();
    const grace = o.clock.sleep(graceMs, graceOver.signal).catch(() => undefined);
    const drained = edge.calls.idle().then(() => closed(server));
    await Promise.race([drained, grace]);
    graceOver.abort();
    // forceShutdown alone forgets the connections while channelz is off; drain knows them.
    server.drain(address, 0);
    server.forceShutdown();
  }
}

function createServer(o: GrpcOptions, edge: Edge, health: Parameters<Server['addService']>[1]): Server {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_TRANSPORT,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.keepalive_time_ms': o.keepaliveMs ?? KEEPALIVE,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT,
    // Channelz counts every message of every call and nobody reads it: berth has metrics of its own.
    'grpc.enable_channelz': 0,
  });
  const wire = loadServices();
  const { sessions } = o;
  server.addService(tolerant(serviceOf(wire, SESSION_BROKER)), {
    AcquireSession: acquireSession(edge, sessions, o.ids, o.wallNow),
    ReleaseSession: session.releaseSession(edge, sessions),
    GetSession: session.getSession(edge, sessions),
    ListSessions: listSessions(edge, sessions),
    WatchSession: watchSession(edge, sessions),
    QuoteSession: quoteSession(edge, sessions),
    KeepAlive: session.keepAlive(edge, sessions),
    ExtendSession: session.extendSession(edge, sessions),
    StreamLogs: streamLogs(edge, sessions),
  });
  server.addService(tolerant(serviceOf(wire, BROKER_ADMIN)), {
    ListClasses: admin.listClasses(edge, o.admin),
    SetReserve: admin.setReserve(edge, o.admin),
    GetReserve: admin.getReserve(edge, o.admin),
    GetQuotas: admin.getQuotas(edge, o.admin),
    GetCosts: spending.getCosts(edge, o.admin),
    ListHosts: hosts.listHosts(edge, o.admin),
    BanHost: hosts.banHost(edge, o.admin),
    UnbanHost: hosts.unbanHost(edge, o.admin),
    SetRenting: spending.setRenting(edge, o.admin),
    TerminateSession: admin.terminateSession(edge, o.admin),
    GetStatus: admin.getStatus(edge, o.admin),
    ListInstances: listInstances(edge, o.admin),
    ListEvents: events.listEvents(edge, o.admin),
    WatchEvents: events.watchEvents(edge, o.admin),
    CreateToken: admin.createToken(edge, o.admin),
    ListTokens: admin.listTokens(edge, o.admin),
    RevokeToken: admin.revokeToken(edge, o.admin),
  });
  server.addService(healthService, health);
  addReflection(server, edge, [SESSION_BROKER, BROKER_ADMIN, HEALTH]);
  return server;
}

/** The service with deserializers that answer an error instead of throwing it: grpc-js would say INTERNAL, with no
 *  details, to what is the client's mistake. */
function tolerant(service: ServiceDefinition): ServiceDefinition {
  const methods = Object.entries(service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): unknown => {
      if (bytes.length > MAX_REQUEST) return tooLarge(bytes.length);
      try {
        return method.requestDeserialize(bytes);
      } catch {
        return new BrokerError('invalid', 'the request is no message of its type', { reason: 'MALFORMED_MESSAGE' });
      }
    };
    return [name, { ...method, requestDeserialize }];
  });
  return Object.fromEntries(methods) as ServiceDefinition;
}

const tooLarge = (bytes: number): BrokerError =>
  new BrokerError('invalid', `the request has ${bytes} bytes; accepted: at most ${MAX_REQUEST}`, {
    reason: 'MESSAGE_TOO_LARGE',
    metadata: { maxBytes: String(MAX_REQUEST) },
  });

function credentials(tls: GrpcTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: tls.cert, private_key: tls.key };
  return ServerCredentials.createSsl(tls.clientCa ?? null, [pair], tls.clientCa !== undefined);
}

function listen(server: Server, o: GrpcOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      server.forceShutdown();
      const why = cause instanceof Error ? cause.message : String(cause);
      reject(new BrokerError('unavailable', `cannot listen on ${o.listen}: ${why}`, { reason: 'LISTEN' }, { cause }));
    };
    try {
      server.bindAsync(o.listen, credentials(o.tls), (err, port) => (err === null ? resolve(port) : fail(err)));
    } catch (err) {
      fail(err);
    }
  });
}

/** Resolves when every connection has said goodbye. */
const closed = (server: Server): Promise<void> => new Promise((resolve) => server.tryShutdown(() => resolve()));
