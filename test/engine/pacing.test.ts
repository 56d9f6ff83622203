import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { createPacer, PRIORITY } from '../../src/engine/lead/pacer.ts';
import { ADMIN, ALICE, type EngineBed, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aClass, PLACEMENT } from '../support/fixtures.ts';
import { lasting, lastingBed } from '../support/lasting-bed.ts';

const EVERY_MS = 5 * SECOND;

/** Asks for turns as a workqueue does: whenever it was told to, and whenever it is woken. */
function asker() {
  const clock = fakeClock();
  const woken = new Set<string>();
  const pacer = createPacer(clock, (key) => woken.add(key));
  return {
    clock,
    woken,
    pacer,
    ask: (key: string, priority = PRIORITY.start as 0 | 1 | 2 | 3) => pacer.turn(key, 'create', priority, EVERY_MS),
  };
}

describe('the pacer', () => {
  it('lets one through at once and tells the next ones when theirs is', () => {
    const { ask } = asker();
    expect(['a', 'b', 'c', 'd'].map((key) => ask(key))).toEqual([0, EVERY_MS, 2 * EVERY_MS, 3 * EVERY_MS]);
  });

  it('serves the better priority first, and among equals the older', async () => {
    const { clock, ask } = asker();
    ask('0');
    const line = [
      ['c', PRIORITY.refill],
      ['d', PRIORITY.start],
      ['b', PRIORITY.replacement],
      ['a', PRIORITY.refill],
      ['e', PRIORITY.start],
    ] as const;
    const served: string[] = [];
    const left = () => line.filter(([key]) => !served.includes(key));
    while (left().length > 0) {
      for (const [key, priority] of left()) ask(key, priority);
      await clock.advance(EVERY_MS);
      served.push(...left().flatMap(([key, priority]) => (ask(key, priority) === 0 ? [key] : [])));
    }
    expect(served).toEqual(['d', 'e', 'b', 'a', 'c']);
  });

  it('wakes the next one when one before it has gone, so that no turn is left unused', async () => {
    const { clock, woken, pacer, ask } = asker();
    for (const key of ['a', 'b', 'c']) ask(key);
    pacer.leave('b');
    expect(woken).toEqual(new Set(['c']));
    await clock.advance(EVERY_MS);
    expect(ask('c')).toBe(0);
  });

  it('forgets who does not come back', async () => {
    const { clock, ask } = asker();
    for (const key of ['a', 'b', 'c']) ask(key);
    await clock.advance(3 * EVERY_MS + 1);
    expect(ask('c')).toBe(0);
  });

  it('holds everybody in a lane as long as it is told to, and nobody in another', async () => {
    const { clock, pacer, ask } = asker();
    pacer.hold('create', MINUTE);
    expect(ask('a')).toBe(MINUTE);
    expect(pacer.turn('a', 'destroy', PRIORITY.start, EVERY_MS)).toBe(0);
    await clock.advance(MINUTE);
    expect(ask('a')).toBe(0);
  });

  it('lets everybody through where nothing is limited', () => {
    const { pacer } = asker();
    for (const key of ['a', 'b', 'c']) expect(pacer.turn(key, 'free', PRIORITY.refill, 0)).toBe(0);
  });
});

/** Times at which creates were made [monotonic ms]. */
async function createsOf(bed: EngineBed, n: number): Promise<readonly number[]> {
  const at: number[] = [];
  await bed.until(
    `${n} were made`,
    () => {
      while (at.length < bed.world.calls.create) at.push(bed.clock.monotonic());
      return at.length >= n;
    },
    n * EVERY_MS * 2,
  );
  return at;
}

const acquire = (bed: EngineBed, over = {}) => bed.engine.sessions.acquire(ALICE, input(over), NEVER);
const limits = { createEveryMs: EVERY_MS };

