import { describe, expect, it } from 'vitest';
import { ADMIN, ALICE, type BedOptions, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { list } from '../support/event-log.ts';
import { aClass } from '../support/fixtures.ts';

async function bed(o: BedOptions = {}) {
  const made = await engineBed(o);
  const turn = (on: boolean, why = 'a drill') => made.finish(made.engine.admin.setRenting(ADMIN, on, why));
  const status = () => made.finish(made.engine.admin.status(ADMIN));
  const waiting = async (id: string) => {
    const { session } = await made.get(id);
    return session.phase === 'queued' ? session : null;
  };
  return { ...made, turn, status, waiting };
}
const OFF = 'renting is off: a drill (by root)';

describe('With renting off', () => {
  it('a session waits and is told by whom, and has its instance as soon as it is on again', async () => {
    const b = await bed();
    expect(await b.turn(false)).toEqual({ on: false, by: 'root', at: b.clock.now(), why: 'a drill' });
    expect((await b.status()).renting).toMatchObject({ on: false, by: 'root', why: 'a drill' });
    const { session } = await b.acquire({ waitMs: 0 });
    await b.until('it is told', async () => (await b.waiting(session.id))?.waitingFor === OFF);
    expect(b.world.calls.create).toBe(0);
    await b.turn(true, '');
    await b.until('it is active', async () => (await b.get(session.id)).session.phase === 'active', 1_000);
    expect((await b.get(session.id)).session.attempts).toBe(1);
  });

  it('a session is told no time to go, though its class has started before', async () => {
    const b = await bed();
    const { session: before } = await b.acquire();
    expect(before.phase).toBe('active');
    // How long it took is known from then on.
    await b.clock.advance(20_000);
    await b.turn(false);
    const { session } = await b.acquire({ waitMs: 0 });
    await b.until('it is told', async () => (await b.waiting(session.id))?.waitingFor === OFF);
    expect(await b.get(session.id)).toMatchObject({ queuePosition: 1, expectedActiveAt: null });
  });

  it('claims, releases and what runs go on, and the reserve is not refilled', async () => {
    const b = await bed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 2 } })] });
    await b.until('the reserve is full', () => b.ready() === 2);
    const created = b.world.calls.create;
    await b.turn(false);
    const { session } = await b.acquire();
    expect(session).toMatchObject({ phase: 'active', fromReserve: true });
    await b.clock.advance(20_000);
    expect(b.ready()).toBe(1);
    expect(await b.finish(b.engine.admin.reserves(ADMIN, 'echo'))).toMatchObject([{ lastFailure: OFF, failures: 0 }]);
    await b.finish(b.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await b.until('its instance is gone', () => b.world.held.size === 1);
    expect(b.world.calls.create).toBe(created);
    await b.turn(true);
    await b.until('the reserve is full again', () => b.ready() === 2);
  });

  it('nothing is asked of the provider any more that was only intended, and its session waits without a lost attempt', async () => {
    const b = await bed({ limits: { createEveryMs: 60_000 } });
    b.world.knobs.bootSlowly = true;
    const first = await b.acquire({ waitMs: 0 });
    const second = await b.acquire({ waitMs: 0 });
    await b.until('one is asked for and one waits for its turn', () => {
      const { requested = 0, booting = 0, intended = 0 } = b.phases('instance');
      return requested + booting === 1 && intended === 1;
    });
    await b.turn(false);
    const held = b.world.tags();
    await b.until('the other one waits', async () =>
      [await b.waiting(first.session.id), await b.waiting(second.session.id)].some(
        (s) => s?.waitingFor === OFF && s.attempts === 0,
      ),
    );
    expect(b.phases('instance').intended).toBeUndefined();
    await b.clock.advance(90_000);
    expect(b.world.tags()).toEqual(held);
    expect(b.world.calls.create).toBe(1);
  });

  it('two hundred sessions that start at once rent nothing more from the moment it is answered', async () => {
    const b = await bed({ limits: { createEveryMs: 20 }, maxInstances: 200 });
    b.world.knobs.bootSlowly = true;
    await b.finish(
      Promise.all(Array.from({ length: 200 }, () => b.engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER))),
    );
    await b.until('some are under way', () => b.world.calls.create >= 20);
    await b.turn(false);
    const { create } = b.world.calls;
    expect(create).toBeLessThan(200);
    await b.until('all others wait', () => {
      const { queued = 0, starting = 0 } = b.phases('session');
      return queued + starting === 200 && starting === create;
    });
    await b.clock.advance(30_000);
    expect(b.world.calls.create).toBe(create);
    expect(b.phases('instance')).toEqual({ booting: create });
    expect(await b.store.counters(['instances/costless'])).toEqual([create]);
    const attempts = [...b.engine.mirror.all('session')].filter((s) => s.phase === 'queued').map((s) => s.attempts);
    expect(new Set(attempts)).toEqual(new Set([0]));
  });
});

describe('The switch of renting', () => {
  it('stays as it is over a restart, and is seen by every replica', async () => {
    const b = await bed();
    const other = await b.replica({ mayLead: false });
    await b.turn(false);
    await b.until('the other one knows', async () => !(await other.engine.admin.status(ADMIN)).renting.on);
    await b.first.stop();
    const second = await b.replica();
    await b.until('another leads', () => second.engine.isLeading());
    expect((await b.finish(second.engine.admin.status(ADMIN))).renting).toMatchObject({ on: false, why: 'a drill' });
    const { session } = await b.finish(second.engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER));
    await b.until('it is told', async () => {
      const got = await b.finish(second.engine.sessions.get(ALICE, { by: 'id', id: session.id }));
      return got.session.phase === 'queued' && got.session.waitingFor === OFF;
    });
    expect(b.world.calls.create).toBe(0);
  });

  it('can be turned at a replica that does not lead: the leader intends nothing that it has not heard of', async () => {
    const b = await bed();
    const other = await b.replica({ mayLead: false });
    await b.finish(other.engine.admin.setRenting(ADMIN, false, 'a drill'));
    const { session } = await b.acquire({ waitMs: 0 });
    await b.until('it is told', async () => (await b.waiting(session.id))?.waitingFor === OFF);
    expect(b.world.calls.create).toBe(0);
  });

  it('is for admins, and leaves a line in the event log', async () => {
    const b = await bed();
    await expect(b.finish(b.engine.admin.setRenting(ALICE, false, 'mine'))).rejects.toMatchObject({ code: 'denied' });
    await b.turn(false);
    await b.turn(true, '');
    const { events } = await list(b, {}, { kinds: ['renting'] });
    expect(events.map((e) => [e.kind, e.actor, e.before, e.after, e.detail])).toEqual([
      ['renting', 'root', null, 'off', 'a drill'],
      ['renting', 'root', 'off', 'on', ''],
    ]);
  });
});
