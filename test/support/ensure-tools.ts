// Runs before the tests: they talk to a real Redis, make certificates and put a real nginx in front of instances. With
// --guests also for those that look at the web console with a real Chromium and run a real JupyterLab.
// Installs what is missing where that needs no question asked (Debian and its kin, as root or with a sudo that wants no
// password); otherwise fails and says what to type. Tests are never skipped.
// The tests start servers of their own on free ports: a service that the package starts does not matter to them.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findNginx } from '../../src/adapters/nginx/find.ts';
import { findChromium } from './browser.ts';
import { ensureJupyterLab, hasVenv } from './jupyterlab.ts';

const REDIS_AT_LEAST = 7;
const INSTALL_MS = 5 * 60_000;

/** The major version that `redis-server --version` printed, or null. */
export function redisMajor(printed: string): number | null {
  const found = /\bv=(\d+)\./.exec(printed);
  return found ? Number(found[1]) : null;
}

/** The command that installs packages: as root, or by a sudo that asks for no password; null where neither is there. */
export function installCommand(
  can: { readonly root: boolean; readonly sudo: boolean },
  packages: readonly string[] = ['redis-server'],
): readonly string[] | null {
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', ...packages];
  if (can.root) return apt;
  return can.sudo ? ['sudo', '-n', ...apt] : null;
}

/** Where packages put servers; not on every user's PATH. */
const PATH = [process.env.PATH ?? '', '/usr/bin', '/usr/sbin', '/usr/local/bin'].join(delimiter);

/** Runs without asking anything. `text`: all that it printed. */
function run(command: readonly string[], timeoutMs: number): { readonly ok: boolean; readonly text: string } {
  const [program = '', ...args] = command;
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return { ok: done.status === 0, text: `${done.stdout ?? ''}${done.stderr ?? ''}` };
}

const hasOpenssl = (): boolean => run(['openssl', 'version'], 10_000).ok;
/** Both are needed: streams are a module of their own on Debian. */
const NGINX = ['nginx', 'libnginx-mod-stream'];

/** With a font: without any, text has no size. */
const CHROMIUM = ['chromium', 'fonts-dejavu-core'];

/** For the environment that JupyterLab is installed into. */
const PYTHON = ['python3', 'python3-venv'];

const nginxProblem = async (): Promise<string | null> => {
  const found = await findNginx(null, PATH);
  return 'why' in found ? found.why : null;
};
const version = (): number | null => redisMajor(run(['redis-server', '--version'], 10_000).text);

function install(packages: readonly string[]): void {
  const canApt = run(['apt-get', '--version'], 10_000).ok;
  const root = process.getuid?.() === 0;
  const command = canApt
    ? installCommand({ root, sudo: !root && run(['sudo', '-n', 'true'], 10_000).ok }, packages)
    : null;
  if (command === null) return;
  const update = [...command.slice(0, command.indexOf('apt-get')), 'apt-get', 'update', '-qq'];
  console.log(`The tests need ${packages.join(' and ')}. Running: ${command.join(' ')}`);
  const updated = run(update, INSTALL_MS);
  const installed = run(command, INSTALL_MS);
  if (!installed.ok) console.error(`${updated.text}${installed.text}`);
}

function jupyterProblem(): string | null {
  try {
    ensureJupyterLab();
    return null;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
}

type Tool = {
  /** Debian's, that bring it. */
  readonly packages: readonly string[];
  /** What is wrong with it here; null: nothing. */
  readonly problem: () => string | null | Promise<string | null>;
  /** More ways to get it. */
  readonly hint?: string;
};

const REDIS: Tool = {
  packages: ['redis-server'],
  problem() {
    const major = version();
    if (major !== null && major >= REDIS_AT_LEAST) return null;
    return `Redis ${REDIS_AT_LEAST} or later: ${major === null ? 'redis-server was not found' : `${major} is too old`}`;
  },
  hint: `Debian 12, Ubuntu 24.04 or later; brew install redis; or a folder with redis-server on PATH, such as ${join('/opt', 'redis', 'bin')}`,
};

/** For every suite. */
const SERVERS: readonly Tool[] = [
  REDIS,
  { packages: ['openssl'], problem: () => (hasOpenssl() ? null : 'openssl') },
  { packages: NGINX, problem: nginxProblem },
];

/** For the suite in which a browser and JupyterLab are guests. */
const GUESTS: readonly Tool[] = [
  { packages: CHROMIUM, problem: () => (findChromium(PATH) === null ? 'Chromium' : null) },
  { packages: PYTHON, problem: () => (hasVenv() ? null : 'Python with venv') },
  { packages: [], problem: jupyterProblem },
];

/** Makes sure of all. Returns what to tell the user when one is not there, or null. */
async function ensureTools(tools: readonly Tool[]): Promise<string | null> {
  for (const tool of tools) {
    if (tool.packages.length > 0 && (await tool.problem()) !== null) install(tool.packages);
    const problem = await tool.problem();
    if (problem === null) continue;
    const hint = tool.hint === undefined ? '' : `\n    (${tool.hint})`;
    const type = tool.packages.length === 0 ? '' : `\n    sudo apt-get install -y ${tool.packages.join(' ')}`;
    return `The tests need ${problem}${type === '' ? '' : '. Install it and run this again:'}${type}${hint}`;
  }
  return null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problem = await ensureTools(process.argv.includes('--guests') ? [...SERVERS, ...GUESTS] : SERVERS);
  if (problem !== null) {
    console.error(problem);
    process.exitCode = 1;
  }
}
