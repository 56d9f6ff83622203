import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { ALICE, engineBed, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const byId = (id: string) => ({ by: 'id', id }) as const;
const open = (engine: Engine, id: string, after = 0, signal = NEVER) =>
  engine.sessions.watch(ALICE, byId(id), after, signal)[Symbol.asyncIterator]();
const release = (bed: Bed, id: string) => bed.finish(bed.engine.sessions.release(ALICE, byId(id)));

/** Reads all there is until the stream ends. */
async function readAll(bed: Bed, engine: Engine, id: string, after = 0) {
  const states: { readonly phase: string; readonly revision: number }[] = [];
  const reading = (async () => {
    for await (const { session } of engine.sessions.watch(ALICE, byId(id), after, NEVER))
      states.push({ phase: session.phase, revision: session.revision });
  })();
  return { states, ended: () => bed.finish(reading) };
}

describe('watching a session', () => {
  it('tells the present state first, then each later one, and ends after released', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const { session } = await bed.acquire({ waitMs: 0 });
    const { states, ended } = await readAll(bed, bed.engine, session.id);
    await bed.until('it is seen to wait', () => states.length > 0);
    bed.world.knobs.soldOut = false;
    await bed.until('it is active', () => states.at(-1)?.phase === 'active');
    await release(bed, session.id);
    await ended();
    const phases = states.map((s) => s.phase);
    expect(phases[0]).toBe('queued');
    expect(phases.at(-1)).toBe('released');
    const order = ['queued', 'starting', 'active', 'releasing', 'released'];
    expect(phases).toEqual([...phases].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
    const revisions = states.map((s) => s.revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  });

  it('of one that has ended tells the last state and ends', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    await release(bed, session.id);
    await bed.until('it is released', async () => (await bed.peek(session.id))?.phase === 'released');
    const { states, ended } = await readAll(bed, bed.engine, session.id);
    await ended();
    expect(states.map((s) => s.phase)).toEqual(['released']);
    const again = await readAll(bed, bed.engine, session.id, states[0]?.revision);
    await again.ended();
    expect(again.states).toEqual([]);
  });

  it('leaves states out for a slow reader, but never the last, and tells that at once', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    const watch = open(bed.engine, session.id);
    await bed.finish(watch.next());
    for (let n = 0; n < 5; n++) {
      await bed.clock.advance(SECOND);
      await bed.finish(bed.engine.sessions.keepAlive(ALICE, byId(session.id)));
    }
    const next = await bed.finish(watch.next());
    expect(next.value?.session.revision).toBe(session.revision + 5);
    const waiting = watch.next();
    await release(bed, session.id);
    expect((await bed.finish(waiting)).value?.session.phase).toBe('releasing');
    await bed.until('it is released', async () => (await bed.peek(session.id))?.phase === 'released');
    const before = bed.clock.monotonic();
    expect((await bed.finish(watch.next())).value?.session.phase).toBe('released');
    expect(bed.clock.monotonic()).toBe(before);
    expect((await bed.finish(watch.next())).done).toBe(true);
  });

  it('goes on after a break from the revision that was seen last, on any replica', async () => {
    const bed = await engineBed();
    const second = await bed.replica({ mayLead: false });
    const { session } = await bed.acquire();
    const watch = open(second.engine, session.id, session.revision);
    const next = watch.next();
    await bed.clock.advance(2 * MINUTE);
    await bed.finish(bed.engine.sessions.keepAlive(ALICE, byId(session.id)));
    expect((await bed.finish(next)).value?.session.revision).toBe(session.revision + 1);
    await watch.return?.();
    const late = open(second.engine, session.id, session.revision);
    expect((await bed.finish(late.next())).value?.session.revision).toBe(session.revision + 1);
  });

  it('ends when the caller leaves, and holds nothing then', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    const sleeping = bed.clock.sleepers();
    const stop = new AbortController();
    const watch = open(bed.engine, session.id, 0, stop.signal);
    await bed.finish(watch.next());
    const next = watch.next();
    await bed.clock.settle();
    expect(bed.clock.sleepers()).toBe(sleeping + 1);
    stop.abort();
    await expect(bed.finish(next)).rejects.toMatchObject({ name: 'AbortError' });
    expect(bed.clock.sleepers()).toBe(sleeping);
  });

  it('shows the warning and its taking back', async () => {
    const bed = await engineBed({ classes: [aClass({ idleTimeoutMs: 2 * MINUTE })] });
    const { session } = await bed.acquire();
    const watch = open(bed.engine, session.id, session.revision);
    const warned = await bed.finish(watch.next(), 2 * MINUTE);
    expect(warned.value?.session).toMatchObject({ warning: { reason: 'idle' } });
    await bed.finish(bed.engine.sessions.keepAlive(ALICE, byId(session.id)));
    expect((await bed.finish(watch.next())).value?.session).toMatchObject({ warning: null });
  });

  it('of a name watches the session that has it now', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ name: 'lab' });
    const watch = bed.engine.sessions.watch(ALICE, { by: 'name', name: 'lab' }, 0, NEVER)[Symbol.asyncIterator]();
    expect((await bed.finish(watch.next())).value?.session.id).toBe(session.id);
  });
});
