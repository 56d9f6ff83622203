import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import type { Mark, Seen } from '../../src/ports/compute-provider.ts';
import { ADMIN, ALICE, type BedOptions, type EngineBed, engineBed } from '../support/engine-bed.ts';
import { list } from '../support/event-log.ts';
import { ADDRESSES, instanceId } from '../support/fixtures.ts';

const STARTING: Seen = { status: 'starting', detail: 'pulling' };
const MARK: Mark = { class: 'echo', recipe: 'recipe-1', reserve: true };
const TAG = instanceId(7);

/** With a reserve of one that cannot be had anew: what is planted is all there is. */
async function soldOut(o: BedOptions = {}): Promise<EngineBed> {
  const b = await engineBed(o);
  b.world.knobs.soldOut = true;
  await b.finish(b.engine.admin.setReserve(ADMIN, 'echo', 1));
  return b;
}

describe('A stranger with our tag that was made for the reserve and is still starting', () => {
  it('is taken over, counts, and serves the next session', async () => {
    const b = await soldOut();
    b.world.plant(TAG, 'costless', STARTING, MARK, 900_000);
    await b.until('it has a record', () => b.engine.mirror.instance(TAG)?.phase === 'booting');
    expect(b.engine.mirror.instance(TAG)).toMatchObject({ for: null, microsPerHour: 900_000, class: 'echo' });
    expect(await b.store.counters(['instances/costless', 'spending/costless'])).toEqual([1, 900_000]);
    b.world.show(TAG, { status: 'running', addresses: ADDRESSES });
    await b.until('it is ready', () => b.ready() === 1);
    const { session } = await b.acquire();
    expect(session).toMatchObject({ phase: 'active', fromReserve: true, instance: { id: TAG } });
    expect(b.world.calls.destroy).toBe(0);
  });

  it.each<[string, Seen, Partial<Mark>]>([
    ['runs already: it may have had a tenant', { status: 'running', addresses: ADDRESSES }, {}],
    ['has ended', { status: 'exited', detail: 'code 1' }, {}],
    ['was made for a session', STARTING, { reserve: false }],
    ['is of a class that is not configured', STARTING, { class: 'other' }],
    ['was made from what its class no longer is', STARTING, { recipe: 'recipe-0' }],
  ])('is ended instead where it %s', async (_, seen, mark) => {
    const b = await soldOut();
    b.world.plant(TAG, 'costless', seen, { ...MARK, ...mark });
    await b.until('it is ended', () => b.world.held.size === 0);
    expect(b.engine.mirror.instance(TAG)).toBeUndefined();
  });

  it('is ended instead where it would pass a cap, and nothing is counted', async () => {
    const b = await soldOut({ maxMicrosPerHour: 1_000_000 });
    b.world.plant(TAG, 'costless', STARTING, MARK, 1_000_001);
    await b.until('it is ended', () => b.world.held.size === 0);
    expect(await b.store.counters(['instances/costless', 'spending/costless'])).toEqual([0, 0]);
  });

  it('is ended instead where a session has had it, that comes back after it was proven gone', async () => {
    const b = await engineBed();
    await b.finish(b.engine.admin.setReserve(ADMIN, 'echo', 1));
    await b.until('it is ready', () => b.ready() === 1);
    const [id = TAG] = b.world.tags();
    const order = b.world.orderOf(id);
    b.world.knobs.soldOut = true;
    const { session } = await b.acquire();
    expect(session).toMatchObject({ fromReserve: true, instance: { id } });
    await b.finish(b.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await b.until('it is gone', () => b.engine.mirror.size('instance') === 0);
    b.world.plant(id, 'costless', STARTING, order?.mark);
    await b.until('it is ended', () => b.world.held.size === 0);
  });

  it('is ended instead where nothing may be rented', async () => {
    const b = await soldOut();
    await b.finish(b.engine.admin.setRenting(ADMIN, false, 'a drill'));
    b.world.plant(TAG, 'costless', STARTING, MARK);
    await b.until('it is ended', () => b.world.held.size === 0);
  });

  it('is given back as surplus where no reserve wants it', async () => {
    const b = await engineBed();
    b.world.plant(TAG, 'costless', STARTING, MARK);
    await b.until('it is ended', () => b.world.held.size === 0, MINUTE);
    await b.until(
      'nothing is left of it',
      () => b.engine.mirror.size('instance') + b.engine.mirror.size('proxy') === 0,
    );
    const { events } = await list(b, {}, { kinds: ['instance'] });
    expect(events.map((e) => [e.subject, e.after, e.reason])).toEqual([
      [TAG, 'booting', ''],
      [TAG, 'destroying', 'surplus'],
      [TAG, 'gone', 'surplus'],
    ]);
  });
});
