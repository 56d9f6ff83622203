import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADMIN, type BedOptions, engineBed, input, NEVER } from '../support/engine-bed.ts';

const DOLLAR = 1_000_000;

async function bed(o: BedOptions = {}) {
  const made = await engineBed({ maxMicrosPerHour: 5 * DOLLAR, ...o });
  made.world.knobs.microsPerHour = 1.6 * DOLLAR;
  const status = async () => (await made.finish(made.engine.admin.status(ADMIN))).providers[0];
  const counters = () => made.store.counters(['instances/costless', 'spending/costless']);
  return { ...made, status, counters };
}

describe('The cap in dollars per hour', () => {
  it('keeps out what would pass it, tells by how much, and lets it in once there is room', async () => {
    const b = await bed();
    const first = await b.acquire();
    await b.acquire();
    await b.acquire();
    const fourth = await b.acquire({ waitMs: 0 });
    const waiting = await b.until('it was told why it waits', async () => {
      const { session } = await b.get(fourth.session.id);
      return session.phase === 'queued' && session.refused?.cap === 1 ? session : null;
    });
    expect(waiting.waitingFor).toBe(
      'the $5.00 per hour allowed on costless would be passed by $1.40 ($4.80 are in use)',
    );
    expect(await b.status()).toMatchObject({ instances: 3, microsPerHour: 4.8 * DOLLAR, maxMicrosPerHour: 5 * DOLLAR });
    expect(b.world.held.size).toBe(3);

    await b.finish(b.engine.sessions.release(ADMIN, { by: 'id', id: first.session.id }));
    await b.until('it has one', async () => (await b.get(fourth.session.id)).session.phase === 'active');
    expect(await b.counters()).toEqual([3, 4.8 * DOLLAR]);
  });

  it('says of what costs more than all of it that it does, and lets others pass', async () => {
    const b = await bed();
    b.world.knobs.microsPerHour = 6 * DOLLAR;
    const dear = await b.acquire({ waitMs: 0, requirements: { cpuRequest: 2 } });
    await b.until('it was told', async () => {
      const { session } = await b.get(dear.session.id);
      return (
        session.phase === 'queued' &&
        session.waitingFor === 'it costs $6.00 per hour, more than the $5.00 per hour allowed on costless'
      );
    });
    b.world.knobs.microsPerHour = DOLLAR;
    expect((await b.acquire()).session.phase).toBe('active');
  });

  it('counts the reserve, and gives one back for a client that it stands in the way of', async () => {
    const b = await bed();
    await b.finish(b.engine.admin.setReserve(ADMIN, 'echo', 3));
    await b.until('the reserve is full', () => b.ready() === 3);
    expect(await b.counters()).toEqual([3, 4.8 * DOLLAR]);
    const { session } = await b.acquire({ command: ['own'] });
    expect(session.phase).toBe('active');
    expect(b.world.held.size).toBeLessThanOrEqual(3);
    expect((await b.counters())[1]).toBeLessThanOrEqual(5 * DOLLAR);
  });

  it('is given back to the last micro-dollar when all is gone', async () => {
    const b = await bed();
    b.world.knobs.microsPerHour = 333_333;
    const all = await Promise.all([1, 2, 3, 4].map(() => b.acquire()));
    expect(await b.counters()).toEqual([4, 4 * 333_333]);
    for (const { session } of all) await b.finish(b.engine.sessions.release(ADMIN, { by: 'id', id: session.id }));
    await b.until('all are gone', () => b.engine.mirror.size('instance') === 0);
    expect(await b.counters()).toEqual([0, 0]);
  });

  it('is never passed by two hundred acquires at once', async () => {
    const b = await bed({ maxMicrosPerHour: 20 * DOLLAR });
    b.world.knobs.microsPerHour = 700_000;
    b.world.knobs.bootSlowly = true;
    const calls = Array.from({ length: 200 }, () => b.engine.sessions.acquire(ADMIN, input({ waitMs: 0 }), NEVER));
    await b.finish(Promise.all(calls));
    for (let n = 0; n < 20; n++) {
      await b.clock.advance(SECOND);
      expect((await b.counters())[1]).toBeLessThanOrEqual(20 * DOLLAR);
    }
    expect(b.world.held.size).toBe(28);
    expect(await b.counters()).toEqual([28, 28 * 700_000]);
  });
});

describe('The counters of the caps', () => {
  it('are made what the records add up to when a leader begins: a store of before there were prices is right then', async () => {
    const b = await bed();
    await b.acquire();
    await b.acquire();
    await b.store.commit({
      count: [
        { counter: 'spending/costless', add: -3.2 * DOLLAR },
        { counter: 'instances/costless', add: 5 },
      ],
    });
    expect(await b.counters()).toEqual([7, 0]);
    await b.first.stop();
    const second = await b.replica();
    await b.until('another leads', () => second.engine.isLeading());
    await b.until('they are right', async () => {
      const [instances, spending] = await b.counters();
      return instances === 2 && spending === 3.2 * DOLLAR;
    });
  });
});

describe('Caps that were lowered while instances waited for their turn', () => {
  it.each<[string, Parameters<typeof engineBed>[0]]>([
    ['instances', { maxInstances: 2 }],
    ['dollars', { maxMicrosPerHour: 4 * DOLLAR }],
  ])('of %s hold for the next leader, which asks for no more, and let the sessions wait', async (_, lower) => {
    const b = await bed({ maxMicrosPerHour: 10 * DOLLAR, limits: { createEveryMs: MINUTE } });
    await b.acquire();
    const waiting = await Promise.all([1, 2, 3].map(() => b.acquire({ waitMs: 0 })));
    await b.until('they are intended', () => b.phases('instance').intended === 3);
    await b.first.stop();
    const second = await b.replica(lower);
    await b.until('it leads', () => second.engine.isLeading(), MINUTE);
    const phaseOf = async ({ session: { id } }: (typeof waiting)[number]) =>
      (await b.finish(second.engine.sessions.get(ADMIN, { by: 'id', id }))).session.phase;
    await b.until('one of them has its instance', async () =>
      (await Promise.all(waiting.map(phaseOf))).includes('active'),
    );
    await b.clock.advance(5 * MINUTE);
    expect(await Promise.all(waiting.map(phaseOf))).toEqual(['active', 'queued', 'queued']);
    expect(b.world.calls.create).toBe(2);
    expect(await b.counters()).toEqual([2, 3.2 * DOLLAR]);
  });
});
