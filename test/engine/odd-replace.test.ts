import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { SessionView } from '../../src/engine/use-cases.ts';
import { ALICE, type EngineBed } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';
import { lasting, lastingBed } from '../support/lasting-bed.ts';

function activeOf(bed: EngineBed, { session }: SessionView) {
  const s = bed.engine.mirror.session(session.id);
  if (s?.phase !== 'active') throw new Error(`session ${session.id} is ${s?.phase}`);
  return s;
}
const lose = (bed: EngineBed, view: SessionView): void =>
  bed.world.exit(activeOf(bed, view).instance.id, 'exit code 137');
const ended = (bed: EngineBed, view: SessionView) => async () =>
  (await bed.peek(view.session.id))?.phase === 'released';
const replaced = (bed: EngineBed, view: SessionView) => () => activeOf(bed, view).replacements === 1;

describe('a session whose instance was lost', () => {
  it('leads nowhere until it has another: the address may be that of somebody else by then', async () => {
    const bed = await lastingBed();
    const view = await bed.acquire();
    const { proxy } = activeOf(bed, view).instance;
    expect(bed.stable.upstreams.get(proxy)).toHaveLength(1);
    bed.world.knobs.soldOut = true;
    lose(bed, view);
    await bed.until('it leads nowhere', () => bed.stable.upstreams.get(proxy) === null);
    bed.world.knobs.soldOut = false;
    await bed.until('another serves', replaced(bed, view));
    expect(bed.stable.upstreams.get(proxy)).toHaveLength(1);
  });

  it('ends where its address was the instance itself, though its class says replace by now', async () => {
    const bed = await lastingBed({ classes: [lasting({ proxy: 'direct', onLoss: null })] });
    const view = await bed.acquire();
    bed.classes.set([lasting()]);
    lose(bed, view);
    await bed.until('it has ended', ended(bed, view));
    expect(await bed.peek(view.session.id)).toMatchObject({ why: 'instance-lost' });
  });

  it('ends at once when its class says so in the meantime, or is removed', async () => {
    for (const classes of [[lasting({ onLoss: null })], []]) {
      const bed = await lastingBed();
      const view = await bed.acquire();
      bed.world.knobs.soldOut = true;
      lose(bed, view);
      await bed.until('it waits', () => (activeOf(bed, view).replacing?.waitingFor ?? '') !== '');
      await bed.clock.advance(SECOND);
      bed.classes.set(classes);
      await bed.until('it has ended', ended(bed, view), SECOND);
      await bed.until('nothing is left', () => bed.engine.mirror.size('proxy') === 0);
    }
  });

  it('gets no instance of a class that has other ports by now, and says so', async () => {
    const bed = await lastingBed();
    const view = await bed.acquire();
    const ports = [{ name: 'web', protocol: 'http' }] as const;
    const readiness = { ...aClass().readiness, port: 'web' };
    bed.classes.set([lasting({ ports, readiness, reserve: { ...aClass().reserve, target: 1 } })]);
    await bed.until('one with other ports is ready', () => bed.ready() === 1);
    lose(bed, view);
    const why = 'its class has other ports than the session by now';
    await bed.until('it says why', () => activeOf(bed, view).replacing?.waitingFor === why);
    expect(bed.ready()).toBe(1);
    await bed.until('it has ended', ended(bed, view), 6 * MINUTE);
    expect(await bed.peek(view.session.id)).toMatchObject({ detail: expect.stringContaining(why) });
  });

  it('is still replaced when the clock is set forward or back by an hour meanwhile', async () => {
    for (const jump of [HOUR, -HOUR]) {
      const bed = await lastingBed();
      const view = await bed.acquire({ lifetimeMs: HOUR });
      bed.world.knobs.soldOut = true;
      lose(bed, view);
      await bed.until('it is lost', () => activeOf(bed, view).replacing !== undefined);
      bed.clock.jump(jump);
      await bed.clock.advance(5 * SECOND);
      bed.world.knobs.soldOut = false;
      await bed.until('another serves', replaced(bed, view), 20 * SECOND);
      await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: view.session.id }));
      await bed.until('nothing is left', () => bed.engine.mirror.size('instance') === 0);
    }
  });
});

describe('a clock that is set back by an hour', () => {
  it('lets a machine that goes at that moment go', async () => {
    const bed = await lastingBed();
    const view = await bed.acquire();
    bed.world.knobs.ignoreDestroys = true;
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: view.session.id }));
    await bed.until('it is being destroyed', () => bed.phases('instance').destroying === 1);
    bed.clock.jump(-HOUR);
    await bed.clock.advance(SECOND);
    bed.world.knobs.ignoreDestroys = false;
    await bed.until('it is gone', () => bed.engine.mirror.size('instance') === 0, 10 * SECOND);
    expect(bed.world.tags()).toEqual([]);
  });

  it('hides no instance that vanishes after it', async () => {
    const bed = await lastingBed({ classes: [lasting({ onLoss: null })] });
    const view = await bed.acquire();
    bed.clock.jump(-HOUR);
    await bed.clock.advance(5 * SECOND);
    bed.world.vanish(activeOf(bed, view).instance.id);
    await bed.until('it is noticed', ended(bed, view), 20 * SECOND);
    expect(await bed.peek(view.session.id)).toMatchObject({ why: 'instance-lost' });
  });
});
