import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { interruptedAt } from '../../support/interrupted.ts';

const DEMO = [process.execPath, fileURLToPath(new URL('demo.ts', import.meta.url))];

it('ends at once and leaves nothing when it is interrupted while it still starts', async () => {
  const { code, written, left } = await interruptedAt(DEMO, 'Starting a simulator');
  expect(written).toContain('Interrupted; everything was ended.');
  expect(written).not.toContain('What a session');
  expect({ code, left }).toEqual({ code: 130, left: [] });
}, 60_000);

it('ends what it has rented when it is interrupted while a session starts', async () => {
  const { code, written, left } = await interruptedAt(DEMO, 'is being asked for');
  expect(written).not.toContain('Keeping one instance ready');
  expect({ code, left }).toEqual({ code: 130, left: [] });
}, 60_000);
