import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

/** Defects that reviews have found, each by the way it showed. */

const warm = (target: number) => aClass({ reserve: { ...aClass().reserve, target } });
const byId = (id: string) => ({ by: 'id', id }) as const;

describe('two replicas', () => {
  it('give the instance up when a session is released at the leader before that has heard of its claim', async () => {
    const bed = await engineBed({ classes: [warm(1)] });
    await bed.until('one is ready', () => bed.ready() === 1);
    const second = await bed.replica({ mayLead: false });
    const { session } = await second.engine.sessions.acquire(ALICE, input(), NEVER);
    expect(session).toMatchObject({ phase: 'active', fromReserve: true });
    expect(bed.engine.mirror.session(session.id)).toBeUndefined();
    await bed.engine.sessions.release(ALICE, byId(session.id));
    await bed.until('the session is released', async () => (await bed.peek(session.id))?.phase === 'released');
    const isOver = () => bed.phases('instance').bound === undefined && bed.phases('instance').destroying === undefined;
    await bed.until('its instance is gone', isOver);
    await bed.until('the reserve is full again', () => bed.ready() === 1);
    expect(bed.world.tags()).toHaveLength(1);
    expect(bed.phases('instance')).toEqual({ ready: 1 });
    expect(bed.phases('proxy')).toEqual({ serving: 1 });
  });
});

describe('a session that will not wait', () => {
  it('is given what is to be had before its queue timeout of 0 counts', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ queueTimeoutMs: 0 });
    expect(session.phase).toBe('active');
  });
});

describe('many callers at once', () => {
  it('may all say that a session is in use', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    await bed.clock.advance(1_000);
    const keep = () => bed.engine.sessions.keepAlive(ALICE, byId(session.id));
    const kept = await bed.finish(Promise.all(Array.from({ length: 200 }, keep)));
    for (const { session: s } of kept) expect(s).toMatchObject({ lastUsedAt: bed.clock.now() });
  });
});

describe('a retry', () => {
  it('meets its session also when its class was removed meanwhile', async () => {
    const bed = await engineBed();
    const asked = input({ env: { USER_KEY: 'x' } });
    const first = await bed.finish(bed.engine.sessions.acquire(ALICE, asked, NEVER));
    bed.classes.set([aClass({ name: 'other' })]);
    const again = await bed.finish(bed.engine.sessions.acquire(ALICE, asked, NEVER));
    expect(again.session.id).toBe(first.session.id);
    const changed = { ...asked, env: { USER_KEY: 'y' } };
    await expect(bed.finish(bed.engine.sessions.acquire(ALICE, changed, NEVER))).rejects.toMatchObject({
      details: { reason: 'REQUEST_ID_REUSED', metadata: { fields: 'env' } },
    });
    await expect(bed.acquire()).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('a session with a name', () => {
  it('takes every request_id along that was ever answered with it', async () => {
    const bed = await engineBed({ keepEndedMs: MINUTE });
    const { session } = await bed.acquire({ name: 'x' });
    const ask = () => bed.engine.sessions.acquire(ALICE, input({ name: 'x', onConflict: 'return', waitMs: 0 }), NEVER);
    for (let asked = 0; asked < 1_200; asked += 200) await bed.finish(Promise.all(Array.from({ length: 200 }, ask)));
    const members = () => bed.store.range(`aliases/${session.id}`, { by: 'member', prefix: '', limit: 1_000 });
    const [alias = ''] = await members();
    expect(await bed.store.read([alias])).not.toEqual([null]);
    await bed.finish(bed.engine.sessions.release(ALICE, byId(session.id)));
    await bed.until('it is forgotten', async () => (await bed.peek(session.id)) === undefined, 5 * MINUTE);
    expect(await members()).toEqual([]);
    expect(await bed.store.read([alias])).toEqual([null]);
  });
});
