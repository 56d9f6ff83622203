import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const release = (bed: Bed, id: string) => bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id }));

describe('a session that waits for capacity', () => {
  it('ends at its queue timeout, telling what it waited for', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const call = bed.acquire({ queueTimeoutMs: MINUTE });
    await expect(call).rejects.toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining('costless has nothing with these resources'),
      details: { reason: 'QUEUE_TIMEOUT' },
    });
    expect(bed.world.calls.create).toBe(0);
  });

  it('is told why while it waits', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const { session } = await bed.acquire({ waitMs: SECOND });
    expect(session).toMatchObject({ phase: 'queued', waitingFor: 'costless has nothing with these resources' });
  });

  it('is placed as soon as something is on offer', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const call = bed.engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.clock.advance(20 * SECOND);
    bed.world.knobs.soldOut = false;
    expect((await bed.finish(call, 6 * SECOND)).session.phase).toBe('active');
  });

  it('with a queue timeout of 0 has what is to be had at once, or ends', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    await expect(bed.acquire({ queueTimeoutMs: 0 })).rejects.toMatchObject({ details: { reason: 'QUEUE_TIMEOUT' } });
  });
});

describe('a cap on instances', () => {
  it('is never passed; who waits at it hears of it and is next when one is freed', async () => {
    const bed = await engineBed({ maxInstances: 2 });
    const [first] = [await bed.acquire(), await bed.acquire()];
    const third = bed.engine.sessions.acquire(ALICE, input({ requestId: 'third' }), NEVER);
    await bed.clock.advance(10 * SECOND);
    expect(bed.world.tags()).toHaveLength(2);
    const waiting = await bed.finish(bed.engine.sessions.get(ALICE, { by: 'request', requestId: 'third' }));
    expect(waiting.session).toMatchObject({ waitingFor: 'all 2 instances allowed on costless are in use' });
    await release(bed, first.session.id);
    expect((await bed.finish(third, 5 * SECOND)).session.phase).toBe('active');
    expect(await bed.store.counters(['instances/costless'])).toEqual([2]);
  });

  it('is no reason to wait while a reserve member is idle: a client goes first', async () => {
    const roomy = aClass();
    const bed = await engineBed({
      maxInstances: 2,
      classes: [
        aClass({ reserve: { ...roomy.reserve, target: 2 }, allow: { ...roomy.allow, env: ['USER_*'] } }),
        aClass({ name: 'other' }),
      ],
    });
    await bed.until('the reserve is full', () => bed.ready() === 2);
    const own = await bed.acquire({ env: { USER_A: 'x' }, queueTimeoutMs: MINUTE });
    expect(own.session).toMatchObject({ phase: 'active', fromReserve: false });
    const other = await bed.acquire({ class: 'other', queueTimeoutMs: MINUTE });
    expect(other.session).toMatchObject({ phase: 'active', fromReserve: false });
    await release(bed, own.session.id);
    await bed.until('what is freed goes back to the reserve', () => bed.ready() === 1);
  });

  it('holds for the reserve and the sessions together', async () => {
    const bed = await engineBed({
      maxInstances: 3,
      classes: [aClass({ reserve: { ...aClass().reserve, target: 5 } })],
    });
    await bed.until('the reserve is at the cap', () => bed.ready() === 3);
    await bed.clock.advance(30 * SECOND);
    expect(bed.world.tags()).toHaveLength(3);
    expect(bed.world.calls.create).toBe(3);
  });
});

describe('the order of those who wait', () => {
  it('is that of their arrival, whatever is freed', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    let holder = (await bed.acquire()).session.id;
    const order: number[] = [];
    const calls = [0, 1, 2, 3].map(async (n) => {
      const { session } = await bed.engine.sessions.acquire(ALICE, input(), NEVER);
      order.push(n);
      return session.id;
    });
    for (const call of calls) {
      await bed.clock.advance(7 * SECOND);
      await release(bed, holder);
      holder = await bed.finish(call);
    }
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('is kept by a newcomer even when a member is free at that moment', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    const first = await bed.acquire();
    const second = bed.engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.clock.advance(SECOND);
    await release(bed, first.session.id);
    const third = await bed.acquire({ waitMs: 0 });
    expect(third.session.phase).toBe('queued');
    expect((await bed.finish(second)).session.phase).toBe('active');
    expect((await bed.get(third.session.id)).session.phase).toBe('queued');
  });

  it('does not keep one from what another before it cannot use', async () => {
    const bed = await engineBed();
    const picky = await bed.acquire({ waitMs: SECOND, requirements: { regions: ['DE'] } });
    expect(picky.session.phase).toBe('queued');
    expect((await bed.acquire()).session.phase).toBe('active');
    expect((await bed.get(picky.session.id)).session.phase).toBe('queued');
  });

  it('gives one whose start failed its place back', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    bed.world.knobs.bootSlowly = true;
    const first = bed.engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.until('it boots', () => bed.phases('instance').booting === 1);
    const second = bed.engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.clock.advance(SECOND);
    const [tag] = bed.world.tags();
    bed.world.knobs.bootSlowly = false;
    if (tag !== undefined) bed.world.exit(tag, 'exit code 1');
    expect((await bed.finish(first)).session).toMatchObject({ phase: 'active', attempts: 2 });
    await release(bed, (await first).session.id);
    expect((await bed.finish(second)).session).toMatchObject({ phase: 'active', attempts: 1 });
  });
});

describe('clearing', () => {
  it('ends every session and instance, and keeps no reserve meanwhile', async () => {
    const bed = await engineBed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 2 } })] });
    await bed.until('two are ready', () => bed.ready() === 2);
    const { session } = await bed.acquire();
    await bed.acquire({ waitMs: 0, requirements: { regions: ['DE'] } });
    const before = bed.world.tags();
    await bed.finish(bed.engine.clear(NEVER));
    expect(bed.world.tags().filter((tag) => before.includes(tag))).toEqual([]);
    expect(bed.phases('session')).toEqual({});
    expect((await bed.get(session.id)).session).toMatchObject({ why: 'broker-stop' });
    await bed.until('the reserve is filled again', () => bed.ready() === 2);
  });

  it('leaves nothing behind when the broker stops right after it', async () => {
    const bed = await engineBed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 2 } })] });
    await bed.until('two are ready', () => bed.ready() === 2);
    await bed.acquire();
    await bed.finish(bed.engine.clear(NEVER).then(() => bed.first.stop()));
    expect(bed.world.tags()).toEqual([]);
    for (const set of ['instances', 'proxies', 'sessions/live'])
      expect(await bed.store.range(set, { by: 'member', prefix: '', limit: 10 })).toEqual([]);
  });

  it('gives up when it is told to, and keeps its reserve again', async () => {
    const bed = await engineBed();
    await bed.acquire();
    bed.world.knobs.ignoreDestroys = true;
    const stop = new AbortController();
    const clearing = bed.engine.clear(stop.signal);
    await bed.clock.advance(5 * SECOND);
    expect(bed.phases('instance')).toEqual({ destroying: 1 });
    stop.abort();
    await bed.finish(clearing);
    bed.world.knobs.ignoreDestroys = false;
    expect((await bed.acquire()).session.phase).toBe('active');
  });
});
