import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/domain/caller.ts';
import type { ProxyId } from '../../src/domain/ids.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { SessionView } from '../../src/engine/use-cases.ts';
import { ADMIN, ALICE, engineBed, input, NEVER, OTHER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const byId = (id: string) => ({ by: 'id', id }) as const;
const release = (bed: Bed, id: string, caller = ALICE) => bed.finish(bed.engine.sessions.release(caller, byId(id)));
const proxyOf = ({ session }: SessionView): ProxyId => {
  if (session.phase !== 'active') throw new Error(`session ${session.id} is ${session.phase}`);
  return session.instance.proxy;
};
const isActive = async (bed: Bed, id: string): Promise<boolean> => (await bed.peek(id))?.phase === 'active';

describe('tenants that wait for the same class', () => {
  it('take turns, whoever asked for more', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    const holder = await bed.acquire({}, OTHER);
    const order: string[] = [];
    const ask = async (caller: Caller, name: string) => {
      const view = await bed.engine.sessions.acquire(caller, input({ queueTimeoutMs: 60 * MINUTE }), NEVER);
      order.push(name);
      await bed.engine.sessions.release(caller, byId(view.session.id));
    };
    const calls = [ask(ALICE, 'a1'), ask(ALICE, 'a2'), ask(ALICE, 'a3')];
    await bed.clock.advance(SECOND);
    calls.push(ask(OTHER, 'b1'), ask(OTHER, 'b2'));
    await bed.clock.advance(SECOND);
    await release(bed, holder.session.id, OTHER);
    await bed.finish(Promise.all(calls), 60 * MINUTE);
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('see their place, why they wait, and when it should be their turn', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    const holder = await bed.acquire({}, OTHER);
    const first = await bed.acquire({ waitMs: 0 });
    const second = await bed.acquire({ waitMs: 0 }, OTHER);
    await bed.clock.advance(SECOND);
    const seen = async (id: string, caller = ALICE) => bed.get(id, caller);
    expect(await seen(first.session.id)).toMatchObject({
      queuePosition: 1,
      session: { waitingFor: 'all 1 instances allowed on costless are in use', refused: { cap: 1 } },
    });
    // Instances of the costless world start at once.
    expect((await seen(first.session.id)).expectedActiveAt).toBe(bed.clock.now());
    expect(await seen(second.session.id, OTHER)).toMatchObject({ queuePosition: 2, expectedActiveAt: null });
    await release(bed, holder.session.id, OTHER);
    await bed.until('the first is served', () => isActive(bed, first.session.id));
    expect(await seen(first.session.id)).toMatchObject({ queuePosition: 0 });
    expect(await seen(second.session.id, OTHER)).toMatchObject({ queuePosition: 1 });
  });

  it('are told by a watch that they have moved up', async () => {
    const bed = await engineBed({ maxInstances: 1 });
    await bed.acquire();
    const ahead = await bed.acquire({ waitMs: 0 });
    const { session } = await bed.acquire({ waitMs: 0 });
    const places: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const view of bed.engine.sessions.watch(ALICE, byId(session.id), 0, stop.signal))
        places.push(view.queuePosition);
    })();
    await bed.until('the place is told', () => places.includes(2));
    await release(bed, ahead.session.id);
    await bed.until('the move is told', () => places.at(-1) === 1);
    stop.abort();
    await expect(watching).rejects.toThrow();
  });

  it('hear in the end how much was refused by which rule', async () => {
    const bed = await engineBed();
    const asked = bed.acquire({ queueTimeoutMs: MINUTE, requirements: { regions: ['DE'] } });
    await expect(asked).rejects.toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining('refused by: region 1'),
      details: { reason: 'QUEUE_TIMEOUT', metadata: { refused: 'region 1' } },
    });
  });

  it('of the same requirements cost one question to the provider in a pass, not one each', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    for (let n = 0; n < 50; n++) await bed.acquire({ waitMs: 0 });
    const before = bed.world.calls.offers;
    await bed.clock.advance(20 * SECOND);
    expect(bed.world.calls.offers - before).toBeLessThan(10);
  });
});

