import { readdirSync, readFileSync } from 'node:fs';

/** One process as the kernel sees it. */
export type ProcStat = {
  readonly pid: number;
  /** `Z` and `X`: it has ended and only waits to be collected. */
  readonly state: string;
  readonly group: number;
  readonly session: number;
  /** Ticks since the machine started; with the pid and the boot id it names a process for good. */
  readonly startTime: string;
};

/** null: no such process. Read synchronously: /proc is memory, and a thread hop costs more than the read. */
export function procStat(pid: number): ProcStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = 'X', , group = '0', session = '0'] = fields;
  return { pid, state, group: Number(group), session: Number(session), startTime: fields[19] ?? '' };
}

export const hasEnded = (s: ProcStat | null): boolean => s === null || s.state === 'Z' || s.state === 'X';

/** Whether `pid` still is the process that began at `startTime`, and runs. */
export function runs(pid: number, startTime: string): boolean {
  const stat = procStat(pid);
  return !hasEnded(stat) && stat?.startTime === startTime;
}

/** Changes with every start of the machine: a pid and start time of another boot name nothing. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

/** Every process that lives, with its first environment, where that may be read. */
export type Scanned = ProcStat & { readonly environ: string };

/**
 * Every living process of this machine. About 30 µs a process, so it is done once for all who need it, and gives
 * the event loop back between slices.
 * @param wanted checked first, so that the environment is read of candidates only
 */
export async function scanProcesses(wanted: (s: ProcStat) => boolean = () => true): Promise<readonly Scanned[]> {
  const found: Scanned[] = [];
  let slice = 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    if (++slice % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    const stat = procStat(pid);
    if (stat === null || hasEnded(stat) || !wanted(stat)) continue;
    found.push({ ...stat, environ: environOf(pid) });
  }
  return found;
}

/** As given to the program at its start, entries between NULs, one before the first and after the last. Empty when
 *  it may not be read. */
function environOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`;
  } catch {
    return '';
  }
}

/** Sends a signal; false: there was nothing to send it to. @param pid negative: to a process group */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
