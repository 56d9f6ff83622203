import { describe, expect, it } from 'vitest';
import type { LogLine, Store } from '../../src/ports/store.ts';

const put = (key: string, was = 0) => ({ key, value: { key }, was });
const following = (store: Store, id = '', limit = 1_000) => store.events({ by: 'after', id, limit });
const preceding = (store: Store, id = '', limit = 1_000) => store.events({ by: 'before', id, limit });
const texts = (lines: readonly LogLine[]): readonly string[] => lines.map(({ line }) => line);
const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** Everything behind `id`, page by page. */
async function allAfter(store: Store, id = '', limit = 1_000): Promise<readonly LogLine[]> {
  const all: LogLine[] = [];
  for (;;) {
    const page = await following(store, all.at(-1)?.id ?? id, limit);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** The event log. @param openWith a store on an empty backend that keeps so many lines */
export function logContract(open: () => Promise<Store>, openWith: (maxEvents: number) => Promise<Store>): void {
  describe('the event log', () => {
    it('is empty at first, and asked for nothing', async () => {
      const store = await open();
      expect([
        await following(store),
        await preceding(store),
        await following(store, '', 0),
        await preceding(store, '', 0),
      ]).toEqual([[], [], [], []]);
      await store.trimEvents('');
      await store.commit({ put: [put('a')] });
      await store.commit({ put: [put('b')], events: [] });
      expect(await following(store)).toEqual([]);
    });

    it('keeps the lines of a commit in their order, byte for byte', async () => {
      const store = await open();
      const lines = ['one "quoted"\nline', 'two é🚢\u0000\u001e', ''];
      await store.commit({ events: lines, put: [put('a')] });
      await store.commit({ events: ['only a line'] });
      expect(texts(await following(store))).toEqual([...lines, 'only a line']);
      expect(texts(await preceding(store))).toEqual([...lines, 'only a line']);
    });

    it('has the lines of the candidate that was chosen behind the commit’s own, and of no other', async () => {
      const store = await open();
      await store.commit({ put: [put('taken')] });
      const candidate = (key: string) => ({ put: [put(key)], events: [`got ${key}`, 'as wished'] });
      const result = await store.commit({
        put: [put('own')],
        index: [{ set: 's', member: 'm', score: 1 }],
        events: ['own'],
        oneOf: [
          candidate('taken'),
          { ...candidate('free'), index: [{ set: 's', member: 'n', score: 2 }] },
          candidate('x'),
        ],
      });
      expect(result).toEqual({ committed: true, chosen: 1 });
      expect(texts(await following(store))).toEqual(['own', 'got free', 'as wished']);
      expect(await store.range('s', { by: 'member', prefix: '', limit: 9 })).toEqual(['m', 'n']);
      await store.commit({ oneOf: [{ events: ['a candidate of one line'] }] });
      expect(texts(await preceding(store, '', 1))).toEqual(['a candidate of one line']);
    });

    it('has nothing of a commit that was refused', async () => {
      const store = await open();
      await store.commit({ put: [put('taken')], count: [{ counter: 'c', add: 5 }] });
      const events = ['never'];
      await store.commit({ put: [put('taken')], events });
      await store.commit({ count: [{ counter: 'c', add: 1, max: 5 }], events });
      await store.commit({ oneOf: [{ put: [put('taken')], events }], events });
      await store.commit({ oneOf: [], events });
      expect(await following(store)).toEqual([]);
    });

    it('is read from any line on to either side, and each line keeps its id', async () => {
      const store = await open();
      for (let i = 1; i <= 30; i += 3) await store.commit({ events: numbered(i, i + 2) });
      const all = await following(store);
      expect(texts(all)).toEqual(numbered(1, 30));
      expect(new Set(all.map(({ id }) => id)).size).toBe(30);
      for (const at of [0, 1, 13, 29]) {
        const id = all[at]?.id ?? '';
        expect(await following(store, id)).toEqual(all.slice(at + 1));
        expect(await following(store, id, 4)).toEqual(all.slice(at + 1, at + 5));
        expect(await preceding(store, id)).toEqual(all.slice(0, at));
        expect(await preceding(store, id, 4)).toEqual(all.slice(Math.max(0, at - 4), at));
      }
      expect(await preceding(store, '', 7)).toEqual(all.slice(-7));
    });

    it('takes thousands of lines, from many commits and from one, and gives them page by page', async () => {
      const store = await open();
      await Promise.all(Array.from({ length: 3_000 }, (_, i) => store.commit({ events: [`line ${i + 1}`] })));
      await store.commit({ events: numbered(3_001, 8_000) });
      expect(texts(await allAfter(store))).toEqual(numbered(1, 8_000));
      expect((await following(store, '', 100_000)).length).toBe(1_000);
      expect(texts(await preceding(store, '', 100_000))).toEqual(numbered(7_001, 8_000));
    });

    it('is cut before a line, but never to nothing', async () => {
      const store = await open();
      await store.commit({ events: numbered(1, 10) });
      const all = await following(store);
      await store.trimEvents(all[3]?.id ?? '');
      expect(await following(store)).toEqual(all.slice(3));
      await store.trimEvents(all[1]?.id ?? '');
      expect(await following(store)).toEqual(all.slice(3));
      await store.trimEvents('99999999999999-0');
      expect(await following(store)).toEqual(all.slice(9));
      await store.commit({ events: ['line 11'] });
      const later = await following(store, all[9]?.id);
      expect(texts(later)).toEqual(['line 11']);
      expect(all.map(({ id }) => id)).not.toContain(later[0]?.id);
    });

    it('is read on from a line that is gone', async () => {
      const store = await open();
      await store.commit({ events: numbered(1, 10) });
      const all = await following(store);
      await store.trimEvents(all[7]?.id ?? '');
      expect(await following(store, all[2]?.id)).toEqual(all.slice(7));
      expect(await preceding(store, all[2]?.id)).toEqual([]);
    });

    it('at its limit keeps the newest, and a reader that is behind goes on with the oldest there is', async () => {
      const store = await openWith(1_000);
      await store.commit({ events: numbered(1, 10) });
      const first = await following(store, '', 5);
      for (let from = 11; from <= 20_000; from += 90) await store.commit({ events: numbered(from, from + 89) });
      const all = await allAfter(store);
      const last = Number(all.at(-1)?.line.slice('line '.length));
      expect(last).toBeGreaterThanOrEqual(20_000);
      expect(all.length).toBeGreaterThanOrEqual(1_000);
      expect(all.length).toBeLessThanOrEqual(1_200);
      expect(texts(all)).toEqual(numbered(last - all.length + 1, last));
      expect(await allAfter(store, first.at(-1)?.id)).toEqual(all);
    });

    it('cut and written while it is read gives every line that was there throughout once, in order', async () => {
      const store = await openWith(1_000_000);
      await store.commit({ events: numbered(1, 2_000) });
      const old = (await allAfter(store))[1_000];
      const reading = allAfter(store, '', 50);
      for (let i = 2_001; i <= 2_100; i += 10) {
        await store.commit({ events: numbered(i, i + 9) });
        await store.trimEvents(old?.id ?? '');
      }
      const read = texts(await reading);
      expect(new Set(read).size).toBe(read.length);
      expect(read.slice(read.indexOf('line 1001'))).toEqual(
        numbered(1_001, 1_000 + read.length - read.indexOf('line 1001')),
      );
      expect(read.length - read.indexOf('line 1001')).toBeGreaterThanOrEqual(1_000);
    });

    it('has a commit’s lines when the feed tells of it', async () => {
      const store = await open();
      const stop = new AbortController();
      const feed = store.feed(stop.signal)[Symbol.asyncIterator]();
      await feed.next();
      for (let i = 1; i <= 20; i++) {
        const told = feed.next();
        await store.commit({ events: [`line ${i}`] });
        await told;
        expect(texts(await preceding(store, '', 1))).toEqual([`line ${i}`]);
      }
      stop.abort();
    });
  });
}
