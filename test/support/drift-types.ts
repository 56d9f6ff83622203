// Makes the TypeScript types of the wire contract, once for the server and once for the client package.
// With --check nothing is written: it fails when the committed ones are not what the proto files say.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences, fromRoot, readTree, report, type Tree, writeTree } from './drift.ts';
import { ROOT } from './source-text.ts';

const HOMES = ['src/grpc/generated', 'clients/typescript/src/generated'];
const PROTOS = [
  'berth/v1/session.proto',
  'berth/v1/admin.proto',
  'google/rpc/error_details.proto',
  'google/rpc/status.proto',
];

function generate(): Tree {
  const outDir = mkdtempSync(join(tmpdir(), 'berth-types-'));
  const options = [
    ['longs', 'Number'],
    ['enums', 'String'],
    ['grpcLib', '@grpc/grpc-js'],
    // Relative: the generator writes the path of each proto file into its output.
    ['includeDirs', 'proto'],
    ['targetFileExtension', '.ts'],
    ['importFileExtension', '.ts'],
    ['outDir', outDir],
  ].map(([name, value]) => `--${name}=${value}`);
  try {
    const generator = fromRoot('node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js');
    const flags = ['--defaults', '--oneofs', '--includeComments'];
    execFileSync(process.execPath, [generator, ...flags, ...options, ...PROTOS], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readTree(outDir);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

const wanted = generate();
if (process.argv.includes('--check')) {
  const found = HOMES.flatMap((home) =>
    differences(existsSync(fromRoot(home)) ? readTree(fromRoot(home)) : new Map(), wanted).map(
      (line) => `${home}: ${line}`,
    ),
  );
  report('generated types', found, 'npm run proto:gen');
} else {
  for (const home of HOMES) writeTree(fromRoot(home), wanted);
}
