import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Every process of an instance carries this, with the simulator that it belongs to: its pid and when that started. */
export const MARK = 'VAST_SIMULATOR';

/** Clock ticks since the machine's start, so that a pid that is used again is not taken for the old one; null: gone. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

let count = 0;

/** Of one simulator; a process may run several. */
export const newMark = (): string => `${process.pid}-${startOf(process.pid)}-${++count}`;

/** All living processes that carry a simulator's mark. */
export function marked(): readonly { readonly pid: number; readonly mark: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    const mark = /^\d+$/.test(name) ? markOf(Number(name)) : null;
    return mark === null ? [] : [{ pid: Number(name), mark }];
  });
}

function markOf(pid: number): string | null {
  try {
    const entry = readFileSync(`/proc/${pid}/environ`, 'latin1')
      .split('\0')
      .find((e) => e.startsWith(`${MARK}=`));
    return entry === undefined || startOf(pid) === null ? null : entry.slice(MARK.length + 1);
  } catch {
    // Not ours to read, or it ended between two reads.
    return null;
  }
}

/** Ends what simulators have left that were killed; those that live are left alone. @returns how many */
export function sweepOrphans(): number {
  const orphans = marked().filter(({ mark }) => {
    const [pid, start] = mark.split('-');
    return startOf(Number(pid)) !== start;
  });
  for (const { pid } of orphans) killNow(pid);
  return orphans.length;
}

/** Ends every process of one simulator, also one that has left its process group. */
export function sweepOwn(mark: string): void {
  for (const m of marked()) if (m.mark === mark) killNow(m.pid);
}

/** @param target negative: a process group */
export function killNow(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Reads until the simulator is gone, however it went, and then ends what carries its mark. */
const GUARD = `cat >/dev/null
for round in 1 2 3; do
  for file in $(grep -lzxF "$0" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}; kill -9 "\${pid%/environ}" 2>/dev/null
  done
done`;

/** A process that outlives a killed simulator by a moment. */
export function startGuard(mark: string): { stop(): Promise<void> } {
  const { PATH = '' } = process.env;
  const guard: ChildProcess = spawn('/bin/sh', ['-c', GUARD, `${MARK}=${mark}`], {
    detached: true,
    env: { PATH },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve());
    guard.once('error', () => resolve());
  });
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  return {
    stop() {
      if (guard.pid !== undefined) killNow(-guard.pid);
      guard.ref();
      return ended;
    },
  };
}
