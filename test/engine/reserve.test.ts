import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { ReservePolicy, SessionClass } from '../../src/domain/session-class.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADMIN, ALICE, engineBed } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const withReserve = (over: Partial<ReservePolicy>, more: Partial<SessionClass> = {}) =>
  aClass({ reserve: { ...aClass().reserve, ...over }, ...more });
const set = (bed: Bed, target: number | null) => bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', target));
const view = async (bed: Bed) => (await bed.finish(bed.engine.admin.reserves(ADMIN, 'echo')))[0];
const settled = (bed: Bed, n: number) =>
  bed.until(`${n} are there, all ready`, () => bed.ready() === n && bed.engine.mirror.size('instance') === n);

describe('a reserve', () => {
  it('is filled a few at a time, and again after each claim', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 0, maxAtOnce: 2 })] });
    bed.world.knobs.bootSlowly = true;
    await set(bed, 6);
    await bed.clock.advance(10 * SECOND);
    const boot = (): number => {
      const starting = bed.world.tags().filter((tag) => bed.engine.mirror.instance(tag)?.phase === 'booting');
      for (const tag of starting) bed.world.boot(tag);
      return starting.length;
    };
    for (let ready = bed.ready(); ready < 6; ready = bed.ready()) {
      expect(boot()).toBe(2);
      await bed.clock.advance(SECOND);
    }
    expect(await view(bed)).toMatchObject({
      target: 6,
      configuredTarget: 0,
      ready: 6,
      starting: 0,
      setBy: 'root',
    });
    bed.world.knobs.bootSlowly = false;
    await bed.acquire();
    await bed.until('it is full again', () => bed.ready() === 6);
  });

  it('is raised and lowered live, and given back to the configuration', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 1 })] });
    await settled(bed, 1);
    expect(await set(bed, 4)).toMatchObject({ target: 4, configuredTarget: 1, setBy: 'root', setAt: bed.clock.now() });
    await settled(bed, 4);
    expect(await set(bed, 0)).toMatchObject({ target: 0, configuredTarget: 1 });
    await settled(bed, 0);
    expect(await set(bed, null)).toMatchObject({ target: 1, setBy: '', setAt: null });
    await settled(bed, 1);
  });

  it('keeps what an admin set over a restart', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 1 })] });
    await set(bed, 3);
    await settled(bed, 3);
    await bed.first.stop();
    const second = await bed.replica();
    await bed.until('it leads', () => second.engine.isLeading());
    await bed.clock.advance(30 * SECOND);
    expect((await bed.finish(second.engine.admin.reserves(ADMIN, null)))[0]).toMatchObject({
      target: 3,
      ready: 3,
      setBy: 'root',
    });
    expect(bed.world.calls.create).toBe(3);
  });

  it('set to a thousand by mistake stays under the cap, and is given back at once when that is taken back', async () => {
    const bed = await engineBed({ maxInstances: 8, classes: [withReserve({ target: 1, maxAtOnce: 4 })] });
    await settled(bed, 1);
    await set(bed, 1_000);
    await bed.until('the cap is reached', () => bed.ready() === 8);
    await bed.clock.advance(MINUTE);
    expect(bed.world.calls.create).toBe(8);
    expect(await view(bed)).toMatchObject({ lastFailure: 'all 8 instances allowed on costless are in use' });
    await set(bed, 1);
    await settled(bed, 1);
    expect(bed.world.tags()).toHaveLength(1);
  });

  it('is what one of sixty admins at once said last, and each of them is answered', async () => {
    const bed = await engineBed();
    const calls = Array.from({ length: 60 }, (_, n) => bed.engine.admin.setReserve(ADMIN, 'echo', n % 7));
    const views = await bed.finish(Promise.all(calls));
    expect(views).toHaveLength(60);
    const now = await view(bed);
    expect(now?.target).toBeLessThan(7);
    await settled(bed, now?.target ?? -1);
  });

  it('is only for admins to see and set, and only of classes that there are', async () => {
    const bed = await engineBed();
    const { admin } = bed.engine;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => admin.setReserve(ALICE, 'echo', 1),
      () => admin.reserves(ALICE, null),
    ];
    for (const call of calls) await expect(bed.finish(call())).rejects.toMatchObject({ code: 'denied' });
    await expect(bed.finish(admin.setReserve(ADMIN, 'nope', 1))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('accepted: echo'),
    });
  });

  it('replaces members of an older recipe, and gives all back when the class is gone', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 2 })] });
    await settled(bed, 2);
    const old = bed.world.tags();
    bed.classes.set([withReserve({ target: 2 }, { recipe: 'recipe-2' })]);
    await bed.until('the old are gone', () => bed.world.tags().every((tag) => !old.includes(tag)));
    await settled(bed, 2);
    bed.classes.set([]);
    await settled(bed, 0);
    expect(bed.world.tags()).toEqual([]);
  });

  it('replaces a member that stops answering, and hands out none that does not', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 1 })] });
    await settled(bed, 1);
    const [old] = bed.world.tags();
    bed.prober.silent.add('127.0.0.1:9');
    await bed.until('it is given up', () => !bed.world.tags().some((tag) => tag === old), MINUTE);
    bed.prober.silent.clear();
    await settled(bed, 1);
    expect(bed.world.tags()).not.toContain(old);
  });

  it('does not give a member up for a single probe without an answer', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 1 })] });
    await settled(bed, 1);
    const before = bed.world.tags();
    bed.prober.silent.add('127.0.0.1:9');
    await bed.clock.advance(6 * SECOND);
    bed.prober.silent.clear();
    await bed.clock.advance(MINUTE);
    expect(bed.world.tags()).toEqual(before);
  });

  it('replaces a member that vanishes', async () => {
    const bed = await engineBed({ classes: [withReserve({ target: 2 })] });
    await settled(bed, 2);
    const [lost] = bed.world.tags();
    if (lost !== undefined) bed.world.vanish(lost);
    await bed.until('it has been noticed', () => bed.engine.mirror.instance(lost ?? 'i-') === undefined, MINUTE);
    await settled(bed, 2);
  });
});

