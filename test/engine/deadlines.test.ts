import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const byId = (id: string) => ({ by: 'id', id }) as const;
const phaseOf = async (bed: Bed, id: string) => (await bed.peek(id))?.phase;
const released = (bed: Bed, id: string, withinMs: number) =>
  bed.until('the session is released', async () => (await phaseOf(bed, id)) === 'released' && bed.peek(id), withinMs);

describe('waiting for a session', () => {
  it('of wait 0 is answered at once with the queued session', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ waitMs: 0 });
    expect(session).toMatchObject({ phase: 'queued', revision: 1 });
  });

  it('is over after the wait, and the session goes on', async () => {
    const bed = await engineBed();
    bed.world.knobs.bootSlowly = true;
    const startedAt = bed.clock.monotonic();
    const { session } = await bed.acquire({ waitMs: 3 * SECOND });
    expect(session.phase).toBe('starting');
    expect(bed.clock.monotonic() - startedAt).toBeGreaterThanOrEqual(3 * SECOND);
    expect(bed.clock.monotonic() - startedAt).toBeLessThan(3.2 * SECOND);
    for (const tag of bed.world.tags()) bed.world.boot(tag);
    await bed.until('it is active', async () => (await phaseOf(bed, session.id)) === 'active');
  });

  it('that breaks leaves the session, which ends unconfirmed unless somebody asks for it', async () => {
    const bed = await engineBed();
    bed.world.knobs.bootSlowly = true;
    const broken = new AbortController();
    const call = bed.engine.sessions.acquire(ALICE, input({ requestId: 'once' }), broken.signal);
    const tag = await bed.until('it boots', () => bed.phases('instance').booting === 1 && bed.world.tags()[0]);
    broken.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    bed.world.boot(tag);
    const id = [...bed.engine.mirror.ids('session')][0] ?? '';
    await bed.until('it is active', async () => (await phaseOf(bed, id)) === 'active');
    await bed.clock.advance(5 * MINUTE - SECOND);
    expect(await phaseOf(bed, id)).toBe('active');
    expect(await released(bed, id, 2 * SECOND)).toMatchObject({ why: 'unconfirmed', wasActive: true });
    await bed.until('its instance is gone', () => bed.world.tags().length === 0);
  });

  it('that broke as the answer was ready leaves a warm session unconfirmed', async () => {
    const bed = await engineBed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 1 } })] });
    await bed.until('one is ready', () => bed.ready() === 1);
    const broken = new AbortController();
    const call = bed.engine.sessions.acquire(ALICE, input(), broken.signal);
    broken.abort();
    await expect(bed.finish(call)).rejects.toMatchObject({ name: 'AbortError' });
    const id = [...bed.engine.mirror.ids('session')][0] ?? '';
    expect((await bed.peek(id))?.confirmBy).toBe(bed.clock.now() + 5 * MINUTE);
  });

  it.each<[string, (bed: Bed, id: string) => Promise<unknown>]>([
    ['Get', (bed, id) => bed.engine.sessions.get(ALICE, byId(id))],
    ['KeepAlive', (bed, id) => bed.engine.sessions.keepAlive(ALICE, byId(id))],
    ['Extend', (bed, id) => bed.engine.sessions.extend(ALICE, byId(id), bed.clock.now() + 2 * HOUR)],
    ['a retry', (bed) => bed.engine.sessions.acquire(ALICE, input({ requestId: 'once' }), NEVER)],
    ['Watch', (bed, id) => bed.engine.sessions.watch(ALICE, byId(id), 0, NEVER)[Symbol.asyncIterator]().next()],
  ])('is made good by %s', async (_, confirm) => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ requestId: 'once', waitMs: 0 });
    await bed.until('it is active', async () => (await phaseOf(bed, session.id)) === 'active');
    expect((await bed.peek(session.id))?.confirmBy).toBeTypeOf('number');
    await bed.finish(confirm(bed, session.id));
    expect(await bed.peek(session.id)).toMatchObject({ phase: 'active', confirmBy: null });
    await bed.clock.advance(6 * MINUTE);
    expect(await phaseOf(bed, session.id)).toBe('active');
  });

  it('is made good by a watch that was there before the session was active', async () => {
    const bed = await engineBed();
    bed.world.knobs.bootSlowly = true;
    const { session } = await bed.acquire({ waitMs: 0 });
    const stop = new AbortController();
    const phases: string[] = [];
    const watching = (async () => {
      for await (const v of bed.engine.sessions.watch(ALICE, byId(session.id), 0, stop.signal))
        phases.push(v.session.phase);
    })();
    await bed.until('it boots', () => bed.phases('instance').booting);
    for (const tag of bed.world.tags()) bed.world.boot(tag);
    await bed.until('the watcher sees it active', () => phases.includes('active'));
    expect(await bed.peek(session.id)).toMatchObject({ phase: 'active', confirmBy: null });
    stop.abort();
    await expect(bed.finish(watching)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the lifetime of a session', () => {
  it('counts from active and ends it with its instance', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ lifetimeMs: 10 * MINUTE });
    await bed.clock.advance(10 * MINUTE - SECOND);
    expect(await phaseOf(bed, session.id)).toBe('active');
    expect(await released(bed, session.id, 2 * SECOND)).toMatchObject({
      why: 'expired',
      detail: 'its lifetime was over',
    });
    const { mirror } = bed.engine;
    await bed.until('nothing is left', () => mirror.size('instance') === 0 && mirror.size('proxy') === 0);
    expect(bed.world.tags()).toEqual([]);
    expect(await bed.store.counters(['instances/costless'])).toEqual([0]);
  });

  it('is warned of before, and the warning is taken back when it is extended', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ lifetimeMs: 10 * MINUTE });
    if (session.phase !== 'active') throw new Error('it is not active');
    const warned = await bed.until('the warning', async () => (await bed.peek(session.id))?.warning, 10 * MINUTE);
    expect(warned).toEqual({ reason: 'expired', endAt: session.expireAt });
    expect(session.expireAt - bed.clock.now()).toBeLessThanOrEqual(MINUTE);
    expect(session.expireAt - bed.clock.now()).toBeGreaterThan(MINUTE - SECOND);
    const later = session.expireAt + 10 * MINUTE;
    const view = await bed.finish(bed.engine.sessions.extend(ALICE, byId(session.id), later));
    expect(view.session).toMatchObject({ expireAt: later, warning: null });
    await bed.clock.advance(5 * MINUTE);
    expect(await phaseOf(bed, session.id)).toBe('active');
  });

  it('is extended once by a retry, and never beyond the greatest age or into the past', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    const extend = (at: number) => bed.finish(bed.engine.sessions.extend(ALICE, byId(session.id), at));
    const now = bed.clock.now();
    const activeAt = session.phase === 'active' ? session.activeAt : 0;
    const once = await extend(now + 3 * HOUR);
    expect((await extend(now + 3 * HOUR)).session.revision).toBe(once.session.revision);
    expect((await extend(activeAt + 24 * HOUR)).session).toMatchObject({ expireAt: activeAt + 24 * HOUR });
    for (const at of [activeAt + 24 * HOUR + 1, bed.clock.now(), now - HOUR])
      await expect(extend(at)).rejects.toMatchObject({
        code: 'invalid',
        details: { violations: [{ field: 'expire_time' }] },
      });
    expect((await extend(now + HOUR)).session).toMatchObject({ expireAt: now + HOUR });
  });

  it('cannot be extended before it begins nor after it is over', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const { session } = await bed.acquire({ waitMs: 0 });
    const extend = () => bed.finish(bed.engine.sessions.extend(ALICE, byId(session.id), bed.clock.now() + HOUR));
    await expect(extend()).rejects.toMatchObject({ code: 'precondition', details: { reason: 'SESSION_NOT_ACTIVE' } });
    await bed.finish(bed.engine.sessions.release(ALICE, byId(session.id)));
    await expect(extend()).rejects.toMatchObject({ code: 'precondition', details: { reason: 'SESSION_ENDED' } });
    const keepAlive = bed.engine.sessions.keepAlive(ALICE, byId(session.id));
    await expect(bed.finish(keepAlive)).rejects.toMatchObject({ details: { reason: 'SESSION_ENDED' } });
  });

  it('survives a restart of the broker', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ lifetimeMs: 10 * MINUTE });
    await bed.first.stop();
    await bed.clock.advance(9 * MINUTE);
    const second = await bed.replica();
    await bed.until('it leads', () => second.engine.isLeading());
    expect(await phaseOf(bed, session.id)).toBe('active');
    expect(await released(bed, session.id, 2 * MINUTE)).toMatchObject({ why: 'expired' });
  });
});

