// Makes src/grpc/descriptors.binpb, what server reflection shows: run this file after a change of the proto files.
// A test compares it with them. protobufjs can make descriptors too, but leaves out imports, map entries and
// proto3's `optional`, and clients in Go refuse those.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { protoPath as healthProto } from 'grpc-health-check';
import { fromRoot } from '../support/drift.ts';

export const DESCRIPTORS = fromRoot('src/grpc/descriptors.binpb');

/** The descriptors of our services and of gRPC's health service, with their comments. */
export function buildDescriptors(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'berth-descriptors-'));
  try {
    cpSync(fromRoot('proto/berth/v1'), join(folder, 'in/berth/v1'), { recursive: true });
    cpSync(fromRoot('proto/google'), join(folder, 'in/google'), { recursive: true });
    const health = join(folder, 'in/grpc/health/v1/health.proto');
    mkdirSync(dirname(health), { recursive: true });
    cpSync(healthProto, health);
    const out = join(folder, 'out.binpb');
    const buf = fromRoot('node_modules/.bin/buf');
    execFileSync(buf, ['build', 'in', '--as-file-descriptor-set', '-o', out], { cwd: folder });
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(DESCRIPTORS, buildDescriptors());
