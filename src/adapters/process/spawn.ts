import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { PortAddress } from '../../domain/endpoint.ts';
import { BrokerError } from '../../domain/errors.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { Order } from '../../ports/compute-provider.ts';
import type { Places } from './record.ts';

/**
 * Leads the instance's session and process group: enters the cgroups named before `--`, runs the program, and writes
 * its exit code, which so outlives the broker. It opens `exit` before, since a program may remove its own directory;
 * it does not die of the signals that end the program, or the code would be lost. Its own remarks ("Terminated") are
 * kept out of the log. It has no variables: one of the program's environment by the same name would be changed. The
 * subshell keeps a program named like a shell builtin from being taken for that.
 */
const WRAPPER = `
exec 9>../exit
while [ "$1" != -- ]; do
  echo $$ >"$1" || { echo "berth: cannot enter the cgroup that limits this instance" >&2; echo 125 >&9; exit 125; }
  shift
done
shift
trap : HUP INT QUIT TERM
exec 8>&2 2>/dev/null
(exec "$@" 2>&8 8>&- 9>&-)
echo $? >&9
`;

/** What every program of this machine may need; nothing else of the broker's own environment is passed on. */
const PASSED_ON = ['PATH', 'LANG', 'TZ'] as const;

export type Environment = Readonly<Record<string, string>>;

/** What the program finds in its environment. */
export function environmentOf(
  order: Order,
  ports: readonly PortAddress[],
  places: Places,
  installation: string,
  broker: Readonly<Record<string, string | undefined>>,
): Environment {
  const env: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = broker[name];
    if (value !== undefined) env[name] = value;
  }
  Object.assign(env, { HOME: places.work, TMPDIR: places.tmp }, order.env);
  for (const p of ports) env[portVariable(p.name)] = `${p.port}`;
  return { ...env, BERTH_INSTANCE_ID: order.tag, BERTH_INSTALLATION_ID: installation };
}

/** `BERTH_PORT_HTTP` for `http`. */
export const portVariable = (name: string): string => `BERTH_PORT_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

/** Fills `{{port.NAME}}` in. @throws BrokerError `refused-by-provider` for a port that the order does not have */
export function fillPorts(command: readonly string[], ports: readonly PortAddress[]): readonly string[] {
  return command.map((word) =>
    word.replaceAll(/\{\{port\.([^}]*)\}\}/g, (_, name: string) => {
      const port = ports.find((p) => p.name === name);
      if (port === undefined) {
        const known = ports.map((p) => p.name).join(', ') || 'none';
        throw refused(`the command names the port "${name}", which the class does not have (it has: ${known})`);
      }
      return `${port.port}`;
    }),
  );
}

/** Checked before anything is made, so that a mistake in a class is told as one and not as an instance that died. */
export function checkProgram(program: string | undefined, path: string): void {
  if (program === undefined || program === '') throw refused('the command is empty');
  const places = program.includes('/') ? [program] : path.split(delimiter).map((dir) => join(dir, program));
  if (places.some((p) => isAbsolute(p) && isProgram(p))) return;
  throw refused(
    program.includes('/')
      ? `the program "${program}" is not an executable file, or not given by its full path`
      : `the program "${program}" was not found in PATH; install it where the broker runs, or give its full path`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const refused = (message: string): BrokerError =>
  new BrokerError('refused-by-provider', message, { reason: 'BAD_COMMAND' });

export type Start = {
  readonly tag: InstanceId;
  readonly command: readonly string[];
  readonly env: Environment;
  readonly places: Places;
  readonly cgroups: readonly string[];
};

/**
 * Starts the wrapper in a session of its own. Output goes straight into the log file, so it goes on without the broker.
 * @throws BrokerError `no-capacity` when the machine has no room for a process, `refused-by-provider` otherwise
 */
export async function start(s: Start): Promise<ChildProcess & { readonly pid: number }> {
  const log = openSync(s.places.log, 'a', 0o600);
  try {
    const enter = s.cgroups.map((group) => join(group, 'cgroup.procs'));
    const child = spawn('/bin/sh', ['-c', WRAPPER, `berth-${s.tag}`, ...enter, '--', ...s.command], {
      cwd: s.places.work,
      env: s.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    const { pid } = child;
    if (pid === undefined) throw await new Promise((_, reject) => child.once('error', reject));
    return Object.assign(child, { pid });
  } catch (err) {
    throw startFailed(err);
  } finally {
    closeSync(log);
  }
}

function startFailed(err: unknown): BrokerError {
  const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown';
  const full = code === 'EAGAIN' || code === 'ENOMEM' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOSPC';
  return new BrokerError(
    full ? 'no-capacity' : 'refused-by-provider',
    full ? `the machine has no room for another process (${code})` : `the process cannot be started (${code})`,
    { reason: full ? 'MACHINE_FULL' : 'START_REFUSED' },
    { cause: err },
  );
}
