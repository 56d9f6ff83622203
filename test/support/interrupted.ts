import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { proxyProcesses } from './instance-processes.ts';

/** How a command ended. `left`: files in its temporary folder, and proxies that still run there. */
export type Interrupted = {
  readonly code: number | null;
  readonly written: string;
  readonly tookMs: number;
  readonly left: readonly unknown[];
};

/** A command, interrupted as whoever presses Ctrl-C does it: as soon as it has written a line that contains `seen`. */
export async function interruptedAt([program = '', ...args]: readonly string[], seen: string): Promise<Interrupted> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-demo-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH ?? '', TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
    // To a group of its own, as a terminal sends it.
    detached: true,
    timeout: 50_000,
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!written.includes(seen) && (written + text).includes(seen)) process.kill(-(child.pid ?? 0), 'SIGINT');
    written += text;
  });
  const begun = performance.now();
  const [code] = (await once(child, 'close')) as [number | null];
  const tookMs = performance.now() - begun;
  return { code, written, tookMs, left: [...(await readdir(dir)), ...proxyProcesses(dir)] };
}
