import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/domain/time.ts';
import { ADMIN, ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass, GRANTED } from '../support/fixtures.ts';

const warm = (target: number) => aClass({ reserve: { ...aClass().reserve, target } });

describe('acquiring without a reserve', () => {
  it('starts an instance for the session and answers when it is active', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ owner: 'ann', labels: { a: '1' } });
    expect(session).toMatchObject({
      phase: 'active',
      fromReserve: false,
      attempts: 1,
      confirmBy: null,
      tenant: 'default',
    });
    expect(session.asked).toMatchObject({ owner: 'ann', labels: { a: '1' } });
    expect(bed.world.tags()).toHaveLength(1);
    expect(bed.phases('instance')).toEqual({ bound: 1 });
  });

  it('gives the instance the command with its words filled in, and the class’s environment below its own', async () => {
    const bed = await engineBed({ classes: [aClass({ env: { A: 'class', USER_B: 'class' } })] });
    const { session } = await bed.acquire({
      command: ['run', '{{cpu_limit}}', '{{session_id}}', '{{port.http}}'],
      env: { USER_B: 'own', USER_C: 'own' },
      requirements: { cpuLimit: 4 },
    });
    const order = bed.world.orderOf(bed.world.tags()[0] ?? 'i-');
    expect(order?.command).toEqual(['run', '4', session.id, '{{port.http}}']);
    expect(order?.env).toEqual({ A: 'class', USER_B: 'own', USER_C: 'own' });
    expect(order?.offer.granted.cpu.limit).toBe(4);
  });

  it('keeps the environment out of the session’s record and drops its secret with the session', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ env: { USER_KEY: 'hush-hush' } });
    expect(JSON.stringify(await bed.peek(session.id))).not.toContain('hush-hush');
    expect((await bed.store.read([`secret/${session.id}`]))[0]?.value).toMatchObject({
      env: { USER_KEY: 'hush-hush' },
    });
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await bed.until('the session is released', async () => (await bed.peek(session.id))?.phase === 'released');
    expect(await bed.store.read([`secret/${session.id}`])).toEqual([null]);
  });

  it('refuses what the class does not allow, and leaves nothing behind', async () => {
    const bed = await engineBed();
    await expect(bed.acquire({ class: 'nope' })).rejects.toMatchObject({
      code: 'invalid',
      message: 'class: "nope" is not configured; accepted: echo',
    });
    await expect(bed.acquire({ lifetimeMs: 1, env: { HOME: '' } })).rejects.toMatchObject({
      code: 'invalid',
      details: { violations: [{ field: 'lifetime' }, { field: 'env[HOME]' }] },
    });
    expect(bed.phases('session')).toEqual({});
    expect(bed.world.calls.create).toBe(0);
  });
});

describe('acquiring from the reserve', () => {
  it('is answered at once, confirmed, with another instance than anyone else', async () => {
    const bed = await engineBed({ classes: [warm(3)] });
    await bed.until('three are ready', () => bed.ready() === 3);
    const before = bed.clock.monotonic();
    const all = await bed.finish(
      Promise.all([1, 2, 3].map(() => bed.engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER))),
    );
    expect(bed.clock.monotonic()).toBe(before);
    for (const { session } of all)
      expect(session).toMatchObject({ phase: 'active', fromReserve: true, confirmBy: null });
    const instances = all.map(({ session }) => (session.phase === 'active' ? session.instance.id : ''));
    expect(new Set(instances).size).toBe(3);
    await bed.until('the reserve is full again', () => bed.ready() === 3);
  });

  it('never hands one member to two of many callers at once, on two replicas', async () => {
    const bed = await engineBed({ classes: [warm(10)] });
    await bed.until('ten are ready', () => bed.ready() === 10);
    const second = await bed.replica({ mayLead: false });
    const calls = Array.from({ length: 30 }, (_, n) =>
      (n % 2 ? second : bed.first).engine.sessions.acquire(ALICE, input(), NEVER),
    );
    const all = await bed.finish(Promise.all(calls));
    const instances = all.map(({ session }) => (session.phase === 'active' ? session.instance.id : 'none'));
    expect(new Set(instances).size).toBe(30);
    expect(instances).not.toContain('none');
  });

  it('serves whoever asks for no more than a member has', async () => {
    const bed = await engineBed({ classes: [warm(1)] });
    await bed.until('one is ready', () => bed.ready() === 1);
    const { session } = await bed.acquire({ requirements: { cpuLimit: 1, memoryRequest: 1, maxMicrosPerHour: 0 } });
    expect(session).toMatchObject({ fromReserve: true, instance: { granted: GRANTED } });
  });

  it.each([
    ['more than a member has', { requirements: { cpuLimit: 4 } }],
    ['its own command', { command: ['mine'] }],
    ['its own environment', { env: { USER_A: 'x' } }],
  ])('goes cold with %s', async (_, over) => {
    const bed = await engineBed({ classes: [warm(1)] });
    await bed.until('one is ready', () => bed.ready() === 1);
    const { session } = await bed.acquire(over);
    expect(session).toMatchObject({ phase: 'active', fromReserve: false });
    expect(bed.ready()).toBe(1);
  });

  it('is handed no smaller instance that was left over by another', async () => {
    const bed = await engineBed();
    bed.world.knobs.bootSlowly = true;
    const small = await bed.acquire({ waitMs: 0, requirements: { memoryLimit: 2 ** 20, memoryRequest: 2 ** 20 } });
    await bed.until('it boots', () => bed.phases('instance').booting);
    bed.world.knobs.soldOut = true;
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 1));
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: small.session.id }));
    for (const tag of bed.world.tags()) bed.world.boot(tag);
    await bed.until('it is gone', () => bed.world.tags().length === 0);
    expect(bed.ready()).toBe(0);
  });

  it('takes over an instance that was started for one who left early', async () => {
    const bed = await engineBed({ classes: [warm(1)] });
    await bed.until('one is ready', () => bed.ready() === 1);
    bed.world.knobs.bootSlowly = true;
    const first = await bed.acquire();
    expect(first.session).toMatchObject({ fromReserve: true });
    const early = await bed.acquire({ waitMs: 0 });
    expect(early.session.phase).toBe('queued');
    await bed.until('two boot', () => bed.phases('instance').booting === 2);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: early.session.id }));
    await bed.until('one is given back', () => bed.world.tags().length === 2);
    for (const tag of bed.world.tags()) if (bed.engine.mirror.instance(tag)?.phase === 'booting') bed.world.boot(tag);
    await bed.until('one is ready', () => bed.ready() === 1, 10 * SECOND);
    await bed.until('the surplus is gone', () => bed.phases('instance').destroying === undefined);
    expect(bed.phases('instance')).toEqual({ bound: 1, ready: 1 });
  });
});
