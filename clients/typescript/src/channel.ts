import {
  type ChannelOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  type CallOptions as GrpcCallOptions,
  Metadata,
  type requestCallback,
} from '@grpc/grpc-js';
import { isLoopback } from './address.ts';
import { decodeError } from './decode-error.ts';
import { BerthError, isBerthError } from './errors.ts';
import type { BrokerAdminClient } from './generated/berth/v1/BrokerAdmin.ts';
import type { SessionBrokerClient } from './generated/berth/v1/SessionBroker.ts';
import { brokerProto } from './proto.ts';

/** PEM. `true`: the system's certificate authorities and no client certificate. */
export type TlsOptions =
  | boolean
  | {
      readonly ca?: string | Uint8Array;
      readonly cert?: string | Uint8Array;
      readonly key?: string | Uint8Array;
      /** The name that the broker's certificate must carry, where it is not the address's. */
      readonly serverName?: string;
    };

export type ChannelSettings = {
  readonly address: string;
  readonly token?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly insecure?: boolean | undefined;
  readonly keepaliveMs?: number | undefined;
};

/** The two services of one broker over one connection, and what every call to them carries. */
export type Channel = {
  readonly sessions: SessionBrokerClient;
  readonly admin: BrokerAdminClient;
  /** One call. `deadlineMs` from now. @throws BerthError, or the signal's reason when it aborts first */
  unary<Res>(start: UnaryStart<Res>, deadlineMs: number, signal?: AbortSignal): Promise<Res>;
  /** Messages until the stream ends; leaving the loop cancels the call. Throws as `unary` does. */
  stream<Res>(start: StreamStart<Res>, signal?: AbortSignal): AsyncGenerator<Res, void, undefined>;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
  /** Ends every open call with `cancelled`. */
  close(): void;
};

export type UnaryStart<Res> = (
  metadata: Metadata,
  options: GrpcCallOptions,
  done: requestCallback<Res>,
) => ClientUnaryCall;
type StreamStart<Res> = (metadata: Metadata) => ClientReadableStream<Res>;

/** @throws BerthError `invalid-argument` for a token that would travel unprotected, or a broken address or key */
export function openChannel(settings: ChannelSettings): Channel {
  checkToken(settings);
  const { SessionBroker, BrokerAdmin } = brokerProto().berth.v1;
  const options = channelOptions(settings);
  const sessions = new SessionBroker(settings.address, credentialsOf(settings), options);
  const admin = new BrokerAdmin(settings.address, credentialsOf(settings), {
    ...options,
    channelOverride: sessions.getChannel(),
  });
  const metadata = (): Metadata => {
    const m = new Metadata();
    if (settings.token) m.set('authorization', `Bearer ${settings.token}`);
    return m;
  };
  const closing = new AbortController();
  const either = (signal: AbortSignal | undefined) =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
  return {
    sessions,
    admin,
    unary: (start, deadlineMs, signal) => unary(start, metadata(), deadlineMs, either(signal)),
    stream: (start, signal) => stream(() => start(metadata()), either(signal)),
    closing: closing.signal,
    close() {
      closing.abort(new BerthError('cancelled', 'the client was closed'));
      sessions.close();
    },
  };
}

function unary<Res>(start: UnaryStart<Res>, metadata: Metadata, deadlineMs: number, signal: AbortSignal): Promise<Res> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const call = start(metadata, { deadline: deadlineIn(deadlineMs) }, (err, answer) => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted && err !== null) reject(signal.reason);
      else if (err !== null) reject(failureOf(err));
      else if (answer === undefined) reject(new BerthError('internal', 'the broker answered nothing'));
      else resolve(answer);
    });
    const onAbort = () => call.cancel();
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** A call that was cancelled, but not by us: a broker or a proxy that dies cuts its streams this way. */
function failureOf(err: unknown): BerthError {
  const failure = decodeError(err);
  if (!isBerthError(failure, 'cancelled') || failure.answered) return failure;
  return new BerthError('unavailable', 'the connection broke during the call', {}, { cause: err });
}

async function* stream<Res>(
  start: () => ClientReadableStream<Res>,
  signal: AbortSignal,
): AsyncGenerator<Res, void, undefined> {
  signal.throwIfAborted();
  const call = start();
  const onAbort = () => call.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  // A cancelled call emits its error after the loop below has stopped listening.
  call.on('error', () => undefined);
  try {
    for await (const message of call) yield message as Res;
    signal.throwIfAborted();
  } catch (err) {
    throw signal.aborted ? signal.reason : failureOf(err);
  } finally {
    signal.removeEventListener('abort', onAbort);
    call.cancel();
  }
}

// grpc-js takes an absolute time of this machine's clock.
const deadlineIn = (ms: number): Date => new Date(Date.now() + ms);

function checkToken({ address, token, tls, insecure }: ChannelSettings): void {
  if (!token || tls || insecure || isLoopback(address)) return;
  throw new BerthError('invalid-argument', `the token would travel to ${address} unprotected`, {
    violations: [
      { field: 'token', description: 'off this machine it needs TLS, or "insecure" where the network is trusted' },
    ],
  });
}

function channelOptions({ address, tls, keepaliveMs }: ChannelSettings): ChannelOptions {
  return {
    // Long waits and watches are silent; middleboxes forget silent connections, often after a minute.
    'grpc.keepalive_time_ms': keepaliveMs ?? 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // grpc-js refuses calls while it pauses after a failed connect; a broker that restarts is back sooner than 1 s.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 3_000,
    // Two clients in one process do not share a connection: closing one really closes it.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
    // A page of 1,000 sessions with long labels.
    'grpc.max_receive_message_length': 64 * 1024 * 1024,
    ...(isLoopback(address) ? { 'grpc.enable_http_proxy': 0 } : {}),
    ...(typeof tls === 'object' && tls.serverName
      ? { 'grpc.ssl_target_name_override': tls.serverName, 'grpc.default_authority': tls.serverName }
      : {}),
  };
}

function credentialsOf({ tls }: ChannelSettings) {
  if (!tls) return credentials.createInsecure();
  const { ca, cert, key } = tls === true ? {} : tls;
  const pem = (text: string | Uint8Array | undefined) => (text === undefined ? null : Buffer.from(text));
  try {
    return credentials.createSsl(pem(ca), pem(key), pem(cert));
  } catch (err) {
    const description = err instanceof Error ? err.message : String(err);
    throw new BerthError('invalid-argument', `tls: ${description}`, { violations: [{ field: 'tls', description }] });
  }
}
