import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Clock } from '../../ports/clock.ts';
import type { Places } from './record.ts';

/** A killed process is gone after this, or something is very wrong [ms]. */
const GONE_MS = 5_000;

/**
 * The master that runs in this home; null: none does. A pid alone is no proof, the working directory is. Debian's nginx
 * writes the pid before its process leads a group of its own and minds signals; its title comes after that.
 */
export function masterOf(places: Places): number | null {
  const pid = Number(read(places.pid).trim());
  if (!Number.isInteger(pid) || pid <= 0 || !runsIn(pid, places.home)) return null;
  return read(`/proc/${pid}/cmdline`).startsWith('nginx: master') ? pid : null;
}

/** How many workers of a master take connections; those that only finish what they have say so in their names. */
export function workersOf(master: number): number {
  const children = read(`/proc/${master}/task/${master}/children`).trim().split(' ');
  return children.filter((pid) => /^nginx: worker process\0*$/.test(read(`/proc/${pid}/cmdline`).trimEnd())).length;
}

/** Every process of nginx that runs in this home, also those whose master has died. Looks through all of /proc. */
export function processesOf(places: Places): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && runsIn(pid, places.home) && isNginx(pid));
}

/** Somebody's shell may stand in the directory, too. Nginx names its processes; a new one shows its arguments. */
const isNginx = (pid: number): boolean => /^(nginx: |[^\0]*nginx\0-p\0)/.test(read(`/proc/${pid}/cmdline`));

function runsIn(pid: number, home: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return (cwd === home || cwd === `${home} (deleted)`) && !hasEnded(pid);
  } catch {
    return false;
  }
}

/** One that waits to be collected does nothing any more. */
function hasEnded(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may hold anything.
  return stat === '' || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** Empty when it cannot be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** @param pid negative: a process group. false: there was nothing to send it to */
export function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/**
 * Ends all of nginx in this home, at once: it has nothing to lose. Resolves when none is left.
 * @param alone whether its master was never started again, so that all of it is one process group
 */
export async function endAll(places: Places, alone: boolean, clock: Clock, signal: AbortSignal): Promise<void> {
  const master = masterOf(places);
  const group = alone ? master : null;
  const deadline = clock.monotonic() + GONE_MS;
  if (group !== null) signalTo(-group, 'SIGKILL');
  for (;;) {
    await clock.sleep(2, signal);
    if (group !== null && !signalTo(-group, 0)) return;
    const left = processesOf(places);
    if (left.length === 0) return;
    if (clock.monotonic() > deadline) throw new Error(`nginx cannot be ended: ${left.join(', ')}`);
    for (const pid of left) signalTo(pid, 'SIGKILL');
  }
}

/** The workers of a master that died: they take no new connections, finish those they have, and end. */
export function dismiss(places: Places): void {
  for (const pid of processesOf(places)) signalTo(pid, 'SIGQUIT');
}
