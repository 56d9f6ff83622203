import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { InstanceId } from '../../src/domain/ids.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const call = (bed: Bed, over = {}) => bed.engine.sessions.acquire(ALICE, input(over), NEVER);
const nothingLeft = (bed: Bed) =>
  bed.until('nothing is left', () => bed.engine.mirror.size('instance') === 0 && bed.engine.mirror.size('proxy') === 0);
function each(bed: Bed, happen: (tag: InstanceId) => void): void {
  for (const tag of bed.world.tags()) happen(tag);
}
const unknown = () => new BrokerError('outcome-unknown', 'the line broke');

describe('a start', () => {
  it('that takes long is noticed when its instance runs', async () => {
    const bed = await engineBed();
    bed.world.knobs.bootSlowly = true;
    const starting = call(bed);
    const tag = await bed.until('it boots', () => bed.phases('instance').booting === 1 && bed.world.tags()[0]);
    await bed.clock.advance(MINUTE);
    bed.world.boot(tag);
    expect((await bed.finish(starting, SECOND)).session).toMatchObject({ phase: 'active', attempts: 1 });
  });

  it('is tried again, and the last failure is told with the provider’s own words', async () => {
    const bed = await engineBed();
    const full = (text: string) => new BrokerError('no-capacity', text);
    bed.world.knobs.failCreates = [full('no disk'), full('no network'), full('no room')];
    await expect(bed.acquire()).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('no room (the last of 3 attempts)'),
      details: { reason: 'START_FAILED' },
    });
    expect(bed.world.calls.create).toBe(3);
    await nothingLeft(bed);
  });

  it('that the provider refuses whatever the machine is not tried again', async () => {
    const bed = await engineBed();
    bed.world.knobs.failCreates = [new BrokerError('refused-by-provider', 'there is no such image')];
    await expect(bed.acquire()).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringMatching(/start-failed\): there is no such image$/),
      details: { reason: 'START_FAILED' },
    });
    expect(bed.world.calls.create).toBe(1);
    await nothingLeft(bed);
  });

  it('that works at the second attempt is one session', async () => {
    const bed = await engineBed();
    bed.world.knobs.failCreates = [new BrokerError('no-capacity', 'just gone')];
    expect((await bed.acquire()).session).toMatchObject({ phase: 'active', attempts: 2 });
  });

  it('that is not ready in time is given up with its machine', async () => {
    const bed = await engineBed({ classes: [aClass({ startAttempts: 1, bootTimeoutMs: 30 * SECOND })] });
    bed.prober.silent.add('127.0.0.1:9');
    await expect(bed.acquire()).rejects.toMatchObject({
      message: expect.stringContaining('it was not ready within 30 s; its last probe: connection refused'),
    });
    await nothingLeft(bed);
    expect(bed.world.tags()).toEqual([]);
  });

  it('is not given up for time in which its provider could not be seen', async () => {
    const bed = await engineBed({ classes: [aClass({ startAttempts: 1, bootTimeoutMs: 30 * SECOND })] });
    bed.world.knobs.bootSlowly = true;
    const starting = call(bed);
    const tag = await bed.until('it boots', () => bed.phases('instance').booting === 1 && bed.world.tags()[0]);
    await bed.clock.advance(10 * SECOND);
    bed.world.knobs.failLists = new BrokerError('unavailable', 'away');
    await bed.clock.advance(5 * MINUTE);
    expect(bed.phases('instance')).toEqual({ booting: 1 });
    bed.world.knobs.failLists = null;
    await bed.clock.advance(10 * SECOND);
    expect(bed.phases('instance')).toEqual({ booting: 1 });
    bed.world.boot(tag);
    expect((await bed.finish(starting)).session.phase).toBe('active');
  });

  it('goes on under another leader, whose own time of looking counts', async () => {
    const bed = await engineBed({ classes: [aClass({ startAttempts: 1, bootTimeoutMs: 30 * SECOND })] });
    bed.world.knobs.bootSlowly = true;
    const { session } = await bed.acquire({ waitMs: 0 });
    const tag = await bed.until('it boots', () => bed.phases('instance').booting === 1 && bed.world.tags()[0]);
    await bed.first.stop();
    await bed.clock.advance(5 * MINUTE);
    bed.world.boot(tag);
    const second = await bed.replica();
    await bed.until('it is active', () => second.engine.mirror.session(session.id)?.phase === 'active');
    expect(bed.world.calls.create).toBe(1);
  });

  it('whose program ends is told with its own detail', async () => {
    const bed = await engineBed({ classes: [aClass({ startAttempts: 1 })] });
    bed.world.knobs.bootSlowly = true;
    const starting = call(bed);
    starting.catch(() => undefined);
    const tag = await bed.until('it boots', () => bed.phases('instance').booting === 1 && bed.world.tags()[0]);
    bed.world.exit(tag, 'exit code 7');
    await expect(bed.finish(starting)).rejects.toMatchObject({
      message: expect.stringContaining('it ended while starting: exit code 7'),
    });
    await nothingLeft(bed);
  });

  it('that nobody wants any more is over with the session', async () => {
    const bed = await engineBed();
    bed.world.knobs.bootSlowly = true;
    const { session } = await bed.acquire({ waitMs: 0, command: ['mine'] });
    await bed.until('it boots', () => bed.phases('instance').booting);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await nothingLeft(bed);
    expect(bed.world.tags()).toEqual([]);
  });
});

