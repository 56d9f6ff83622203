import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

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

/** One process of an nginx that berth has made. */
export type ProxyProcess = { readonly pid: number; readonly proxy: string; readonly leads: boolean };
type Nginx = { readonly pid: number; readonly parent: number; readonly proxy: string; readonly title: string };

/** Every living nginx whose directory is, or was, in `dir`. */
export function proxyProcesses(dir: string): readonly ProxyProcess[] {
  const found: Nginx[] = [];
  for (const name of readdirSync('/proc')) {
    const process = /^\d+$/.test(name) ? nginxIn(dir, Number(name)) : null;
    if (process !== null) found.push(process);
  }
  // A worker that was forked a moment ago still has its master's title.
  const isForked = (n: Nginx): boolean => found.some((other) => other.pid === n.parent);
  return found.map((n) => ({
    pid: n.pid,
    proxy: n.proxy,
    leads: n.title.startsWith('nginx: master') && !isForked(n),
  }));
}

function nginxIn(dir: string, pid: number): Nginx | null {
  try {
    const home = readlinkSync(`/proc/${pid}/cwd`);
    const title = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (!home.startsWith(`${dir}/`) || !title.includes('nginx') || state === 'Z' || state === 'X') return null;
    return { pid, parent: Number(parent), proxy: home.slice(dir.length + 1).replace(' (deleted)', ''), title };
  } catch {
    return null;
  }
}

/** Ends what a failed test left: the instances of one installation and the proxies of one folder, by pid. */
export function endEverything(installation: string, proxies: string): void {
  for (let round = 0; round < 20; round++) {
    const left = [...instanceProcesses(installation), ...proxyProcesses(proxies)];
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
