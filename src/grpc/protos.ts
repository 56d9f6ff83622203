import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GrpcObject, ServiceDefinition } from '@grpc/grpc-js';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { BrokerError } from '../domain/errors.ts';
import type { ProtoGrpcType as DetailsProto } from './generated/error_details.ts';
import type { ProtoGrpcType as StatusProto } from './generated/status.ts';

const OURS = ['berth/v1/session.proto', 'berth/v1/admin.proto'];
const DETAILS = ['google/rpc/error_details.proto', 'google/rpc/status.proto'];

/** The `proto` folder of the package: two levels up from the sources, three from a build (dist/src/grpc). */
export function protoFolder(): string {
  const tried = ['../..', '../../..'].map((up) => join(import.meta.dirname, up, 'proto'));
  const found = tried.find((folder) => existsSync(join(folder, 'berth/v1/session.proto')));
  if (found === undefined)
    throw new BrokerError('precondition', 'the proto files that belong to this package are missing', {
      reason: 'PROTO_MISSING',
    });
  return found;
}

const load = (files: readonly string[]): PackageDefinition =>
  loadSync([...files], {
    keepCase: false,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
    includeDirs: [protoFolder()],
  });

/** How the services' messages are read and written. */
export const loadServices = (): PackageDefinition => load(OURS);

/** The messages that errors carry. */
export function loadDetails(): (StatusProto & DetailsProto)['google']['rpc'] {
  const loaded: GrpcObject = loadPackageDefinition(load(DETAILS));
  return (loaded as unknown as StatusProto & DetailsProto).google.rpc;
}

/** @throws BrokerError when the definition has no such service */
export function serviceOf(definition: PackageDefinition, name: string): ServiceDefinition {
  const service = definition[name];
  if (service === undefined || 'format' in service)
    throw new BrokerError('precondition', `the proto files have no service ${name}`, { reason: 'PROTO_MISSING' });
  return service as ServiceDefinition;
}
