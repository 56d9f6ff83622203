import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { proxyProcesses } from '../support/instance-processes.ts';
import { berthCommand } from '../support/run-cli.ts';

/** The demo, interrupted as whoever presses Ctrl-C does it: as soon as it has written a line that contains `seen`. */
async function interruptedAt(seen: string) {
  const dir = await mkdtemp(join(tmpdir(), 'berth-demo-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const [program = '', ...args] = berthCommand(['demo']);
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

it.each(['Starting a broker', 'it serves gRPC', 'Keeping two instances ready', 'A session from the reserve'])(
  'ends soon and leaves nothing when it is interrupted at "%s"',
  async (seen) => {
    const { code, written, tookMs, left } = await interruptedAt(seen);
    expect(written).toContain('Interrupted; everything was ended.');
    expect({ code, left }).toEqual({ code: 130, left: [] });
    // Not as long as a call waits for a broker that has gone.
    expect(tookMs).toBeLessThan(20_000);
  },
  60_000,
);
