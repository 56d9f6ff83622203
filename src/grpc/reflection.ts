import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { fromJSON, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { Edge } from './call.ts';
import { isAbort, toStatus } from './status.ts';

type Stream = ServerDuplexStream<unknown, unknown>;

/** Server reflection, v1 and v1alpha. It asks for a token like any call: grpcurl sends its `-H` with reflection too, and
 *  the package answers without waiting for a slow reader, which is nothing to offer to everybody. */
export function addReflection(server: Server, edge: Edge, services: readonly string[]): void {
  const reflection = new ReflectionService(readDescriptors(), { services: [...services] });
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

/** What buf made of the proto files (test/grpc/descriptors.ts). Those of proto-loader lack imports, map entries and
 *  proto3's `optional`, and clients in Go (grpcurl, buf) refuse them. */
function readDescriptors(): PackageDefinition {
  const bytes = readFileSync(join(import.meta.dirname, 'descriptors.binpb'));
  // A FileDescriptorSet with its files left encoded, as the package wants them.
  const fields = { file: { rule: 'repeated', type: 'bytes', id: 1 } };
  const set = fromJSON({ nested: { FileSet: { fields } } }).FileSet as MessageTypeDefinition<object, FileSet>;
  return { all: { ...set, fileDescriptorProtos: set.deserialize(bytes).file } };
}

type FileSet = { readonly file: Buffer[] };

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
