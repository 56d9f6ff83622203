import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const DEMO = fileURLToPath(new URL('demo.ts', import.meta.url));

/** The demo, interrupted as soon as it has written a line that contains `seen`. */
async function interruptedAt(seen: string) {
  const dir = await mkdtemp(join(tmpdir(), 'berth-demo-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const child = spawn(process.execPath, [DEMO], {
    env: { PATH: process.env.PATH ?? '', TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 50_000,
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!written.includes(seen) && (written + text).includes(seen)) child.kill('SIGINT');
    written += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, written, left: await readdir(dir) };
}

it('ends at once and leaves nothing when it is interrupted while it still starts', async () => {
  const { code, written, left } = await interruptedAt('Starting a simulator');
  expect(written).toContain('Interrupted; everything was ended.');
  expect(written).not.toContain('What a session');
  expect({ code, left }).toEqual({ code: 130, left: [] });
}, 60_000);

it('ends what it has rented when it is interrupted while a session starts', async () => {
  const { code, written, left } = await interruptedAt('is being asked for');
  expect(written).not.toContain('Keeping one instance ready');
  expect({ code, left }).toEqual({ code: 130, left: [] });
}, 60_000);
