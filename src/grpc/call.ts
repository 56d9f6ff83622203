import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import type { Caller, Role } from '../domain/caller.ts';
import { BrokerError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { AuthCall } from './auth.ts';
import type { EndingCall, OpenCalls } from './open-calls.ts';
import { toStatus } from './status.ts';

/** What this edge writes to the log. */
export type RpcLog = {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
};

export type RpcMetrics = {
  /** @param code as in gRPC, such as `OK` or `NOT_FOUND` */
  rpc(method: string, code: string, durationMs: number): void;
};

/** What every RPC is served with. */
export type Edge = {
  readonly callerOf: (call: AuthCall) => Caller;
  readonly calls: OpenCalls;
  readonly clock: Clock;
  readonly log: RpcLog;
  readonly metrics: RpcMetrics | undefined;
};

/** A message as its deserializer left it; an error where the bytes were none. */
export type Received<Req> = Req | BrokerError;

/** Serves one unary RPC.
 *  @param run checks the request and calls a use case; a client's mistake is thrown as BrokerError */
export function unary<Req, Res>(
  edge: Edge,
  method: string,
  role: Role,
  run: (request: Req, caller: Caller, call: ServerUnaryCall<Received<Req>, Res>) => Promise<Res>,
): handleUnaryCall<Received<Req>, Res> {
  return (call, callback) => {
    const startedAt = edge.clock.monotonic();
    let caller: Caller | null = null;
    const fail = (err: unknown): void => {
      const answer = failed(edge, method, err);
      done(edge, method, answer.code, startedAt, caller);
      callback(answer);
    };
    let running: Promise<Res>;
    try {
      edge.calls.begin();
    } catch (err) {
      fail(err);
      return;
    }
    try {
      caller = admit(edge, role, call);
      running = run(readable(call.request), caller, call);
    } catch (err) {
      edge.calls.end();
      fail(err);
      return;
    }
    running.then(
      (response) => {
        edge.calls.end();
        done(edge, method, status.OK, startedAt, caller);
        callback(null, response);
      },
      (err: unknown) => {
        edge.calls.end();
        fail(err);
      },
    );
  };
}

/** Serves one RPC that answers a stream, as fast as the client reads and no faster. The stream ends with the iterable.
 *  @param open checks the request and calls a use case; the signal aborts when nobody listens any more */
export function serverStream<Req, Res>(
  edge: Edge,
  method: string,
  role: Role,
  open: (request: Req, caller: Caller, signal: AbortSignal) => AsyncIterable<Res>,
): handleServerStreamingCall<Received<Req>, Res> {
  return (call) => {
    void serve(call).catch((err: unknown) => edge.log.warn({ err, method }, 'rpc.failed'));
  };

  async function serve(call: ServerWritableStream<Received<Req>, Res>): Promise<void> {
    const startedAt = edge.clock.monotonic();
    let caller: Caller | null = null;
    let signal: AbortSignal | null = null;
    let counted = false;
    try {
      edge.calls.begin();
      counted = true;
      caller = admit(edge, role, call);
      signal = edge.calls.signalOf(call);
      for await (const response of open(readable(call.request), caller, signal)) {
        // A stream may last for days: whose token was revoked meanwhile is shown nothing more.
        admit(edge, role, call);
        await write(call, response, signal);
      }
      // A use case may end its stream instead of throwing when it is told to stop.
      signal.throwIfAborted();
      done(edge, method, status.OK, startedAt, caller);
      call.end();
    } catch (err) {
      const answer = failed(edge, method, edge.calls.causeOf(err, signal));
      done(edge, method, answer.code, startedAt, caller);
      call.emit('error', answer);
    } finally {
      if (counted) edge.calls.end();
    }
  }
}

/** Resolves when the transport took the message: at most one is waiting for a slow client.
 *  @throws what the signal was aborted with; a broken call never says that a message was written */
function write<Res>(call: ServerWritableStream<unknown, Res>, response: Res, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const over = (): void => reject(signal.reason);
    signal.addEventListener('abort', over, { once: true });
    call.write(response, () => {
      signal.removeEventListener('abort', over);
      resolve();
    });
  });
}

function admit(edge: Edge, role: Role, call: AuthCall & EndingCall): Caller {
  const caller = edge.callerOf(call);
  if (role === 'admin' && caller.role !== 'admin')
    throw new BrokerError('denied', 'this call needs a token with the role admin', { reason: 'ADMIN_ONLY' });
  return caller;
}

function readable<Req>(request: Received<Req>): Req {
  if (request instanceof BrokerError) throw request;
  return request;
}

const failed = (edge: Edge, method: string, err: unknown): StatusObject =>
  toStatus(err, (cause) => edge.log.warn({ err: cause, method }, 'rpc.failed'));

function done(edge: Edge, method: string, code: status, startedAt: number, caller: Caller | null): void {
  const durationMs = edge.clock.monotonic() - startedAt;
  edge.metrics?.rpc(method, status[code], durationMs);
  edge.log.debug({ method, code: status[code], tenant: caller?.tenant, caller: caller?.name, durationMs }, 'rpc.done');
}
