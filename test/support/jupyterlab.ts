// JupyterLab for the tests, installed once from PyPI into the user's cache folder, outside of the clone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The version that the tutorial was written with. What it needs is chosen by pip. */
const VERSION = '4.6.6';
const INSTALL_MS = 8 * 60_000;

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const FOLDER = join(CACHE, 'berth-tests', `jupyterlab-${VERSION}`);
const COMPLETE = join(FOLDER, 'complete');

/** Can it make environments with pip in them? Debian has that in a package of its own. */
export const hasVenv = (): boolean =>
  spawnSync('python3', ['-c', 'import venv, ensurepip'], { timeout: 30_000, stdio: 'ignore' }).status === 0;

/** `flock`: of several runs at a time one installs and the others wait. A half-made one is made again. */
const INSTALL = `
set -e
[ ! -e "$2/complete" ] || exit 0
rm -rf "$2"
python3 -m venv "$2"
"$2/bin/pip" install --quiet --no-input --disable-pip-version-check "jupyterlab==$1"
touch "$2/complete"
`;

/** Makes sure of it. @returns the folder of its programs. @throws Error with what pip said */
export function ensureJupyterLab(): string {
  const programs = join(FOLDER, 'bin');
  if (existsSync(COMPLETE)) return programs;
  mkdirSync(join(CACHE, 'berth-tests'), { recursive: true });
  console.log(`Installing JupyterLab ${VERSION} into ${FOLDER}`);
  const done = spawnSync('flock', [`${FOLDER}.lock`, 'sh', '-c', INSTALL, 'install', VERSION, FOLDER], {
    encoding: 'utf8',
    timeout: INSTALL_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (done.status === 0) return programs;
  const why = done.error === undefined ? `${done.stdout}${done.stderr}` : done.error.message;
  throw new Error(`The tests need JupyterLab ${VERSION}, and it could not be installed: ${why}`);
}
