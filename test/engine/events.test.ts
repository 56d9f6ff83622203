import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { listInstances } from '../../src/engine/list-instances.ts';
import { createMirror } from '../../src/engine/mirror.ts';
import type { EventFilter, EventQuery, EventView } from '../../src/engine/use-cases.ts';
import type { Store } from '../../src/ports/store.ts';
import { ADMIN, ALICE, type EngineBed, engineBed, NEVER, OTHER } from '../support/engine-bed.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aClass, anInstance, instanceId } from '../support/fixtures.ts';

const ANY: EventFilter = { kinds: [], session: null, class: null, tenant: null };
const query = (over: Partial<EventQuery> = {}, filter: Partial<EventFilter> = {}): EventQuery => ({
  filter: { ...ANY, ...filter },
  pageSize: 1_000,
  afterId: '',
  sinceAt: null,
  ...over,
});
const list = async (bed: EngineBed, over: Partial<EventQuery> = {}, filter: Partial<EventFilter> = {}) =>
  bed.finish(bed.engine.admin.events(ADMIN, query(over, filter)));

/** As `berth events` would tell it. */
const told = (e: EventView): string =>
  [e.kind, `${e.before ?? ''}>${e.after ?? ''}`, e.actor, e.reason].filter((part) => part !== '').join(' ');

/** A line that berth could have written. */
const line = (at: number, id: string) =>
  JSON.stringify({ at, kind: 'session', id, class: 'echo', tenant: 'default', from: null, to: 'queued', by: 'x' });

/** What a watch told so far; it ends with the test. */
function watching(bed: EngineBed, filter: Partial<EventFilter> = {}, afterId = '', engine = bed.engine) {
  const stop = new AbortController();
  const seen: EventView[] = [];
  const run = async () => {
    for await (const event of engine.admin.watchEvents(ADMIN, { ...ANY, ...filter }, afterId, stop.signal))
      seen.push(event);
  };
  const ended = run();
  onTestFinished(async () => {
    stop.abort();
    await bed.finish(ended);
  });
  return { seen, ended, stop };
}

/** The store, with its log counted and put out of reach. */
function loggedStore(store: Store) {
  const state = { reads: 0, away: false };
  const wrapped: Store = {
    ...store,
    events(range) {
      state.reads++;
      if (state.away) return Promise.reject(new BrokerError('unavailable', 'away', { reason: 'STORE_DOWN' }));
      return store.events(range);
    },
  };
  return { state, wrapped };
}

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

describe('ListEvents', () => {
  it('walks a long log to its end whatever passes the filter, and gives the newest when asked for those', async () => {
    const bed = await engineBed();
    const begin = '0';
    const at = bed.clock.now();
    const rare = (i: number) => i % 1_500 === 7;
    const lines = Array.from({ length: 6_000 }, (_, i) => line(at + i, rare(i) ? 's-rare' : `s-${i}`));
    await bed.store.commit({ events: lines });
    const seen: string[] = [];
    let page = await list(bed, { afterId: begin, pageSize: 900 });
    for (; page.more; page = await list(bed, { afterId: page.lastId, pageSize: 900 })) {
      expect(page.events).toHaveLength(900);
      seen.push(...page.events.map((e) => e.subject));
    }
    seen.push(...page.events.map((e) => e.subject));
    expect(seen.filter((s) => s === 's-rare')).toHaveLength(4);
    expect(seen).toHaveLength(6_000);
    const rares = await list(bed, { afterId: begin, pageSize: 3 }, { session: 's-rare' });
    expect(rares.events.map((e) => e.at - at)).toEqual([7, 1_507, 3_007]);
    expect(rares.more).toBe(true);
    const rest = await list(bed, { afterId: rares.lastId, pageSize: 3 }, { session: 's-rare' });
    expect([rest.events.map((e) => e.at - at), rest.more]).toEqual([[4_507], false]);
    const newest = await list(bed, { pageSize: 2 }, { session: 's-rare' });
    expect(newest.events.map((e) => e.at - at)).toEqual([3_007, 4_507]);
    expect(newest.lastId).toBe(rest.lastId);
    expect((await list(bed, { pageSize: 5, sinceAt: at + 5_997 })).events.map((e) => e.at - at)).toEqual([
      5_997, 5_998, 5_999,
    ]);
  });

  it('does not stop at a line it cannot read', async () => {
    const bed = await engineBed();
    const at = bed.clock.now();
    const strange = ['no json', 'null', '[]', '{"at":"now"}', JSON.stringify({ at, kind: 'comet', id: 'x' })];
    await bed.store.commit({ events: [line(at, 's-1'), ...strange, line(at, 's-2')] });
    const page = await list(bed, { afterId: '0' });
    expect(page.events.map((e) => e.subject)).toEqual(['s-1', 's-2']);
  });

  it('reads the lines that the berth before this one wrote', async () => {
    const bed = await engineBed();
    await bed.store.commit({
      events: [
        '{"at":5,"kind":"session","id":"s-1","class":"echo","tenant":"acme","from":"active","to":"releasing","by":"t-1","why":"client","detail":""}',
        '{"target":3,"by":"local","at":6,"kind":"reserve","id":"echo","from":null,"to":3}',
      ],
    });
    expect((await list(bed, { afterId: '0' })).events).toMatchObject([
      { at: 5, subject: 's-1', tenant: 'acme', before: 'active', after: 'releasing', actor: 't-1', reason: 'client' },
      { at: 6, kind: 'reserve', subject: 'echo', class: 'echo', before: null, after: '3', actor: 'local' },
    ]);
  });
});

