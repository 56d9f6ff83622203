import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const HEAP = join(import.meta.dirname, '../../src/cli/heap.ts');

/** Fills the heap and drops most of it again, keeping some of every page, then is idle; tells its memory before and
 *  after [MB]. V8 by itself would not look before 8 s, and keeps such pages for longer. */
const PROGRAM = `
import { giveMemoryBack } from ${JSON.stringify(HEAP)};
const resident = () => process.memoryUsage().rss / 1e6;
const kept = [];
for (let i = 0; i < 3_000_000; i++) kept[(i * 7919) % 400_000] = { i, pair: [i, i + 1], text: 'x' + i };
const full = resident();
kept.length = 50_000;
giveMemoryBack(100);
const deadline = performance.now() + 6_000;
let left = resident();
while (left > full / 2 && performance.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  left = resident();
}
console.log(JSON.stringify({ full, left }));
`;

describe('giveMemoryBack', () => {
  it('leaves an idle process at less than half of what its busy time took, and lets it end', async () => {
    const program = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    program.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const [code] = await once(program, 'close');
    expect(code).toBe(0);
    const { full, left } = JSON.parse(out) as { full: number; left: number };
    expect(left).toBeLessThan(full / 2);
  }, 40_000);
});
