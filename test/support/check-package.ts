// Packs berth as it would be published, installs that file in an empty folder and runs the demo from there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './source-text.ts';

const NEEDED = [
  'dist/src/cli/main.js',
  'dist/src/http/console/assets/console.html',
  'proto/berth/v1/session.proto',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
];
/** Sources, tests and what a developer's run leaves behind are not published. */
const UNWANTED = /^(src|test|node_modules|\.berth|\.ci)\/|\.ts$|\.db$/;

const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', [...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

type Packed = {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
};

function pack(folder: string): Packed {
  const printed = npm(['pack', '--json', '--pack-destination', folder], ROOT);
  // The build's own output comes before it.
  const [packed] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as readonly Packed[];
  if (!packed) throw new Error('npm pack named no file');
  return packed;
}

function checkFiles(packed: Packed): void {
  const paths = packed.files.map((file) => file.path);
  const missing = NEEDED.filter((path) => !paths.includes(path));
  const unwanted = paths.filter((path) => UNWANTED.test(path));
  if (missing.length > 0) throw new Error(`missing in the package: ${missing.join(', ')}`);
  if (unwanted.length > 0) throw new Error(`should not be in the package: ${unwanted.join(', ')}`);
}

const folder = mkdtempSync(join(tmpdir(), 'berth-package-'));
try {
  const packed = pack(folder);
  checkFiles(packed);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  npm(['install', '--no-save', `./${packed.filename}`], folder);
  const command = join(folder, 'node_modules', '.bin', 'berth');
  // The demo needs every part: the command, the client, the contract, the classes, the echo server, the broker itself.
  const shown = execFileSync(command, ['demo'], { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  if (!shown.includes('Nothing is left')) throw new Error(`the demo ended otherwise than expected:\n${shown}`);
  console.log(`${packed.filename}: ${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB, runs`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
