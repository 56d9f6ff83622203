import { describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '../../src/domain/time.ts';
import type { Store } from '../../src/ports/store.ts';
import { ALICE, engineBed, input, NEVER, OTHER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

describe('a retry of the same request_id', () => {
  it('answers the same active session, and starts nothing', async () => {
    const bed = await engineBed();
    const asked = { requestId: 'once', env: { USER_A: 'x', USER_B: 'y' }, labels: { a: '1', b: '2' } };
    const first = await bed.acquire(asked);
    const again = await bed.acquire({
      ...asked,
      env: { USER_B: 'y', USER_A: 'x' },
      labels: { b: '2', a: '1' },
      waitMs: 0,
    });
    expect(again.session.id).toBe(first.session.id);
    expect(bed.world.calls.create).toBe(1);
  });

  it('joins the wait for a session that is still queued', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const asked = { requestId: 'once' };
    const first = await bed.acquire({ ...asked, waitMs: 0 });
    expect(first.session.phase).toBe('queued');
    const both = [1, 2].map(() => bed.engine.sessions.acquire(ALICE, input(asked), NEVER));
    await bed.clock.advance(SECOND);
    bed.world.knobs.soldOut = false;
    const answers = await bed.finish(Promise.all(both));
    expect(answers.map((a) => [a.session.id, a.session.phase])).toEqual([
      [first.session.id, 'active'],
      [first.session.id, 'active'],
    ]);
  });

  it('made at the same time by many calls is one session', async () => {
    const bed = await engineBed();
    const calls = Array.from({ length: 10 }, () =>
      bed.engine.sessions.acquire(ALICE, input({ requestId: 'once' }), NEVER),
    );
    const all = await bed.finish(Promise.all(calls));
    expect(new Set(all.map((a) => a.session.id)).size).toBe(1);
    expect(bed.world.calls.create).toBe(1);
  });

  it('is told why the session ended before it was active', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    const asked = { requestId: 'once', queueTimeoutMs: 5 * SECOND };
    await expect(bed.acquire(asked)).rejects.toMatchObject({
      code: 'exhausted',
      details: { reason: 'QUEUE_TIMEOUT', quota: { subject: 'class:echo' } },
    });
    await expect(bed.acquire(asked)).rejects.toMatchObject({ code: 'exhausted', details: { reason: 'QUEUE_TIMEOUT' } });
    const released = { requestId: 'twice' };
    await bed.acquire({ ...released, waitMs: 0 });
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'request', requestId: 'twice' }));
    await expect(bed.acquire(released)).rejects.toMatchObject({
      code: 'aborted',
      details: { reason: 'RELEASED_BY_CLIENT' },
    });
  });

  it('is answered the ended session when it ended after it was active', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ requestId: 'once' });
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    const again = await bed.acquire({ requestId: 'once' });
    expect(again.session).toMatchObject({ id: session.id, why: 'client', wasActive: true });
  });

  it.each([
    ['env', { env: { USER_A: 'z' } }],
    ['env', { env: {} }],
    ['lifetime', { lifetimeMs: 2 * HOUR }],
    ['owner,labels', { owner: 'bob', labels: { x: 'y' } }],
  ])('is refused when it differs in %s', async (fields, over) => {
    const bed = await engineBed();
    const asked = { requestId: 'once', env: { USER_A: 'x' } };
    const { session } = await bed.acquire(asked);
    await expect(bed.acquire({ ...asked, ...over })).rejects.toMatchObject({
      code: 'already-exists',
      details: { reason: 'REQUEST_ID_REUSED', metadata: { fields, session_id: session.id } },
    });
  });

  it('of another tenant is another session', async () => {
    const bed = await engineBed();
    const a = await bed.acquire({ requestId: 'once' });
    const b = await bed.acquire({ requestId: 'once' }, OTHER);
    expect(b.session.id).not.toBe(a.session.id);
  });

  it('is made from another replica as well', async () => {
    const bed = await engineBed();
    const a = await bed.acquire({ requestId: 'once' });
    const second = await bed.replica({ mayLead: false });
    const b = await bed.finish(second.engine.sessions.acquire(ALICE, input({ requestId: 'once' }), NEVER));
    expect(b.session.id).toBe(a.session.id);
  });
});

