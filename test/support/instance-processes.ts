import { readdirSync, readFileSync } from 'node:fs';

/** One process that carries an installation's mark, as /proc has it. */
export type InstanceProcess = { readonly pid: number; readonly instance: string; readonly leads: boolean };

/** Every living process of an installation's instances. Read from /proc, independently of how berth looks for them. */
export function instanceProcesses(installation: string): readonly InstanceProcess[] {
  const found: InstanceProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const process = lookAt(Number(name), installation);
    if (process !== null) found.push(process);
  }
  return found;
}

function lookAt(pid: number, installation: string): InstanceProcess | null {
  try {
    const environ = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    if (!environ.includes(`BERTH_INSTALLATION_ID=${installation}`)) return null;
    const instance = environ.find((entry) => entry.startsWith('BERTH_INSTANCE_ID='))?.slice(18);
    // The broker itself has the installation's id too, but no instance's.
    if (instance === undefined) return null;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : { pid, instance, leads: Number(session) === pid };
  } catch {
    // It ended between two reads.
    return null;
  }
}

/** Ends what a failed test left. The instances of one installation only, by pid. */
export function endInstances(installation: string): void {
  for (let round = 0; round < 20; round++) {
    const left = instanceProcesses(installation);
    if (left.length === 0) return;
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  }
}
