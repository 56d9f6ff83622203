import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { SessionView } from '../../src/engine/use-cases.ts';
import type { Commit, Store } from '../../src/ports/store.ts';
import { type EngineBed, engineBed, OTHER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

const phaseOf = async (bed: EngineBed, view: SessionView) => (await bed.peek(view.session.id))?.phase;
const waiting = { waitMs: 0, queueTimeoutMs: HOUR };

/** The store, with its commits held up where `isHeld` says so. */
const heldStore = (store: Store, isHeld: (c: Commit) => boolean, until: Promise<void>): Store => ({
  ...store,
  async commit(c) {
    if (isHeld(c)) await until;
    return store.commit(c);
  },
});

describe('a queue', () => {
  it('gives a member that becomes ready while it is gone through to the first in line', async () => {
    const reserve = { ...aClass().reserve, target: 1 };
    const bed = await engineBed({ mayLead: false, classes: [aClass({ reserve })] });
    const gate = Promise.withResolvers<void>();
    let told = 0;
    const isHeld = (c: Commit): boolean => JSON.stringify(c.put ?? []).includes('has nothing with') && ++told === 3;
    bed.world.knobs.bootSlowly = true;
    const { engine } = await bed.replica({ mayLead: true, store: heldStore(bed.store, isHeld, gate.promise) });
    await bed.until('it leads', () => engine.isLeading());
    const tag = await bed.until('a member boots', () => bed.world.tags()[0] ?? null);
    bed.world.knobs.soldOut = true;
    const views: SessionView[] = [];
    for (let n = 0; n < 6; n++) views.push(await bed.acquire(waiting));
    await bed.until('the third is being told', () => told >= 3);
    bed.world.boot(tag);
    await bed.until('the member is ready', () => engine.mirror.pool.size('echo') === 1);
    gate.resolve();
    await bed.until('the member is taken', () => bed.phases('instance').bound === 1);
    const phases = await Promise.all(views.map((view) => phaseOf(bed, view)));
    expect(phases).toEqual(['active', 'queued', 'queued', 'queued', 'queued', 'queued']);
  });

  it('says at the end what was refused by which rule, however far back one was', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    await bed.acquire({}, OTHER);
    const views: SessionView[] = [];
    for (let n = 0; n < 120; n++) views.push(await bed.acquire({ waitMs: 0, queueTimeoutMs: MINUTE }));
    await bed.clock.advance(MINUTE + 2 * SECOND);
    for (const view of views)
      expect(await bed.peek(view.session.id)).toMatchObject({ why: 'queue-timeout', refused: { cap: 1 } });
  });
});
