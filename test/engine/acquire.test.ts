import { describe, expect, it } from 'vitest';
import { engineBed } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

describe('acquiring', () => {
  it('starts an instance for a session that finds no reserve', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    expect(session).toMatchObject({ phase: 'active', fromReserve: false, attempts: 1, confirmBy: null });
    expect(bed.world.tags()).toHaveLength(1);
  });
  it('hands a reserve member out at once', async () => {
    const reserve = { ...aClass().reserve, target: 2 };
    const bed = await engineBed({ classes: [aClass({ reserve })] });
    await bed.until('two are ready', () => bed.ready() === 2);
    const { session } = await bed.acquire({ waitMs: 0 });
    expect(session).toMatchObject({ phase: 'active', fromReserve: true, confirmBy: null });
  });
});