describe('creates', () => {
  it('are made one at a time, and nothing runs out before its turn', async () => {
    const bed = await engineBed({ limits, classes: [aClass({ bootTimeoutMs: 20 * SECOND })] });
    const all = Array.from({ length: 8 }, () => acquire(bed));
    const at = await createsOf(bed, 8);
    for (const [n, when] of at.entries()) if (n > 0) expect(when - (at[n - 1] ?? 0)).toBeGreaterThanOrEqual(EVERY_MS);
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeLessThan(7 * EVERY_MS + SECOND);
    for (const { session } of await bed.finish(Promise.all(all)))
      expect(session).toMatchObject({ phase: 'active', attempts: 1 });
  });

  it('of a client go before those of the reserve', async () => {
    const bed = await engineBed({ limits, classes: [aClass({ reserve: { ...aClass().reserve, target: 3 } })] });
    await bed.until('the first is made', () => bed.world.calls.create === 1);
    await bed.until('the others wait', () => bed.phases('instance').intended === 2);
    const { session } = await bed.acquire({ command: ['own'], waitMs: 0 });
    await bed.until('the second is made', () => bed.world.calls.create === 2);
    const second = bed.world.tags().find((tag) => bed.world.orderOf(tag)?.command[0] === 'own');
    expect(second).toBeDefined();
    await bed.until('it is active', () => bed.engine.mirror.session(session.id)?.phase === 'active');
  });

  it('that replace a lost instance go before those of the reserve', async () => {
    const bed = await lastingBed({ limits, classes: [lasting({ reserve: { ...aClass().reserve, target: 0 } })] });
    const { session } = await bed.acquire({ command: ['own'] });
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 3));
    await bed.until('the reserve waits', () => bed.phases('instance').intended === 3);
    for (const tag of bed.world.tags()) bed.world.exit(tag, 'exit code 1');
    await bed.until('it is replaced', () => {
      const s = bed.engine.mirror.session(session.id);
      return s?.phase === 'active' && s.replacements === 1;
    });
    expect(bed.phases('instance').intended).toBe(3);
  });

  it('wait as long as the provider says, and use up no attempt by it', async () => {
    const bed = await engineBed({ classes: [aClass({ startAttempts: 1 })] });
    const busy = () =>
      new BrokerError('no-capacity', 'too many requests', { reason: 'PROVIDER_LIMIT', retryAfterMs: 20 * SECOND });
    bed.world.knobs.failCreates = [busy(), busy()];
    const begun = bed.clock.monotonic();
    const { session } = await bed.acquire();
    expect(session).toMatchObject({ phase: 'active', attempts: 1 });
    expect(session).not.toHaveProperty('offersGone');
    expect(bed.world.calls.create).toBe(3);
    expect(bed.clock.monotonic() - begun).toBeGreaterThanOrEqual(40 * SECOND);
  });

  it('that wait for their turn longer than the session would wait are never made', async () => {
    const bed = await engineBed({ limits: { createEveryMs: MINUTE } });
    const first = acquire(bed);
    await bed.until('the first is made', () => bed.world.calls.create === 1);
    await expect(bed.acquire({ queueTimeoutMs: 10 * SECOND })).rejects.toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining('its turn to be rented at costless did not come'),
    });
    expect((await bed.finish(first)).session.phase).toBe('active');
    await bed.until('nothing waits', () => bed.phases('instance').intended === undefined);
    expect(bed.world.calls.create).toBe(1);
  });

  it('are begun in the same order by another leader', async () => {
    const bed = await engineBed({ limits });
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) ids.push((await bed.acquire({ waitMs: 0 })).session.id);
    await bed.until('one is made', () => bed.world.calls.create === 1);
    await bed.first.stop();
    const second = await bed.replica();
    const active: string[] = [];
    await bed.until('all are active', () => {
      for (const id of ids)
        if (!active.includes(id) && second.engine.mirror.session(id)?.phase === 'active') active.push(id);
      return active.length === ids.length;
    });
    expect(active).toEqual(ids);
  });
});