describe('the use of a session', () => {
  const idling = (over: Parameters<typeof aClass>[0] = {}) =>
    engineBed({ classes: [aClass({ proxy: 'stable', idleTimeoutMs: 2 * MINUTE, ...over })] });
  const uses = (bed: Bed, view: SessionView, over: Partial<{ ended: number; open: number; data: number }>) =>
    bed.stable.uses.set(proxyOf(view), {
      lastEndedAt: over.ended ?? null,
      connections: over.open ?? 0,
      lastDataAt: over.data ?? null,
    });

  it('keeps it from ending: requests, and connections as long as they are open', async () => {
    const bed = await idling();
    const view = await bed.acquire();
    await bed.clock.advance(90 * SECOND);
    uses(bed, view, { ended: bed.clock.now() });
    await bed.clock.advance(90 * SECOND);
    expect(await isActive(bed, view.session.id)).toBe(true);
    uses(bed, view, { open: 1 });
    await bed.clock.advance(10 * MINUTE);
    expect(await isActive(bed, view.session.id)).toBe(true);
    uses(bed, view, { ended: bed.clock.now() });
    await bed.clock.advance(2 * MINUTE - SECOND);
    expect(await isActive(bed, view.session.id)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view.session.id)), 20 * SECOND);
    expect(await bed.peek(view.session.id)).toMatchObject({ why: 'idle' });
  });

  it('is data on open connections where the class says so', async () => {
    const bed = await idling({ activity: { connections: 'data', http: null } });
    const view = await bed.acquire();
    uses(bed, view, { open: 1, data: bed.clock.now() });
    await bed.clock.advance(MINUTE);
    expect(await isActive(bed, view.session.id)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view.session.id)), 2 * MINUTE);
    expect(await bed.peek(view.session.id)).toMatchObject({ why: 'idle' });
  });

  it('is what the instance says of it, where open connections do not count', async () => {
    const http = { port: 'http', path: '/api/status', json: 'last_activity', timeoutMs: SECOND };
    const bed = await idling({ activity: { connections: 'ignore', http } });
    const view = await bed.acquire();
    uses(bed, view, { open: 1 });
    let last = bed.clock.now() + 100 * SECOND;
    bed.instanceHttp.answer = () => ({
      answered: true,
      status: 200,
      body: JSON.stringify({ last_activity: new Date(Math.min(last, bed.clock.now())).toISOString() }),
    });
    await bed.clock.advance(3 * MINUTE);
    expect(await isActive(bed, view.session.id)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view.session.id)), 2 * MINUTE);
    expect(bed.instanceHttp.asked[0]).toMatchObject({ method: 'GET', path: '/api/status', timeoutMs: SECOND });
    last = 0;
  });

  it('is a counter of the instance that has moved', async () => {
    const http = { port: 'http', path: '/n', json: 'n', timeoutMs: SECOND };
    const bed = await idling({ activity: { connections: 'ignore', http } });
    const view = await bed.acquire();
    let n = 0;
    bed.instanceHttp.answer = () => ({ answered: true, status: 200, body: JSON.stringify({ n }) });
    for (; n < 5; n++) await bed.clock.advance(MINUTE);
    expect(await isActive(bed, view.session.id)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view.session.id)), 3 * MINUTE);
  });

  it('that nobody could see for a while ends nothing until it is seen again', async () => {
    const bed = await idling();
    const view = await bed.acquire();
    const { activity } = bed.stable;
    bed.stable.activity = async () => {
      throw new Error('nothing can be seen');
    };
    await bed.clock.advance(10 * MINUTE);
    expect(await isActive(bed, view.session.id)).toBe(true);
    uses(bed, view, { ended: bed.clock.now() });
    bed.stable.activity = activity;
    await bed.clock.advance(MINUTE);
    expect(await isActive(bed, view.session.id)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view.session.id)), 2 * MINUTE);
  });

  it('is known to a new leader before it ends anything', async () => {
    const bed = await idling();
    const view = await bed.acquire();
    uses(bed, view, { open: 1 });
    await bed.clock.advance(MINUTE);
    const second = await bed.replica();
    await bed.first.stop();
    await bed.clock.advance(10 * MINUTE);
    expect(second.engine.isLeading()).toBe(true);
    expect(await isActive(bed, view.session.id)).toBe(true);
  });

  it('takes a warning back', async () => {
    const bed = await idling();
    const view = await bed.acquire();
    await bed.until('it is warned of', async () => (await bed.peek(view.session.id))?.warning !== null, 2 * MINUTE);
    uses(bed, view, { ended: bed.clock.now() });
    await bed.until('it is taken back', async () => (await bed.peek(view.session.id))?.warning === null, 20 * SECOND);
  });

  it('confirms one that nobody asked for', async () => {
    const bed = await engineBed({ classes: [aClass({ proxy: 'stable', confirmTimeoutMs: MINUTE })] });
    bed.world.knobs.bootSlowly = true;
    const { session } = await bed.acquire({ waitMs: 0 });
    const tag = await bed.until('it boots', () => bed.world.tags()[0] ?? null);
    bed.world.boot(tag);
    const proxy = await bed.until('it is active', () => {
      const s = bed.engine.mirror.session(session.id);
      return s?.phase === 'active' ? s.instance.proxy : null;
    });
    expect((await bed.peek(session.id))?.confirmBy).not.toBeNull();
    bed.stable.uses.set(proxy, { lastEndedAt: bed.clock.now() + 1, connections: 0, lastDataAt: null });
    await bed.until('it is confirmed', async () => (await bed.peek(session.id))?.confirmBy === null, 20 * SECOND);
  });

  it('of 300 sessions is seen in one look each time, and written only when it matters', async () => {
    const bed = await engineBed({
      maxInstances: 300,
      classes: [aClass({ proxy: 'stable', idleTimeoutMs: 30 * MINUTE })],
    });
    for (let n = 0; n < 300; n++) uses(bed, await bed.acquire(), { open: 1 });
    await bed.clock.advance(15 * SECOND);
    const before = { looks: bed.stable.looks, at: bed.clock.now() };
    const revisions = () => [...bed.engine.mirror.all('session')].reduce((sum, s) => sum + s.revision, 0);
    const written = revisions();
    await bed.clock.advance(2 * MINUTE);
    expect(bed.stable.looks - before.looks).toBeLessThanOrEqual(9);
    // Once a minute each.
    expect(revisions() - written).toBeLessThanOrEqual(3 * 300);
  });
});

