import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/domain/time.ts';
import { engineBed } from '../support/engine-bed.ts';
import { line, list } from '../support/event-log.ts';

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
