import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADMIN, ALICE, engineBed, NEVER, OTHER } from '../support/engine-bed.ts';
import { ANY, line, list, loggedStore, told, watching } from '../support/event-log.ts';

describe('WatchEvents', () => {
  it('tells what is to come, in order, as the log has it', async () => {
    const bed = await engineBed();
    await bed.acquire();
    const { lastId } = await list(bed);
    const { seen } = watching(bed);
    await bed.clock.settle();
    const { session } = await bed.acquire();
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    const { events } = await list(bed, { afterId: lastId });
    await bed.until('all was told', () => seen.length >= events.length);
    expect(seen.slice(0, events.length)).toEqual(events);
  });

  it('begins after the event it is told, and leaves none out of thousands', async () => {
    const bed = await engineBed({ mayLead: false });
    const at = bed.clock.now();
    await bed.store.commit({ events: Array.from({ length: 2_500 }, (_, i) => line(at, `s-${i}`)) });
    const { seen } = watching(bed, {}, '0');
    for (let i = 2_500; i < 5_000; i++) await bed.store.commit({ events: [line(at, `s-${i}`)] });
    await bed.until('all was told', () => seen.length >= 5_000);
    expect(seen.map((e) => e.subject)).toEqual(Array.from({ length: 5_000 }, (_, i) => `s-${i}`));
  });

  it('passes on what passes the filter only', async () => {
    const bed = await engineBed();
    const { seen } = watching(bed, { kinds: ['session'], tenant: 'other' }, '0');
    await bed.acquire();
    await bed.acquire({}, OTHER);
    await bed.until('it was told', () => seen.some((e) => e.after === 'active'));
    expect(seen.map(told)).toEqual([
      'session >queued mallory',
      'session queued>starting queue',
      'session starting>active sessions',
    ]);
  });

  it('reads many commits at once, and nothing while nothing happens', async () => {
    const bed = await engineBed({ mayLead: false });
    const { state, wrapped } = loggedStore(bed.store);
    const second = await bed.replica({ store: wrapped, mayLead: false });
    const { seen } = watching(bed, {}, '0', second.engine);
    await bed.clock.settle();
    state.reads = 0;
    for (let burst = 0; burst < 10; burst++) {
      for (let i = 0; i < 100; i++) await bed.store.commit({ events: [line(bed.clock.now(), `s-${burst}-${i}`)] });
      await bed.clock.advance(10);
    }
    await bed.until('all was told', () => seen.length === 1_000);
    expect(state.reads).toBeLessThanOrEqual(4);
    const reads = state.reads;
    await bed.clock.advance(20 * SECOND);
    expect(state.reads - reads).toBeLessThanOrEqual(1);
  });

  it('goes on where it was when the store comes back', async () => {
    const bed = await engineBed({ mayLead: false });
    const { state, wrapped } = loggedStore(bed.store);
    const second = await bed.replica({ store: wrapped, mayLead: false });
    const { seen } = watching(bed, {}, '0', second.engine);
    await bed.store.commit({ events: [line(1, 's-1')] });
    await bed.until('the first was told', () => seen.length === 1);
    state.away = true;
    await bed.store.commit({ events: [line(2, 's-2')] });
    await bed.clock.advance(10 * SECOND);
    expect(seen).toHaveLength(1);
    state.away = false;
    await bed.store.commit({ events: [line(3, 's-3')] });
    await bed.until('the rest was told', () => seen.length === 3);
    expect(seen.map((e) => e.subject)).toEqual(['s-1', 's-2', 's-3']);
    state.away = true;
    await bed.clock.advance(MINUTE);
    const late = second.engine.admin.watchEvents(ADMIN, ANY, '', NEVER)[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('goes on with the oldest there is when what it had not read was dropped', async () => {
    const bed = await engineBed({ mayLead: false });
    const { state, wrapped } = loggedStore(bed.store);
    const second = await bed.replica({ store: wrapped, mayLead: false });
    const { seen } = watching(bed, {}, '0', second.engine);
    await bed.store.commit({ events: [line(1, 's-1')] });
    await bed.until('the first was told', () => seen.length === 1);
    state.away = true;
    await bed.store.commit({ events: Array.from({ length: 10 }, (_, i) => line(2, `s-${i + 2}`)) });
    const newest = await bed.store.events({ by: 'before', id: '', limit: 2 });
    await bed.store.trimEvents(newest[0]?.id ?? '');
    state.away = false;
    await bed.store.commit({ events: [line(3, 's-12')] });
    await bed.until('it goes on', () => seen.length === 4);
    expect(seen.map((e) => e.subject)).toEqual(['s-1', 's-10', 's-11', 's-12']);
  });

  it('ends with its signal, whether it reads, waits or is not yet asked', async () => {
    const bed = await engineBed();
    const idle = watching(bed);
    await bed.clock.settle();
    const sleepers = bed.clock.sleepers();
    idle.stop.abort();
    await bed.finish(idle.ended);
    expect(bed.clock.sleepers()).toBeLessThan(sleepers);
    const never = bed.engine.admin.watchEvents(ADMIN, ANY, '', AbortSignal.abort())[Symbol.asyncIterator]();
    expect((await never.next()).done).toBe(true);
    const left = bed.engine.admin.watchEvents(ADMIN, ANY, '0', NEVER)[Symbol.asyncIterator]();
    await bed.acquire();
    expect((await left.next()).done).toBe(false);
    expect(await left.return?.(undefined)).toEqual({ done: true, value: undefined });
  });
});
