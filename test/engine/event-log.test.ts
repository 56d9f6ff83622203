import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADMIN, ALICE, engineBed, NEVER, OTHER } from '../support/engine-bed.ts';
import { ANY, list, query, told } from '../support/event-log.ts';
import { aClass } from '../support/fixtures.ts';

describe('the event log', () => {
  it('tells the whole life of a session that was started for it, with who did what', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire();
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await bed.until(
      'all is gone',
      () => Object.keys({ ...bed.phases('instance'), ...bed.phases('proxy') }).length === 0,
    );
    const { events, more } = await list(bed);
    expect(more).toBe(false);
    expect(events.filter((e) => e.kind === 'session').map(told)).toEqual([
      'session >queued alice',
      'session queued>starting queue',
      'session starting>active sessions',
      'session active>releasing alice client',
      'session releasing>released sessions client',
    ]);
    expect(events.filter((e) => e.kind === 'instance').map(told)).toEqual([
      'instance >intended queue',
      'instance intended>requested instances',
      'instance requested>booting instances',
      'instance booting>ready instances',
      'instance ready>bound sessions',
      'instance bound>destroying sessions released',
      'instance destroying>gone instances released',
    ]);
    expect(events.every((e) => e.class === 'echo' && e.at > 0)).toBe(true);
    expect(events.map((e) => e.at)).toEqual(events.map((e) => e.at).toSorted((a, b) => a - b));
    const own = await list(bed, {}, { session: session.id });
    expect(own.events).toEqual(events);
    expect((await list(bed, {}, { session: session.id, kinds: ['proxy'] })).events.length).toBeGreaterThan(2);
    expect((await list(bed, {}, { session: 's-none' })).events).toEqual([]);
  });

  it('tells of a claim the session and the instance, and not what keeps a session alive', async () => {
    const bed = await engineBed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 1 } })] });
    await bed.until('a member is ready', () => bed.ready() === 1);
    const { lastId } = await list(bed);
    const { session } = await bed.acquire();
    const ref = { by: 'id', id: session.id } as const;
    await bed.finish(bed.engine.sessions.keepAlive(ALICE, ref));
    await bed.finish(bed.engine.sessions.extend(ALICE, ref, bed.clock.now() + 2 * HOUR));
    const { events } = await list(bed, { afterId: lastId }, { session: session.id });
    expect(events.map(told)).toEqual(['session >active alice', 'instance ready>bound alice']);
    expect(events[0]).toMatchObject({ subject: session.id, tenant: 'default', session: null });
    expect(events[1]).toMatchObject({ session: session.id, tenant: '' });
  });

  it('tells of everything that a session had which was claimed from the reserve, up to its end', async () => {
    const bed = await engineBed({ classes: [aClass({ reserve: { ...aClass().reserve, target: 1 } })] });
    await bed.until('a member is ready', () => bed.ready() === 1);
    const { session } = await bed.acquire();
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    const events = () => list(bed, {}, { session: session.id }).then((page) => page.events.map(told));
    await bed.until(
      'both are gone',
      async () => (await events()).filter((text) => text.includes('>gone')).length === 2,
    );
    const all = await events();
    expect(all.slice(0, 3)).toEqual([
      'session >active alice',
      'instance ready>bound alice',
      'session active>releasing alice client',
    ]);
    // What ends then, ends side by side.
    expect(all.slice(3).sort()).toEqual([
      'instance bound>destroying sessions released',
      'instance destroying>gone instances released',
      'proxy deleting>gone proxies',
      'proxy serving>deleting sessions',
      'session releasing>released sessions client',
    ]);
  });

  it('tells who set a reserve from what to what', async () => {
    const bed = await engineBed();
    const { admin } = bed.engine;
    await bed.finish(admin.setReserve(ADMIN, 'echo', 2));
    await bed.finish(admin.setReserve({ ...ADMIN, name: 't-2' }, 'echo', 0));
    await bed.finish(admin.setReserve(ADMIN, 'echo', null));
    const { events } = await list(bed, {}, { kinds: ['reserve'] });
    expect(events).toMatchObject([
      { subject: 'echo', class: 'echo', before: null, after: '2', actor: 'root' },
      { before: '2', after: '0', actor: 't-2' },
      { before: '0', after: null, actor: 'root' },
    ]);
  });

  it('tells of the warning before an end, once, and of the end with its reason', async () => {
    const lifetime = { default: 10 * MINUTE, min: 20 * SECOND, max: HOUR };
    const bed = await engineBed({ classes: [aClass({ lifetime, warnBeforeMs: MINUTE })] });
    const { session } = await bed.acquire();
    await bed.get(session.id);
    await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released', HOUR);
    const { events } = await list(bed, {}, { session: session.id, kinds: ['session'] });
    expect(events.map(told).slice(3)).toEqual([
      'session active>active sessions warned',
      'session active>releasing sessions expired',
      'session releasing>released sessions expired',
    ]);
    expect(events[3]?.detail).toMatch(/^ends as expired at 20\d\d-.*Z$/);
  });

  it('tells of a lost instance that it is replaced, and by which', async () => {
    const onLoss = { attempts: 3, withinMs: 5 * MINUTE };
    const bed = await engineBed({ classes: [aClass({ proxy: 'stable', onLoss })] });
    const { session } = await bed.acquire();
    if (session.phase !== 'active') throw new Error('it is not active');
    const lost = session.instance.id;
    bed.world.vanish(lost);
    const replaced = await bed.until('another serves it', async () => {
      const { session: now } = await bed.get(session.id);
      return now.phase === 'active' && now.instance.id !== lost && now.replacing === undefined ? now.instance.id : null;
    });
    const { events } = await list(bed, {}, { session: session.id, kinds: ['session'] });
    expect(events.map(told).slice(-2)).toEqual([
      'session active>active sessions replacing',
      'session active>active sessions replaced',
    ]);
    expect(events.at(-1)?.detail).toBe(`by ${replaced}`);
  });

  it('is for admins only', async () => {
    const bed = await engineBed();
    const denied = { code: 'denied' };
    await expect(bed.engine.admin.events(ALICE, query())).rejects.toMatchObject(denied);
    const watch = bed.engine.admin.watchEvents(ALICE, ANY, '', NEVER)[Symbol.asyncIterator]();
    await expect(watch.next()).rejects.toMatchObject(denied);
    const instances = bed.engine.admin.instances(OTHER, { pageSize: 1, pageToken: '', class: null });
    await expect(instances).rejects.toMatchObject(denied);
  });
});