describe('an instance whose class changes before its turn', () => {
  it('is not made from something else than its record says, but anew', async () => {
    const bed = await engineBed({ limits, classes: [aClass({ startAttempts: 1 })] });
    for (let n = 0; n < 2; n++) await bed.acquire({ waitMs: 0 });
    await bed.until('one is made', () => bed.world.calls.create === 1);
    bed.classes.set([aClass({ startAttempts: 1, recipe: 'recipe-2' })]);
    await bed.until('both are active', () => bed.phases('session').active === 2);
    const marks = bed.world
      .tags()
      .map((tag) => [bed.engine.mirror.instance(tag)?.recipe, bed.world.orderOf(tag)?.mark.recipe]);
    expect(marks).toEqual([
      [aClass().recipe, aClass().recipe],
      ['recipe-2', 'recipe-2'],
    ]);
  });

  it('is not made from nothing when its class is gone: its session says so, and waits for it', async () => {
    const bed = await engineBed({ limits });
    for (let n = 0; n < 2; n++) await bed.acquire({ waitMs: 0 });
    await bed.until('one is made', () => bed.world.calls.create === 1);
    bed.classes.set([]);
    const waiting = await bed.until('the other waits', () => {
      const queued = [...bed.engine.mirror.all('session')].find((s) => s.phase === 'queued');
      return queued?.waitingFor === 'its class is no longer configured' ? queued : null;
    });
    expect(waiting.attempts).toBe(0);
    expect(bed.world.calls.create).toBe(1);
    bed.classes.set([aClass()]);
    await bed.until('both are active', () => bed.phases('session').active === 2);
  });
});

describe('an instance that another leader had intended', () => {
  it('is asked for as it was chosen, and on its machine', async () => {
    const placed = { placement: { ...PLACEMENT, verified: false, interruptible: true } };
    const bed = await engineBed({ limits, classes: [aClass(placed)] });
    bed.world.knobs.microsPerHour = 300_000;
    bed.world.knobs.machines = [1, 2].map((n) => ({ machine: `m${n}`, host: `h${n}` }));
    bed.world.knobs.interruptible = true;
    bed.world.knobs.bootSlowly = true;
    for (let n = 0; n < 2; n++) await bed.acquire({ waitMs: 0 });
    await bed.until('one is made', () => bed.world.calls.create === 1);
    await bed.first.stop();
    const second = await bed.replica();
    await bed.until('both are made', () => bed.world.calls.create === 2);
    for (const tag of bed.world.tags())
      expect(bed.world.orderOf(tag)?.offer).toMatchObject({ interruptible: true, microsPerHour: 300_000 });
    await bed.until('their machines are known', () => {
      const refs = [...second.engine.mirror.all('instance')].map((i) => ('ref' in i ? i.ref?.machine : ''));
      return refs.toSorted().join() === 'm1,m2';
    });
  });
});

describe('a session whose instance waits for its turn', () => {
  it('is told how many are before it, as that changes', async () => {
    const bed = await engineBed({ limits });
    for (let n = 0; n < 3; n++) await bed.acquire({ waitMs: 0 });
    const { session } = await bed.acquire({ waitMs: 0 });
    const told: string[] = [];
    const watching = (async () => {
      for await (const view of bed.engine.sessions.watch(ALICE, { by: 'id', id: session.id }, 0, NEVER)) {
        if (told.at(-1) !== view.progress) told.push(view.progress);
        if (view.session.phase === 'active') return;
      }
    })();
    await bed.finish(watching);
    const turns = told.filter((text) => text.startsWith('waits for its turn'));
    expect(turns).toEqual([
      'waits for its turn (2 before it)',
      'waits for its turn (1 before it)',
      'waits for its turn',
    ]);
    expect(told.at(-1)).toBe('');
  });

  it('is shown so in the list of instances', async () => {
    const bed = await engineBed({ limits });
    for (let n = 0; n < 3; n++) await bed.acquire({ waitMs: 0 });
    await bed.until('two wait', () => bed.phases('instance').intended === 2);
    const { instances } = await bed.engine.admin.instances(ADMIN, { pageSize: 10, pageToken: '', class: null });
    expect(instances.map((i) => i.progress).slice(1)).toEqual([
      'waits for its turn',
      'waits for its turn (1 before it)',
    ]);
  });

  it('is told the same by a replica that does not lead', async () => {
    const bed = await engineBed({ limits });
    const other = await bed.replica({ mayLead: false });
    for (let n = 0; n < 3; n++) await bed.acquire({ waitMs: 0 });
    const { session } = await bed.acquire({ waitMs: 0 });
    await bed.until('it is told', async () => {
      const view = await other.engine.sessions.get(ALICE, { by: 'id', id: session.id });
      return view.progress === 'waits for its turn (2 before it)';
    });
  });
});

