import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { ADMIN, ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
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

describe('an instance', () => {
  it.each([
    ['released', true],
    ['forgotten', false],
  ])('whose session was %s without it is ended, and its proxy with it', async (_, isKept) => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    const key = `session/${session.id}`;
    const [stored] = await bed.store.read([key]);
    const was = stored?.revision ?? 0;
    const ended = { ...(stored?.value as object), phase: 'released' };
    const member = `${session.tenant}/${session.id}`;
    await bed.store.commit({
      ...(isKept ? { put: [{ key, was, value: ended }] } : { drop: [{ key, was }] }),
      index: [{ set: 'sessions/live', member, score: null }],
    });
    await bed.until('all is gone', () => bed.world.tags().length === 0, 2 * MINUTE);
    await bed.until('no instance is left', () => Object.keys(bed.phases('instance')).length === 0);
    await bed.until('no proxy is left', () => Object.keys(bed.phases('proxy')).length === 0);
    expect(await bed.store.counters(['instances/costless'])).toEqual([0]);
  });
});

describe('a reserve that cannot be filled', () => {
  const reason = async (bed: Awaited<ReturnType<typeof engineBed>>) =>
    (await bed.finish(bed.engine.admin.reserves(ADMIN, 'echo')))[0]?.lastFailure;

  it('says that nothing is on offer, and no longer when it is filled', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 1));
    await bed.until('it says why', async () => (await reason(bed)) === 'costless has nothing with these resources');
    bed.world.knobs.soldOut = false;
    await bed.until('it is full', () => bed.ready() === 1);
    await bed.until('all is well', async () => (await reason(bed)) === '');
  });

  it('says that a cap is in the way', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 2));
    await bed.until(
      'it says why',
      async () => (await reason(bed)) === 'all 1 instances allowed on costless are in use',
    );
  });
});

describe('two admins who revoke each other', () => {
  it('do not both succeed while a client needs one of them', async () => {
    const bed = await engineBed();
    const make = (role: 'admin' | 'client') => bed.finish(bed.engine.admin.createToken(ADMIN, 'default', role, ''));
    const [a, b] = [await make('admin'), await make('admin')];
    await make('client');
    const both = [a, b].map(({ token }) => bed.engine.admin.revokeToken(ADMIN, token.id));
    const results = await bed.finish(Promise.allSettled(both));
    expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    const left = await bed.finish(bed.engine.admin.listTokens(ADMIN));
    expect(left.map((t) => t.role).sort()).toEqual(['admin', 'client']);
  });
});
