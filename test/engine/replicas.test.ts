import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/domain/session.ts';
import { HOUR } from '../../src/domain/time.ts';
import { ALICE, engineBed } from '../support/engine-bed.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;

/** A session that is active, and a replica that has not heard of that yet. */
async function behind(bed: Bed) {
  const second = await bed.replica({ mayLead: false });
  bed.world.knobs.soldOut = true;
  const { session } = await bed.acquire({ waitMs: 0 });
  await bed.until('the other replica knows it', () => second.engine.mirror.session(session.id)?.phase === 'queued');
  await bed.clock.advance(1_000);
  bed.world.knobs.soldOut = false;
  await bed.acquire();
  await bed.until('it is active', async () => (await bed.peek(session.id))?.phase === 'active');
  const { engine } = second;
  const mirrored = (): Session['phase'] | undefined => engine.mirror.session(session.id)?.phase;
  return { engine, id: session.id, mirrored };
}

describe('a replica that is a moment behind', () => {
  it('extends a session that has just turned active', async () => {
    const bed = await engineBed();
    const { engine, id, mirrored } = await behind(bed);
    expect(mirrored()).not.toBe('active');
    const expireAt = bed.clock.now() + 2 * HOUR;
    const view = await bed.finish(engine.sessions.extend(ALICE, { by: 'id', id }, expireAt));
    expect(view.session).toMatchObject({ phase: 'active', expireAt });
  });

  it('keeps alive, shows and releases a session as it is', async () => {
    const bed = await engineBed();
    const { engine, id, mirrored } = await behind(bed);
    expect(mirrored()).not.toBe('active');
    const kept = await engine.sessions.keepAlive(ALICE, { by: 'id', id });
    expect(kept.session).toMatchObject({ phase: 'active', confirmBy: null });
    expect((await engine.sessions.get(ALICE, { by: 'id', id })).session.revision).toBe(kept.session.revision);
    await bed.finish(engine.sessions.release(ALICE, { by: 'id', id }));
    await bed.until('it is released', async () => (await bed.peek(id))?.phase === 'released');
    await expect(bed.finish(engine.sessions.keepAlive(ALICE, { by: 'id', id }))).rejects.toMatchObject({
      details: { reason: 'SESSION_ENDED' },
    });
  });
});
