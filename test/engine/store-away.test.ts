import { describe, expect, it } from 'vitest';
import { BrokerError, isBrokerError } from '../../src/domain/errors.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Commit, Store } from '../../src/ports/store.ts';
import { ADMIN, ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const lost = () => new BrokerError('outcome-unknown', 'the answer was lost');
const away = () => new BrokerError('unavailable', 'the store is away', { retryAfterMs: 1_000 });
const byId = (id: string) => ({ by: 'id', id }) as const;

/** A replica that leads over a store of which `fault` decides what happens to each commit. */
async function leadOver(bed: Bed, fault: (c: Commit) => 'lose-answer' | 'refuse' | null) {
  const state = { away: false };
  const through = <T>(call: () => Promise<T>): Promise<T> => (state.away ? Promise.reject(away()) : call());
  const store: Store = {
    ...bed.store,
    read: (keys) => through(() => bed.store.read(keys)),
    range: (set, range) => through(() => bed.store.range(set, range)),
    async commit(c) {
      const what = state.away ? 'refuse' : fault(c);
      if (what === 'refuse') throw away();
      const result = await bed.store.commit(c);
      if (what === 'lose-answer' && result.committed) throw lost();
      return result;
    },
  };
  const replica = await bed.replica({ mayLead: true, store });
  await bed.until('it leads', () => replica.engine.isLeading());
  return { ...replica, state };
}

const writes = (c: Commit, prefix: string): boolean =>
  [...(c.put ?? []), ...(c.drop ?? []), ...(c.oneOf ?? []).flatMap((o) => o.put ?? [])].some((p) =>
    p.key.startsWith(prefix),
  );

describe('a commit whose answer is lost', () => {
  it.each(['session/', 'instance/', 'proxy/'])('is taken in as made, when it wrote a %s', async (prefix) => {
    const bed = await engineBed({ mayLead: false });
    // Each step in the life of such a record loses its answer once.
    const seen = new Set<number>();
    const { engine } = await leadOver(bed, (c) => {
      const step = [...(c.put ?? []), ...(c.drop ?? [])].find((p) => p.key.startsWith(prefix))?.was;
      if (step === undefined || seen.has(step)) return null;
      seen.add(step);
      return 'lose-answer';
    });
    /** As clients do: what is unavailable is called again as it is. */
    const persist = async <T>(call: () => Promise<T>): Promise<T> => {
      for (let tries = 0; ; tries++) {
        try {
          return await bed.finish(call(), 5 * MINUTE);
        } catch (err) {
          if (!isBrokerError(err, 'unavailable') || tries > 5) throw err;
        }
      }
    };
    const ask = input({ requestId: 'once' });
    const view = await persist(() => engine.sessions.acquire(ALICE, ask, NEVER));
    expect(view.session.phase).toBe('active');
    expect(bed.world.tags()).toHaveLength(1);
    await persist(() => engine.sessions.release(ALICE, byId(view.session.id)));
    await bed.until(
      'nothing is left',
      () => engine.mirror.size('instance') + engine.mirror.size('proxy') === 0,
      5 * MINUTE,
    );
    await bed.until('it is released', async () => (await bed.peek(view.session.id))?.phase === 'released');
    expect(engine.mirror.size('session')).toBe(0);
    expect(bed.world.tags()).toEqual([]);
    expect(bed.world.calls.create).toBe(1);
    expect(await bed.store.counters(['instances/costless'])).toEqual([0]);
    expect(seen.size).toBeGreaterThan(2);
  });

  it('of a claim is answered in the same call: the idempotency key tells', async () => {
    const bed = await engineBed({ mayLead: false, classes: [aClass({ reserve: { ...aClass().reserve, target: 2 } })] });
    let losses = 0;
    const { engine } = await leadOver(bed, (c) => (writes(c, 'request/') && ++losses === 1 ? 'lose-answer' : null));
    await bed.until('two are ready', () => engine.mirror.pool.size('echo') === 2);
    const { session } = await bed.finish(engine.sessions.acquire(ALICE, input({ requestId: 'once' }), NEVER));
    expect(session).toMatchObject({ phase: 'active', fromReserve: true, requestId: 'once' });
    expect(losses).toBe(1);
    await bed.until('it is refilled', () => engine.mirror.pool.size('echo') === 2);
    await bed.until('the claim is known', () => engine.mirror.phases('instance').get('bound') === 1);
  });

  it('of an admin’s word on the reserve holds, and is answered as unclear', async () => {
    const bed = await engineBed({ mayLead: false });
    const { engine } = await leadOver(bed, (c) => (writes(c, 'reserve/') ? 'lose-answer' : null));
    await expect(bed.finish(engine.admin.setReserve(ADMIN, 'echo', 2))).rejects.toMatchObject({
      code: 'unavailable',
      details: { reason: 'STORE_UNCLEAR' },
    });
    await bed.until('two are ready', () => engine.mirror.pool.size('echo') === 2);
  });
});

describe('a store that is away', () => {
  it('refuses calls as unavailable, ends nothing, and all goes on when it is back', async () => {
    const bed = await engineBed({ mayLead: false, classes: [aClass({ reserve: { ...aClass().reserve, target: 2 } })] });
    const { engine, state } = await leadOver(bed, () => null);
    await bed.until('two are ready', () => engine.mirror.pool.size('echo') === 2);
    const { session } = await bed.finish(engine.sessions.acquire(ALICE, input(), NEVER));
    await bed.until('two are ready', () => engine.mirror.pool.size('echo') === 2);
    const waiting = engine.sessions
      .watch(ALICE, byId(session.id), session.revision, NEVER)
      [Symbol.asyncIterator]()
      .next();
    const before = bed.world.tags();
    state.away = true;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => engine.sessions.acquire(ALICE, input(), NEVER),
      () => engine.sessions.get(ALICE, byId(session.id)),
      () => engine.sessions.keepAlive(ALICE, byId(session.id)),
      () => engine.sessions.release(ALICE, byId(session.id)),
      () => engine.admin.setReserve(ADMIN, 'echo', 9),
    ];
    const at = bed.clock.monotonic();
    for (const call of calls) await expect(bed.finish(call())).rejects.toMatchObject({ code: 'unavailable' });
    expect(bed.clock.monotonic()).toBe(at);
    await bed.clock.advance(30 * SECOND);
    expect(bed.world.tags()).toEqual(before);
    state.away = false;
    await bed.until('it leads again', () => engine.isLeading());
    await bed.finish(engine.sessions.keepAlive(ALICE, byId(session.id)));
    expect((await bed.finish(waiting)).value?.session.revision).toBe(session.revision + 1);
    const next = await bed.finish(engine.sessions.acquire(ALICE, input(), NEVER));
    expect(next.session).toMatchObject({ phase: 'active', fromReserve: true });
    await bed.finish(engine.sessions.release(ALICE, byId(session.id)));
    await bed.until('it is released', async () => (await bed.peek(session.id))?.phase === 'released');
  });

  it('for a few seconds changes nothing but the time', async () => {
    const bed = await engineBed({ mayLead: false });
    const { engine, state } = await leadOver(bed, () => null);
    bed.world.knobs.bootSlowly = true;
    const call = engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.until('it boots', () => engine.mirror.phases('instance').get('booting') === 1);
    state.away = true;
    for (const tag of bed.world.tags()) bed.world.boot(tag);
    await bed.clock.advance(5 * SECOND);
    state.away = false;
    expect((await bed.finish(call)).session).toMatchObject({ phase: 'active', attempts: 1 });
    expect(engine.isLeading()).toBe(true);
  });

  it('rents nothing whose intent could not be written', async () => {
    const bed = await engineBed({ mayLead: false });
    const { engine } = await leadOver(bed, (c) => (writes(c, 'instance/') ? 'refuse' : null));
    await bed.finish(engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER));
    await bed.clock.advance(30 * SECOND);
    expect(bed.world.calls.create).toBe(0);
  });
});
