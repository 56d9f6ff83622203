import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADMIN, ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { ADDRESSES } from '../support/fixtures.ts';

const DOLLAR = 1_000_000;

describe('What was made twice with one tag', () => {
  it('is told as untracked and ended, and the one that the session has goes on', async () => {
    const b = await engineBed();
    b.world.knobs.microsPerHour = DOLLAR;
    const { session } = await b.acquire();
    const [own = ''] = b.world.held.keys();
    const [tag] = b.world.tags();
    b.world.knobs.ignoreDestroys = true;
    const again = b.world.double(tag ?? 'i-');
    const untracked = async () => (await b.finish(b.engine.admin.status(ADMIN))).providers[0]?.untrackedMicrosPerHour;
    await b.until('it is told of', async () => (await untracked()) === DOLLAR);
    b.world.knobs.ignoreDestroys = false;
    await b.until('it is ended', () => !b.world.held.has(again));
    await b.until('nothing is untracked', async () => (await untracked()) === 0);
    expect([...b.world.held.keys()]).toEqual([own]);
    expect((await b.get(session.id)).session.phase).toBe('active');
  });

  it('does not keep alive what the session had, nor outlive it', async () => {
    const b = await engineBed();
    const { session } = await b.acquire();
    const [tag] = b.world.tags();
    b.world.double(tag ?? 'i-');
    await b.finish(b.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await b.until('both are gone', () => b.world.held.size + b.engine.mirror.size('instance') === 0, MINUTE);
  });

  it('does not hide that the one which the session had has vanished', async () => {
    const b = await engineBed();
    const { session } = await b.acquire();
    const [own = ''] = b.world.held.keys();
    const [tag] = b.world.tags();
    b.world.double(tag ?? 'i-');
    b.world.held.delete(own);
    await b.until('its loss is known', async () => (await b.get(session.id)).session.phase === 'released', MINUTE);
    expect((await b.get(session.id)).session).toMatchObject({ why: 'instance-lost' });
    await b.until('nothing is left', () => b.world.held.size === 0, MINUTE);
  });
});

describe('An instance that the store has as intended', () => {
  it('is not asked for again by another leader where its provider shows it: the store was older than that', async () => {
    // The second has to wait for its turn.
    const b = await engineBed({ limits: { createEveryMs: 10 * MINUTE } });
    await b.acquire();
    const acquired = b.engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER);
    const { session } = await b.finish(acquired);
    const intended = await b.until('it is intended', () =>
      [...b.engine.mirror.all('instance')].find((i) => i.phase === 'intended'),
    );
    await b.first.stop();
    b.world.plant(intended.id, 'costless', { status: 'running', addresses: ADDRESSES });
    const second = await b.replica();
    await b.until('it leads', () => second.engine.isLeading(), MINUTE);
    const get = () => b.finish(second.engine.sessions.get(ALICE, { by: 'id', id: session.id }));
    await b.until('it is active', async () => (await get()).session.phase === 'active', 30 * SECOND);
    expect((await get()).session).toMatchObject({ instance: { id: intended.id } });
    expect(b.world.calls.create).toBe(1);
    expect(b.world.held.size).toBe(2);
  });
});
