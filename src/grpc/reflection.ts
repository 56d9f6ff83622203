import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { Edge } from './call.ts';
import { isAbort, toStatus } from './status.ts';

type Stream = ServerDuplexStream<unknown, unknown>;

/** Server reflection, v1 and v1alpha. It asks for a token like any call: grpcurl sends its `-H` with reflection too, and
 *  the package answers without waiting for a slow reader, which is nothing to offer to everybody. */
export function addReflection(server: Server, edge: Edge, shown: PackageDefinition, services: readonly string[]): void {
  const reflection = new ReflectionService(shown, { services: [...services] });
  reflection.addToServer({
    addService: (definition: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      const guarded = Object.entries(implementation).map(([name, handler]) => [
        name,
        guard(edge, handler as (call: Stream) => void),
      ]);
      server.addService(definition, Object.fromEntries(guarded) as UntypedServiceImplementation);
    },
  });
}

function guard(edge: Edge, handler: (call: Stream) => void): (call: Stream) => void {
  return (call) => {
    const end = (err: unknown): void => {
      call.emit(
        'error',
        toStatus(err, (cause) => edge.log.warn({ err: cause, method: 'ServerReflectionInfo' }, 'rpc.failed')),
      );
    };
    try {
      edge.calls.refuseIfStopping();
      edge.callerOf(call);
      const signal = edge.calls.signalOf(call);
      signal.addEventListener('abort', () => isAbort(signal.reason) || end(signal.reason), { once: true });
      handler(call);
    } catch (err) {
      end(err);
    }
  };
}