describe('an idle session', () => {
  const idle = { idleTimeoutMs: 2 * MINUTE };

  it('ends after its idle timeout, with a warning before', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire(idle);
    await bed.clock.advance(90 * SECOND);
    expect((await bed.peek(session.id))?.warning).toMatchObject({ reason: 'idle' });
    expect(await released(bed, session.id, 31 * SECOND)).toMatchObject({ why: 'idle' });
  });

  it('lives on with each KeepAlive, its warning taken back', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire(idle);
    for (let n = 0; n < 4; n++) {
      await bed.clock.advance(100 * SECOND);
      expect((await bed.peek(session.id))?.warning).toMatchObject({ reason: 'idle' });
      const view = await bed.finish(bed.engine.sessions.keepAlive(ALICE, byId(session.id)));
      expect(view.session).toMatchObject({ phase: 'active', warning: null });
    }
    expect(await released(bed, session.id, 121 * SECOND)).toMatchObject({ why: 'idle' });
  });

  it('is not told as used by Get alone', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire(idle);
    await bed.clock.advance(MINUTE);
    await bed.get(session.id);
    expect(await released(bed, session.id, 61 * SECOND)).toMatchObject({ why: 'idle' });
  });
});

describe('a clock that jumps', () => {
  it('ends no start and bans no machine: that time did not pass for them either', async () => {
    const bed = await engineBed({ classes: [aClass({ bootTimeoutMs: 40 * SECOND })] });
    bed.world.knobs.bootSlowly = true;
    bed.world.knobs.machines = [{ machine: 'm1', host: 'h1' }];
    const { session } = await bed.acquire({ waitMs: 0 });
    const tag = await bed.until('it boots', () => bed.phases('instance').booting === 1 && bed.world.tags()[0]);
    const { bootTimeoutMs = 0 } = bed.engine.mirror.instance(tag) ?? {};
    for (let n = 0; n < 2; n++) {
      bed.clock.jump(2 * HOUR);
      await bed.clock.advance(bootTimeoutMs / 4);
    }
    expect(bed.engine.mirror.instance(tag)?.phase).toBe('booting');
    expect([...bed.engine.mirror.all('machine')].filter((m) => m.ban !== null)).toEqual([]);
    // What has passed by then still counts.
    await bed.until('it was given up', () => !bed.world.tags().includes(tag), bootTimeoutMs * 0.6);
    expect(bed.engine.mirror.machine('costless', 'm1')?.ban).toMatchObject({ reason: 'slow-start' });
    expect(await phaseOf(bed, session.id)).not.toBe('active');
  });

  it('ends nothing for a minute, and then what is over', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    const waiting = await bed.acquire({ waitMs: 0, requirements: { regions: ['DE'] } });
    await bed.clock.advance(2 * MINUTE);
    bed.clock.jump(2 * HOUR);
    await bed.clock.advance(59 * SECOND);
    expect(await phaseOf(bed, session.id)).toBe('active');
    expect(await phaseOf(bed, waiting.session.id)).toBe('queued');
    expect(await released(bed, session.id, 20 * SECOND)).toMatchObject({ why: 'expired' });
    expect(await released(bed, waiting.session.id, 20 * SECOND)).toMatchObject({ why: 'queue-timeout' });
  });

  it('back in time only makes a session live longer', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ lifetimeMs: 10 * MINUTE });
    bed.clock.jump(-2 * HOUR);
    await bed.clock.advance(15 * MINUTE);
    expect(await phaseOf(bed, session.id)).toBe('active');
    expect((await bed.acquire()).session.phase).toBe('active');
  });
});

