import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType as AdminProto } from './generated/admin.ts';
import type { ProtoGrpcType as DetailsProto } from './generated/error_details.ts';
import type { ProtoGrpcType as SessionProto } from './generated/session.ts';
import type { ProtoGrpcType as StatusProto } from './generated/status.ts';

// As the generated types were made: camel case, numbers for int64, names for enums.
const OPTIONS = { longs: Number, enums: String, defaults: true, oneofs: true } as const;

/** The proto files lie beside the package when it is installed, and at the top of the repository otherwise. */
function protoFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'proto');
    if (existsSync(join(candidate, 'berth/v1/session.proto'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('berth-client: its proto folder is missing; install the package again');
    folder = parent;
  }
}

function load(...files: readonly string[]): unknown {
  return loadPackageDefinition(loadSync([...files], { ...OPTIONS, includeDirs: [protoFolder()] }));
}

let services: (SessionProto & AdminProto) | null = null;
let details: (DetailsProto & StatusProto) | null = null;

/** Loaded at the first use and kept: parsing takes 50 ms. */
export function brokerProto(): SessionProto & AdminProto {
  services ??= load('berth/v1/session.proto', 'berth/v1/admin.proto') as SessionProto & AdminProto;
  return services;
}

/** google.rpc, which only errors need. */
export function detailsProto(): DetailsProto & StatusProto {
  details ??= load('google/rpc/status.proto', 'google/rpc/error_details.proto') as DetailsProto & StatusProto;
  return details;
}