describe('a create of unknown outcome', () => {
  it('is settled by its tag when an instance was made', async () => {
    const bed = await engineBed();
    bed.world.knobs.failCreates = [unknown()];
    bed.world.knobs.createsAnyway = true;
    expect((await bed.acquire()).session).toMatchObject({ phase: 'active', attempts: 1 });
    expect(bed.world.calls.create).toBe(1);
  });

  it('is settled by two lists without it when none was made, but not before it must have ended', async () => {
    const bed = await engineBed();
    bed.world.knobs.failCreates = [unknown()];
    const starting = call(bed);
    await bed.until('it was asked for', () => bed.world.calls.create === 1);
    await bed.clock.advance(9 * SECOND);
    expect(bed.phases('instance')).toEqual({ requested: 1 });
    expect((await bed.finish(starting, 3 * SECOND)).session).toMatchObject({ phase: 'active', attempts: 2 });
  });

  it('is not settled by lists that fail, however long', async () => {
    const bed = await engineBed();
    bed.world.knobs.failCreates = [unknown()];
    const starting = call(bed);
    await bed.until('it was asked for', () => bed.world.calls.create === 1);
    bed.world.knobs.failLists = new BrokerError('unavailable', 'away');
    await bed.clock.advance(5 * MINUTE);
    expect(bed.phases('instance')).toEqual({ requested: 1 });
    expect(bed.world.calls.create).toBe(1);
    bed.world.knobs.failLists = null;
    expect((await bed.finish(starting, 3 * SECOND)).session.phase).toBe('active');
  });

  it('leaks nothing when its session has gone meanwhile', async () => {
    const bed = await engineBed();
    let go = (): void => undefined;
    bed.world.knobs.hangCreates = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { session } = await bed.acquire({ waitMs: 0, env: { USER_A: 'x' } });
    await bed.until('it is asked for', () => bed.world.calls.create === 1);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await bed.until('it is released', async () => (await bed.peek(session.id))?.phase === 'released');
    expect(bed.phases('instance')).toEqual({ destroying: 1 });
    go();
    await nothingLeft(bed);
    expect(bed.world.tags()).toEqual([]);
  });

  it('leaks nothing when the broker stops in the middle of it', async () => {
    const bed = await engineBed();
    bed.world.knobs.failCreates = [unknown()];
    bed.world.knobs.createsAnyway = true;
    bed.world.knobs.failLists = new BrokerError('unavailable', 'away');
    const { session } = await bed.acquire({ waitMs: 0 });
    await bed.until('it was asked for', () => bed.world.calls.create === 1);
    await bed.first.stop();
    bed.world.knobs.failLists = null;
    const second = await bed.replica();
    const active = () => second.engine.mirror.session(session.id)?.phase === 'active';
    await bed.until('it is active', active);
    expect(bed.world.calls.create).toBe(1);
    expect(bed.world.tags()).toHaveLength(1);
  });
});

describe('an instance in use', () => {
  it.each<[string, (bed: Bed) => void, string]>([
    ['vanishes', (bed) => each(bed, bed.world.vanish), 'it vanished'],
    ['ends', (bed) => each(bed, (tag) => bed.world.exit(tag, 'exit code 1')), 'it ended: exit code 1'],
  ])('ends its session as lost when it %s', async (_, happen, detail) => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    happen(bed);
    await bed.until('the session is released', async () => (await bed.peek(session.id))?.phase === 'released', MINUTE);
    expect(await bed.peek(session.id)).toMatchObject({ why: 'instance-lost', detail, wasActive: true });
    await nothingLeft(bed);
  });

  it('is not lost by lists that fail or say nothing of it', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    bed.world.knobs.failLists = new BrokerError('unavailable', 'away');
    await bed.clock.advance(10 * MINUTE);
    bed.world.knobs.failLists = null;
    for (const tag of bed.world.tags()) bed.world.blur(tag, 'no answer');
    await bed.clock.advance(10 * MINUTE);
    expect((await bed.get(session.id)).session.phase).toBe('active');
  });

  it('is destroyed again and again until it is gone', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    bed.world.knobs.ignoreDestroys = true;
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await bed.clock.advance(10 * MINUTE);
    const asked = bed.world.calls.destroy;
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(40);
    expect(bed.phases('instance')).toEqual({ destroying: 1 });
    bed.world.knobs.ignoreDestroys = false;
    await bed.until('it is gone', () => bed.engine.mirror.size('instance') === 0, 2 * MINUTE);
  });
});

describe('an instance without a record', () => {
  it('is ended when two lists have shown it, and one of another installation is not', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    if (session.phase !== 'active') throw new Error('it is not active');
    const held = [...bed.world.held.values()][0];
    if (held === undefined) throw new Error('there is no instance');
    const stranger = 'i-0000000000000000000000orph' as const;
    bed.world.held.set(`costless-${stranger}`, { ...held, tag: stranger });
    bed.world.held.set('foreign', { ...held, tag: stranger, installation: 'other' });
    await bed.until('the stranger is gone', () => !bed.world.held.has(`costless-${stranger}`), MINUTE);
    expect(bed.world.held.has('foreign')).toBe(true);
    expect(bed.world.tags()).toContain(session.instance.id);
  });
});