describe('a release that overtakes its acquire', () => {
  it('leaves a tombstone that refuses the acquire, however often both come', async () => {
    const bed = await engineBed();
    const ref = { by: 'request', requestId: 'late' } as const;
    for (let n = 0; n < 2; n++) expect(await bed.finish(bed.engine.sessions.release(ALICE, ref))).toBeNull();
    for (let n = 0; n < 2; n++)
      await expect(bed.acquire({ requestId: 'late' })).rejects.toMatchObject({
        code: 'aborted',
        details: { reason: 'RELEASED_BEFORE_ACQUIRE' },
      });
    expect(bed.world.calls.create).toBe(0);
    await expect(bed.finish(bed.engine.sessions.get(ALICE, ref))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is no tombstone for another tenant', async () => {
    const bed = await engineBed();
    await bed.finish(bed.engine.sessions.release(OTHER, { by: 'request', requestId: 'late' }));
    expect((await bed.acquire({ requestId: 'late' })).session.phase).toBe('active');
  });

  it('is not found by a name or an id', async () => {
    const bed = await engineBed();
    for (const ref of [
      { by: 'name', name: 'n' },
      { by: 'id', id: 's-1' },
    ] as const)
      await expect(bed.finish(bed.engine.sessions.release(ALICE, ref))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a name', () => {
  it('is refused while a session of that name lives, and free once that has ended', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ name: 'lab' });
    await expect(bed.acquire({ name: 'lab' })).rejects.toMatchObject({
      code: 'already-exists',
      details: { reason: 'NAME_TAKEN', metadata: { session_id: session.id } },
    });
    expect((await bed.acquire({ name: 'lab' }, OTHER)).session.phase).toBe('active');
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'name', name: 'lab' }));
    const next = await bed.acquire({ name: 'lab' });
    expect(next.session.id).not.toBe(session.id);
    const found = await bed.finish(bed.engine.sessions.get(ALICE, { by: 'name', name: 'lab' }));
    expect(found.session.id).toBe(next.session.id);
  });

  it('answers the living session with RETURN, and every retry of that request too', async () => {
    const bed = await engineBed();
    const first = await bed.acquire({ name: 'lab', owner: 'ann' });
    const alias = {
      requestId: 'alias',
      name: 'lab',
      onConflict: 'return',
      owner: 'bob',
      env: { USER_A: 'x' },
    } as const;
    for (let n = 0; n < 2; n++) expect((await bed.acquire(alias)).session.id).toBe(first.session.id);
    await expect(bed.acquire({ ...alias, owner: 'eve' })).rejects.toMatchObject({
      details: { metadata: { fields: 'owner' } },
    });
    const ref = { by: 'request', requestId: 'alias' } as const;
    expect((await bed.finish(bed.engine.sessions.release(ALICE, ref)))?.session.id).toBe(first.session.id);
    expect((await bed.acquire(alias)).session).toMatchObject({ id: first.session.id, why: 'client' });
    expect(bed.world.calls.create).toBe(1);
  });

  it('starts a session with RETURN when none of that name lives', async () => {
    const bed = await engineBed();
    expect((await bed.acquire({ name: 'lab', onConflict: 'return' })).session.phase).toBe('active');
  });

  it('replaces the living session with REPLACE, in the same commit', async () => {
    const bed = await engineBed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 1 } })] });
    await bed.until('one is ready', () => bed.ready() === 1);
    const first = await bed.acquire({ name: 'lab' });
    await bed.until('one is ready', () => bed.ready() === 1);
    const second = await bed.acquire({ name: 'lab', onConflict: 'replace', requestId: 'b' });
    expect(second.session).toMatchObject({ phase: 'active', fromReserve: true });
    const ended = await bed.get(first.session.id);
    expect(ended.session).toMatchObject({ why: 'client', detail: 'replaced by a session of the same name' });
    expect((await bed.acquire({ name: 'lab', onConflict: 'replace', requestId: 'b' })).session.id).toBe(
      second.session.id,
    );
  });

  it('is taken over also from a session that changes at that very moment', async () => {
    const bed = await engineBed();
    const first = await bed.acquire({ name: 'lab' });
    let touched = false;
    const store: Store = {
      ...bed.store,
      async commit(c) {
        if (!touched && c.put?.some((p) => p.key === `session/${first.session.id}`)) {
          touched = true;
          await bed.engine.sessions.keepAlive(ALICE, { by: 'id', id: first.session.id });
        }
        return bed.store.commit(c);
      },
    };
    const second = await bed.replica({ mayLead: false, store });
    const call = second.engine.sessions.acquire(ALICE, input({ name: 'lab', onConflict: 'replace' }), NEVER);
    expect((await bed.finish(call)).session.phase).toBe('active');
    expect(touched).toBe(true);
    expect((await bed.get(first.session.id)).session).toMatchObject({ why: 'client' });
  });

  it('wanted by many at once with REPLACE is the last one’s, and only that one lives', async () => {
    const bed = await engineBed();
    const calls = Array.from({ length: 6 }, () =>
      bed.engine.sessions
        .acquire(ALICE, input({ name: 'lab', onConflict: 'replace' }), NEVER)
        .catch((err: unknown) => err),
    );
    await bed.finish(Promise.all(calls));
    await bed.until('one lives', () => bed.engine.mirror.size('session') === 1);
    const holder = await bed.finish(bed.engine.sessions.get(ALICE, { by: 'name', name: 'lab' }));
    expect(holder.session.phase).toBe('active');
  });
});