describe('The leader', () => {
  it('drops what is older than the log is to reach back, and leaves the newest event', async () => {
    const bed = await engineBed({ keepEventsMs: 30 * DAY });
    const now = bed.clock.now();
    const lines = (days: number, count: number) =>
      Array.from({ length: count }, (_, i) => line(now - days * DAY, `s-${days}-${i}`));
    await bed.store.commit({ events: [...lines(31, 2_500), ...lines(29, 10)] });
    const oldest = async () => (await bed.store.events({ by: 'after', id: '', limit: 1 }))[0]?.line ?? '';
    await bed.until('the old ones are gone', async () => (await oldest()).includes('s-29-0'));
    await bed.clock.advance(MINUTE);
    expect((await bed.store.events({ by: 'after', id: '', limit: 1_000 })).length).toBe(10);
    bed.clock.jump(60 * DAY);
    await bed.until(
      'one is left',
      async () => (await bed.store.events({ by: 'after', id: '', limit: 9 })).length === 1,
    );
    expect(await oldest()).toContain('s-29-9');
  });

  it('keeps young lines that it cannot read', async () => {
    const bed = await engineBed({ keepEventsMs: 30 * DAY });
    const old = bed.clock.now() - 31 * DAY;
    await bed.store.commit({ events: [line(old, 's-old'), 'later', line(old, 's-old'), 'later still', 'and later'] });
    const lines = async () => (await bed.store.events({ by: 'after', id: '', limit: 9 })).map((l) => l.line);
    await bed.until('the old ones are gone', async () => (await lines()).length === 3 - 1 || null);
    expect(await lines()).toEqual(['later still', 'and later']);
  });
});