describe('destroys', () => {
  it('have a lane of their own, and come as often as the provider lets them', async () => {
    const bed = await engineBed({ limits: { createEveryMs: MINUTE, destroyEveryMs: EVERY_MS } });
    const lone = await bed.acquire({ command: ['own'] });
    const waiting = acquire(bed);
    await bed.until('one waits for its turn', () => bed.phases('instance').intended === 1);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: lone.session.id }));
    await bed.until('it is gone', () => bed.world.tags().length === 0, 2 * SECOND);
    expect((await bed.finish(waiting, 2 * MINUTE)).session.phase).toBe('active');
  });

  it('are asked for one at a time, each until it is gone', async () => {
    const bed = await engineBed({ limits: { destroyEveryMs: EVERY_MS } });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await bed.acquire({ command: ['own'] })).session.id);
    await Promise.all(ids.map((id) => bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id }))));
    const at: number[] = [];
    await bed.until('all are gone', () => {
      while (at.length < bed.world.calls.destroy) at.push(bed.clock.monotonic());
      return bed.engine.mirror.size('instance') === 0;
    });
    expect(at).toHaveLength(5);
    for (const [n, when] of at.entries()) if (n > 0) expect(when - (at[n - 1] ?? 0)).toBeGreaterThanOrEqual(EVERY_MS);
  });

  it('of strangers with our tag take their turns as well', async () => {
    const bed = await engineBed({ limits: { destroyEveryMs: EVERY_MS } });
    const strangers = ['1', '2', '3'].map((n) => `i-0000000000000000000000000${n}` as const);
    for (const tag of strangers) bed.world.plant(tag, 'costless', { status: 'exited', detail: 'exit code 0' });
    const at: number[] = [];
    await bed.until('all are gone', () => {
      while (at.length < bed.world.calls.destroy) at.push(bed.clock.monotonic());
      return bed.world.tags().length === 0;
    });
    expect(at).toHaveLength(3);
    for (const [n, when] of at.entries()) if (n > 0) expect(when - (at[n - 1] ?? 0)).toBeGreaterThanOrEqual(EVERY_MS);
  });

  it('that the provider does not let through wait as long as it says, and go on until it is gone', async () => {
    const bed = await engineBed({});
    const { session } = await bed.acquire({ command: ['own'] });
    const busy = () => new BrokerError('unavailable', 'HTTP 429', { retryAfterMs: 30 * SECOND });
    bed.world.knobs.failDestroys = [busy(), busy(), busy()];
    const begun = bed.clock.monotonic();
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await bed.until('it is gone', () => bed.engine.mirror.size('instance') === 0, 3 * MINUTE);
    expect(bed.world.calls.destroy).toBe(4);
    expect(bed.clock.monotonic() - begun).toBeGreaterThanOrEqual(90 * SECOND);
    expect(bed.clock.monotonic() - begun).toBeLessThan(95 * SECOND);
    expect(bed.first.errors.map((e) => e.loop)).toContain('instances');
  });
});