describe('a reserve whose starts fail', () => {
  const policy = { target: 4, maxAtOnce: 2, maxFailures: 3, retryMs: 10 * SECOND, maxRetryMs: 40 * SECOND };
  const failing = (n: number) => Array.from({ length: n }, () => new BrokerError('refused-by-provider', 'bad image'));

  it('backs off, says so, and makes one trial start at growing intervals until one comes up', async () => {
    const bed = await engineBed({ classes: [withReserve({ ...policy, target: 0 })] });
    bed.world.knobs.failCreates = failing(7);
    await set(bed, 4);
    const trials: number[] = [];
    let seen = 0;
    const startedAt = bed.clock.monotonic();
    await bed.until(
      'seven starts have failed',
      () => {
        if (bed.world.calls.create > seen) trials.push(Math.round((bed.clock.monotonic() - startedAt) / SECOND));
        seen = bed.world.calls.create;
        return seen === 7;
      },
      5 * MINUTE,
    );
    await bed.until('it is written down', async () => (await view(bed))?.failures === 7);
    expect(await view(bed)).toMatchObject({ failures: 7, backingOff: true, lastFailure: 'bad image' });
    expect(seen).toBe(7);
    // Two at once fail, then two more: with the fourth failure the pauses are 20 s, 40 s, 40 s.
    expect(trials.at(-1)).toBeGreaterThanOrEqual(90);
    await bed.until('it is full', () => bed.ready() === 4, 5 * MINUTE);
    await bed.until('it is written down', async () => (await view(bed))?.failures === 0);
    expect(await view(bed)).toMatchObject({ backingOff: false, lastFailure: '', retryAt: null });
  });

  it('goes on backing off after a restart', async () => {
    const bed = await engineBed({ classes: [withReserve({ ...policy, target: 0 })] });
    bed.world.knobs.failCreates = failing(100);
    await set(bed, 4);
    await bed.until('it backs off', async () => (await view(bed))?.backingOff);
    const made = bed.world.calls.create;
    await bed.first.stop();
    const second = await bed.replica();
    await bed.until('it leads', () => second.engine.isLeading());
    await bed.clock.advance(5 * SECOND);
    expect(bed.world.calls.create).toBe(made);
  });

  it('does not keep a session from trying its own start', async () => {
    const bed = await engineBed({ classes: [withReserve({ ...policy, target: 0 })] });
    bed.world.knobs.failCreates = failing(3);
    await set(bed, 1);
    await bed.until('it backs off', async () => (await view(bed))?.backingOff);
    expect((await bed.acquire()).session).toMatchObject({ phase: 'active', fromReserve: false });
    await bed.until('and the reserve is glad of it', async () => (await view(bed))?.backingOff === false);
  });
});
