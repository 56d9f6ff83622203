import type { ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { BrokerError } from '../domain/errors.ts';
import { brokerStopping } from './open-calls.ts';
import { toStatus } from './status.ts';

type Request = { readonly service: string };
type Response = { readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' };
type WatchCall = ServerWritableStream<Request, Response>;

/** The gRPC health service, open to everybody: probes carry no tokens. The package's own implementation keeps every
 *  service name that anybody ever watched, and its watches would hold up a stop. */
export type Health = ReturnType<typeof createHealth>;

export const healthService = service;

/** @param services names that are known; the empty name stands for the whole server */
export function createHealth(services: readonly string[]) {
  const known = new Set(['', ...services]);
  const watches = new Set<WatchCall>();
  let serving = true;
  const now = (): Response => ({ status: serving ? 'SERVING' : 'NOT_SERVING' });
  const of = (name: string): Response => (known.has(name) ? now() : { status: 'SERVICE_UNKNOWN' });

  const implementation: UntypedServiceImplementation = {
    check(call: ServerUnaryCall<Request, Response>, callback: (err: object | null, response?: Response) => void) {
      if (known.has(call.request.service)) callback(null, now());
      else callback(toStatus(unknownService(), () => undefined));
    },
    watch(call: WatchCall) {
      watches.add(call);
      call.on('cancelled', () => watches.delete(call));
      call.write(of(call.request.service));
    },
    list(_: unknown, callback: (err: null, response: object) => void) {
      callback(null, { statuses: Object.fromEntries([...known].map((name) => [name, now()])) });
    },
  };

  return {
    implementation,
    setServing(value: boolean): void {
      if (value === serving) return;
      serving = value;
      for (const call of watches) if (known.has(call.request.service)) call.write(now());
    },
    /** Ends the watches. */
    close(): void {
      for (const call of watches)
        call.emit(
          'error',
          toStatus(brokerStopping(), () => undefined),
        );
      watches.clear();
    },
  };
}

const unknownService = (): BrokerError =>
  new BrokerError('not-found', 'this server has no service of that name', { reason: 'SERVICE_UNKNOWN' });
