import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ALICE, type EngineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';
import { lasting, lastingBed, onLoss } from '../support/lasting-bed.ts';

type Bed = EngineBed;

/** The present instance's program ends. */
async function lose(bed: Bed, id: string): Promise<void> {
  const { session } = await bed.get(id);
  const facts = session.phase === 'active' ? session.instance : null;
  const instance = facts === null ? undefined : bed.engine.mirror.instance(facts.id);
  if (instance === undefined) throw new Error(`session ${id} has no instance`);
  bed.world.exit(instance.id, 'exit code 137');
}

const replacements = async (bed: Bed, id: string): Promise<number> => {
  const { session } = await bed.get(id);
  return session.phase === 'active' && session.replacing === undefined ? (session.replacements ?? 0) : -1;
};

/** Everything that is left when the sessions have been released. */
async function releaseAll(bed: Bed, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id }));
  const { mirror } = bed.engine;
  await bed.until('nothing is left', () => mirror.size('instance') + mirror.size('proxy') === 0);
  expect(bed.world.tags()).toEqual([]);
  expect(await bed.store.counters(['instances/costless'])).toEqual([0]);
}

describe('an instance that is lost in use', () => {
  it('is replaced behind the same endpoint', async () => {
    const bed = await lastingBed();
    const before = (await bed.acquire()).session;
    await lose(bed, before.id);
    await bed.until('another serves', async () => (await replacements(bed, before.id)) === 1);
    const after = (await bed.get(before.id)).session;
    if (before.phase !== 'active' || after.phase !== 'active') throw new Error('not active');
    expect(after.endpoint).toEqual(before.endpoint);
    expect(after.instance.id).not.toBe(before.instance.id);
    expect(after.expireAt).toBe(before.expireAt);
    const instance = bed.engine.mirror.instance(after.instance.id);
    expect(instance).toMatchObject({ phase: 'bound', session: before.id });
    expect(bed.stable.upstreams.get(after.instance.proxy)).toEqual(
      instance && 'addresses' in instance && instance.addresses,
    );
    await bed.until('the lost one is gone', () => bed.world.tags().length === 1);
    await releaseAll(bed, before.id);
  });

  it('is replaced by a reserve member, which leaves its own proxy', async () => {
    const bed = await lastingBed({ classes: [lasting({ reserve: { ...aClass().reserve, target: 1 } })] });
    await bed.until('one is ready', () => bed.ready() === 1);
    const { session } = await bed.acquire();
    await bed.until('another is ready', () => bed.ready() === 1);
    const made = bed.world.calls.create;
    bed.world.knobs.bootSlowly = true;
    await lose(bed, session.id);
    await bed.until('the member serves', async () => (await replacements(bed, session.id)) === 1);
    const { session: after } = await bed.get(session.id);
    expect(after.phase === 'active' && after.instance.proxy).toBe(session.phase === 'active' && session.instance.proxy);
    await bed.until('the reserve is being refilled', () => bed.world.calls.create === made + 1);
    await bed.until('its own proxy is gone', () => bed.phases('proxy').deleting === undefined);
    // The session's, and the one of the member that boots.
    expect(bed.stable.upstreams.size).toBe(1);
  });

  it('is waited for while nothing is to be had, and the session says why', async () => {
    const bed = await lastingBed();
    const { session } = await bed.acquire();
    bed.world.knobs.soldOut = true;
    await lose(bed, session.id);
    await bed.until('it is told', async () => {
      const { session: s } = await bed.get(session.id);
      return s.phase === 'active' && s.replacing?.waitingFor === 'costless has nothing with these resources';
    });
    bed.world.knobs.soldOut = false;
    await bed.until('another serves', async () => (await replacements(bed, session.id)) === 1);
    await releaseAll(bed, session.id);
  });

  it('ends the session when it cannot be replaced in time', async () => {
    const bed = await lastingBed();
    const { session } = await bed.acquire();
    bed.world.knobs.soldOut = true;
    await lose(bed, session.id);
    await bed.until('it is lost', async () => (await replacements(bed, session.id)) === -1);
    const lostAt = bed.clock.now();
    await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released', 6 * MINUTE);
    expect(await bed.peek(session.id)).toMatchObject({ why: 'instance-lost' });
    expect(bed.clock.now() - lostAt).toBeLessThan(onLoss.withinMs + 5 * SECOND);
    await releaseAll(bed);
  });

  it('ends the session when the replacements are lost as well', async () => {
    const bed = await lastingBed();
    const { session } = await bed.acquire();
    bed.world.knobs.bootSlowly = true;
    await lose(bed, session.id);
    for (let n = 1; n <= onLoss.attempts; n++) {
      const tag = await bed.until(`replacement ${n} boots`, () => {
        const booting = [...bed.engine.mirror.all('instance')].find((i) => i.phase === 'booting');
        return booting?.id ?? null;
      });
      bed.world.exit(tag, `exit code ${n}`);
      await bed.until('it is given up', () => bed.engine.mirror.instance(tag)?.phase !== 'booting');
    }
    await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released');
    expect(await bed.peek(session.id)).toMatchObject({
      why: 'instance-lost',
      detail: 'it ended while starting: exit code 2 (the last of 2 replacements)',
    });
    await releaseAll(bed);
  });

  it('is replaced by a new leader, too', async () => {
    const bed = await lastingBed();
    const { session } = await bed.acquire();
    bed.world.knobs.bootSlowly = true;
    await lose(bed, session.id);
    await bed.until('the next one boots', () => bed.phases('instance').booting === 1);
    const second = await bed.replica();
    await bed.first.stop();
    await bed.until('the second leads', () => second.engine.isLeading());
    for (const tag of bed.world.tags()) bed.world.boot(tag);
    await bed.until('another serves', async () => {
      const { session: s } = await bed.finish(second.engine.sessions.get(ALICE, { by: 'id', id: session.id }));
      return s.phase === 'active' && s.replacements === 1;
    });
  });

  it('is not there for a release that comes meanwhile: what was on its way is destroyed', async () => {
    const bed = await lastingBed();
    const { session } = await bed.acquire();
    bed.world.knobs.bootSlowly = true;
    await lose(bed, session.id);
    await bed.until('the next one boots', () => bed.phases('instance').booting === 1);
    await releaseAll(bed, session.id);
  });

  it('goes after those who wait for their first one', async () => {
    const bed = await lastingBed({ maxInstances: 1 });
    const { session } = await bed.acquire();
    const waiting = bed.engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.clock.advance(SECOND);
    await lose(bed, session.id);
    const { session: first } = await bed.finish(waiting, MINUTE);
    expect(first.phase).toBe('active');
    expect(await replacements(bed, session.id)).toBe(-1);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: first.id }));
    await bed.until('it has another one', async () => (await replacements(bed, session.id)) === 1);
  });
});