describe('the hook before an end', () => {
  const saving = (over: Parameters<typeof aClass>[0] = {}) =>
    engineBed({
      classes: [
        aClass({
          proxy: 'stable',
          beforeEnd: { port: 'http', path: '/save', timeoutMs: 10 * SECOND },
          lifetime: { default: MINUTE, min: MINUTE, max: MINUTE },
          ...over,
        }),
      ],
    });

  it('is called before the instance is destroyed, and waited for', async () => {
    const bed = await saving();
    const answered = Promise.withResolvers<void>();
    bed.instanceHttp.answer = async () => {
      await answered.promise;
      return { answered: true, status: 204, body: '' };
    };
    const { session } = await bed.acquire();
    await bed.until('it is called', () => bed.instanceHttp.asked.length === 1, 2 * MINUTE);
    expect(bed.instanceHttp.asked[0]).toMatchObject({ method: 'POST', path: '/save' });
    await bed.clock.advance(5 * SECOND);
    expect(await bed.peek(session.id)).toMatchObject({ phase: 'releasing', why: 'expired' });
    expect(bed.world.tags()).toHaveLength(1);
    answered.resolve();
    await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released');
    expect(bed.instanceHttp.asked).toHaveLength(1);
  });

  it('that nobody answers ends nothing later than its timeout', async () => {
    const bed = await saving();
    const { session } = await bed.acquire();
    await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released', 2 * MINUTE);
    expect(bed.instanceHttp.asked).toHaveLength(1);
  });

  it('is not called when the client releases', async () => {
    const bed = await saving();
    const { session } = await bed.acquire();
    await release(bed, session.id);
    await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released');
    expect(bed.instanceHttp.asked).toEqual([]);
  });
});

describe('the access token of a session', () => {
  const guarded = () => engineBed({ classes: [aClass({ proxy: 'stable', access: 'token' })] });

  it('is told to its tenant by Acquire and Get, the same by every replica, and is what the proxy asks for', async () => {
    const bed = await guarded();
    const view = await bed.acquire();
    expect(view.accessToken).toMatch(/^[0-9a-f]{64}$/);
    expect(bed.stable.tokens.get(proxyOf(view))).toBe(view.accessToken);
    expect((await bed.get(view.session.id)).accessToken).toBe(view.accessToken);
    const second = await bed.replica();
    const again = await bed.finish(second.engine.sessions.get(ALICE, byId(view.session.id)));
    expect(again.accessToken).toBe(view.accessToken);
    const other = await bed.acquire();
    expect(other.accessToken).not.toBe(view.accessToken);
  });

  it('is told by nothing else, nor to an admin of another tenant', async () => {
    const bed = await guarded();
    const { session, accessToken } = await bed.acquire();
    const root: Caller = { ...ADMIN, tenant: 'operators' };
    expect((await bed.get(session.id, root)).accessToken).toBeNull();
    const page = await bed.finish(
      bed.engine.sessions.list(ALICE, {
        pageSize: 10,
        pageToken: '',
        class: null,
        phases: [],
        owner: null,
        labels: {},
        tenant: null,
      }),
    );
    expect(page.sessions.map((s) => s.accessToken)).toEqual([null]);
    expect((await bed.finish(bed.engine.sessions.keepAlive(ALICE, byId(session.id)))).accessToken).toBeNull();
    const records = [...bed.engine.mirror.all('session'), ...bed.engine.mirror.all('proxy')];
    expect(JSON.stringify(records)).not.toContain(accessToken);
  });

  it('is none where the class is open', async () => {
    const bed = await engineBed({ classes: [aClass({ proxy: 'stable' })] });
    expect((await bed.acquire()).accessToken).toBeNull();
  });
});
