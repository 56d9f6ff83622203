import { describe, expect, it } from 'vitest';
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
    await bed.until('only the reserve is left', () => bed.world.tags().length === 1 && bed.ready() === 1);
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