describe('WatchEvents', () => {
  it('tells what is to come, in order, as the log has it', async () => {
    const bed = await engineBed();
    await bed.acquire();
    const { lastId } = await list(bed);
    const { seen } = watching(bed);
    await bed.clock.settle();
    const { session } = await bed.acquire();
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    const { events } = await list(bed, { afterId: lastId });
    await bed.until('all was told', () => seen.length >= events.length);
    expect(seen.slice(0, events.length)).toEqual(events);
  });

  it('begins after the event it is told, and leaves none out of thousands', async () => {
    const bed = await engineBed({ mayLead: false });
    const at = bed.clock.now();
    await bed.store.commit({ events: Array.from({ length: 2_500 }, (_, i) => line(at, `s-${i}`)) });
    const { seen } = watching(bed, {}, '0');
    for (let i = 2_500; i < 5_000; i++) await bed.store.commit({ events: [line(at, `s-${i}`)] });
    await bed.until('all was told', () => seen.length >= 5_000);
    expect(seen.map((e) => e.subject)).toEqual(Array.from({ length: 5_000 }, (_, i) => `s-${i}`));
  });

  it('passes on what passes the filter only', async () => {
    const bed = await engineBed();
    const { seen } = watching(bed, { kinds: ['session'], tenant: 'other' }, '0');
    await bed.acquire();
    await bed.acquire({}, OTHER);
    await bed.until('it was told', () => seen.some((e) => e.after === 'active'));
    expect(seen.map(told)).toEqual([
      'session >queued mallory',
      'session queued>starting queue',
      'session starting>active sessions',
    ]);
  });

  it('reads many commits at once, and nothing while nothing happens', async () => {
    const bed = await engineBed({ mayLead: false });
    const { state, wrapped } = loggedStore(bed.store);
    const second = await bed.replica({ store: wrapped, mayLead: false });
    const { seen } = watching(bed, {}, '0', second.engine);
    await bed.clock.settle();
    state.reads = 0;
    for (let burst = 0; burst < 10; burst++) {
      for (let i = 0; i < 100; i++) await bed.store.commit({ events: [line(bed.clock.now(), `s-${burst}-${i}`)] });
      await bed.clock.advance(10);
    }
    await bed.until('all was told', () => seen.length === 1_000);
    expect(state.reads).toBeLessThanOrEqual(4);
    const reads = state.reads;
    await bed.clock.advance(20 * SECOND);
    expect(state.reads - reads).toBeLessThanOrEqual(1);
  });

  it('goes on where it was when the store comes back', async () => {
    const bed = await engineBed({ mayLead: false });
    const { state, wrapped } = loggedStore(bed.store);
    const second = await bed.replica({ store: wrapped, mayLead: false });
    const { seen } = watching(bed, {}, '0', second.engine);
    await bed.store.commit({ events: [line(1, 's-1')] });
    await bed.until('the first was told', () => seen.length === 1);
    state.away = true;
    await bed.store.commit({ events: [line(2, 's-2')] });
    await bed.clock.advance(10 * SECOND);
    expect(seen).toHaveLength(1);
    state.away = false;
    await bed.store.commit({ events: [line(3, 's-3')] });
    await bed.until('the rest was told', () => seen.length === 3);
    expect(seen.map((e) => e.subject)).toEqual(['s-1', 's-2', 's-3']);
    state.away = true;
    await bed.clock.advance(MINUTE);
    const late = second.engine.admin.watchEvents(ADMIN, ANY, '', NEVER)[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('goes on with the oldest there is when what it had not read was dropped', async () => {
    const bed = await engineBed({ mayLead: false });
    const { state, wrapped } = loggedStore(bed.store);
    const second = await bed.replica({ store: wrapped, mayLead: false });
    const { seen } = watching(bed, {}, '0', second.engine);
    await bed.store.commit({ events: [line(1, 's-1')] });
    await bed.until('the first was told', () => seen.length === 1);
    state.away = true;
    await bed.store.commit({ events: Array.from({ length: 10 }, (_, i) => line(2, `s-${i + 2}`)) });
    const newest = await bed.store.events({ by: 'before', id: '', limit: 2 });
    await bed.store.trimEvents(newest[0]?.id ?? '');
    state.away = false;
    await bed.store.commit({ events: [line(3, 's-12')] });
    await bed.until('it goes on', () => seen.length === 4);
    expect(seen.map((e) => e.subject)).toEqual(['s-1', 's-10', 's-11', 's-12']);
  });

  it('ends with its signal, whether it reads, waits or is not yet asked', async () => {
    const bed = await engineBed();
    const idle = watching(bed);
    await bed.clock.settle();
    const sleepers = bed.clock.sleepers();
    idle.stop.abort();
    await bed.finish(idle.ended);
    expect(bed.clock.sleepers()).toBeLessThan(sleepers);
    const never = bed.engine.admin.watchEvents(ADMIN, ANY, '', AbortSignal.abort())[Symbol.asyncIterator]();
    expect((await never.next()).done).toBe(true);
    const left = bed.engine.admin.watchEvents(ADMIN, ANY, '0', NEVER)[Symbol.asyncIterator]();
    await bed.acquire();
    expect((await left.next()).done).toBe(false);
    expect(await left.return?.(undefined)).toEqual({ done: true, value: undefined });
  });
});

describe('ListInstances', () => {
  it('tells every instance in the order of creation, page by page', async () => {
    const target = { ...aClass().reserve, target: 5, maxAtOnce: 5 };
    const bed = await engineBed({ classes: [aClass({ reserve: target }), aClass({ name: 'other' })] });
    await bed.until('the reserve is full', () => bed.ready() === 5);
    const { session } = await bed.acquire({ class: 'other' });
    const page = (pageToken: string, className: string | null = null) =>
      bed.engine.admin.instances(ADMIN, { pageSize: 4, pageToken, class: className });
    const first = await page('');
    const second = await page(first.nextPageToken);
    expect([first.instances.length, second.instances.length, second.nextPageToken]).toEqual([4, 2, '']);
    const all = [...first.instances, ...second.instances];
    const ids = all.map((v) => v.instance.id);
    expect(ids).toEqual([...ids].sort());
    const other = await page('', 'other');
    expect(other.instances).toMatchObject([{ instance: { phase: 'bound', session: session.id, class: 'other' } }]);
    await expect(page('i-nonsense')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('counts the cost from when an instance was rented, and none before', () => {
    const mirror = createMirror();
    const clock = fakeClock();
    const rentedAt = clock.now() - HOUR;
    const dear = { microsPerHour: 1_000 };
    const all = [
      anInstance('requested', { id: instanceId(1), ...dear }),
      anInstance('booting', { id: instanceId(2), rentedAt, ...dear }),
      anInstance('destroying', { id: instanceId(3), rentedAt, ...dear }),
      anInstance('destroying', { id: instanceId(4), rentedAt: null, ...dear }),
    ];
    for (const i of all) mirror.apply('instance', i.id, 1, i);
    const { instances } = listInstances({ mirror, clock }, ADMIN, { pageSize: 9, pageToken: '', class: null });
    expect(instances.map((v) => v.costMicros)).toEqual([0, 1_000, 1_000, 0]);
  });
});