describe('a released session', () => {
  it('is kept with its reason and then dropped with everything of it', async () => {
    const bed = await engineBed({ keepEndedMs: 10 * MINUTE });
    const { session } = await bed.acquire({ name: 'lab', requestId: 'once', env: { USER_A: 'x' } });
    for (let n = 0; n < 3; n++) await bed.acquire({ name: 'lab', requestId: `alias-${n}`, onConflict: 'return' });
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'request', requestId: 'alias-1' }));
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'request', requestId: 'never-seen' }));
    await bed.clock.advance(9 * MINUTE);
    expect((await bed.get(session.id)).session).toMatchObject({ phase: 'released', why: 'client' });
    await bed.clock.advance(90 * SECOND);
    await expect(bed.get(session.id)).rejects.toMatchObject({ code: 'not-found' });
    const keys = [
      ...[`session/${session.id}`, `secret/${session.id}`, 'name/default/lab', 'request/default/once'],
      ...['request/default/never-seen', ...[0, 1, 2].map((n) => `request/default/alias-${n}`)],
    ];
    expect(await bed.store.read(keys)).toEqual(keys.map(() => null));
    for (const set of ['sessions/live', 'sessions/ended', 'expiry', 'instances', 'proxies', `aliases/${session.id}`])
      expect([set, await bed.store.range(set, { by: 'member', prefix: '', limit: 10 })]).toEqual([set, []]);
    expect((await bed.acquire({ name: 'lab', requestId: 'once' })).session.id).not.toBe(session.id);
  });

  it('leaves its name to the session that has it now', async () => {
    const bed = await engineBed({ keepEndedMs: 10 * MINUTE });
    const first = await bed.acquire({ name: 'lab' });
    await bed.finish(bed.engine.sessions.release(ALICE, byId(first.session.id)));
    const second = await bed.acquire({ name: 'lab' });
    await bed.clock.advance(11 * MINUTE);
    const found = await bed.finish(bed.engine.sessions.get(ALICE, { by: 'name', name: 'lab' }));
    expect(found.session.id).toBe(second.session.id);
  });
});
