import { describe, expect, it } from 'vitest';
import type { FeedEntry, Store } from '../../src/ports/store.ts';

async function take(feed: AsyncIterator<FeedEntry>, count: number): Promise<readonly FeedEntry[]> {
  const entries: FeedEntry[] = [];
  while (entries.length < count) {
    const next = await feed.next();
    if (next.done) break;
    entries.push(next.value);
  }
  return entries;
}

const put = (key: string, was = 0) => ({ key, value: { key }, was });

function feedOf(store: Store) {
  const stop = new AbortController();
  const feed = store.feed(stop.signal)[Symbol.asyncIterator]();
  return { feed, stop };
}

/** The feed of commits. */
export function feedContract(open: () => Promise<Store>): void {
  describe('the feed', () => {
    it('begins with a resync and then tells every commit in the order made', async () => {
      const store = await open();
      await store.commit({ put: [put('before')] });
      const { feed, stop } = feedOf(store);
      expect(await take(feed, 1)).toEqual([{ kind: 'resync' }]);
      await store.commit({ put: [put('a'), put('b')], events: ['a line'] });
      await store.commit({ put: [put('a', 1)], drop: [{ key: 'b', was: 1 }] });
      await store.commit({ put: [put('a', 1)] });
      await store.commit({ oneOf: [{ put: [put('a')] }, { put: [put('c')], drop: [{ key: 'a', was: 2 }] }] });
      await store.commit({ events: ['only a line'] });
      expect(await take(feed, 4)).toEqual([
        {
          kind: 'commit',
          keys: [
            { key: 'a', revision: 1 },
            { key: 'b', revision: 1 },
          ],
          own: true,
        },
        {
          kind: 'commit',
          keys: [
            { key: 'a', revision: 2 },
            { key: 'b', revision: 0 },
          ],
          own: true,
        },
        {
          kind: 'commit',
          keys: [
            { key: 'c', revision: 1 },
            { key: 'a', revision: 0 },
          ],
          own: true,
        },
        { kind: 'commit', keys: [], own: true },
      ]);
      stop.abort();
    });

    it('tells every reader everything', async () => {
      const store = await open();
      const readers = [feedOf(store), feedOf(store)];
      for (const { feed } of readers) await take(feed, 1);
      for (let i = 0; i < 50; i++) await store.commit({ put: [put(`k/${i}`)] });
      for (const { feed, stop } of readers) {
        const entries = await take(feed, 50);
        expect(entries.map((e) => (e.kind === 'commit' ? e.keys[0]?.key : e.kind))).toEqual(
          Array.from({ length: 50 }, (_, i) => `k/${i}`),
        );
        stop.abort();
      }
    });

    it('ends when its signal aborts, while it waits and before it began', async () => {
      const store = await open();
      const { feed, stop } = feedOf(store);
      await take(feed, 1);
      const next = feed.next();
      stop.abort();
      expect((await next).done).toBe(true);
      expect((await feed.next()).done).toBe(true);
      const late = store.feed(AbortSignal.abort())[Symbol.asyncIterator]();
      expect((await late.next()).done).toBe(true);
    });

    it('loses nothing of a burst', async () => {
      const store = await open();
      const { feed, stop } = feedOf(store);
      await take(feed, 1);
      await Promise.all(Array.from({ length: 2_000 }, (_, i) => store.commit({ put: [put(`b/${i}`)] })));
      const told = (await take(feed, 2_000)).flatMap((e) => (e.kind === 'commit' ? e.keys.map((k) => k.key) : []));
      expect(new Set(told).size).toBe(2_000);
      stop.abort();
    });
  });
}

/** The feed between Store objects on one backend. */
export function sharedFeedContract(open: () => Promise<Store>, openSecond: () => Promise<Store>): void {
  describe('the feed of a shared store', () => {
    it('tells the commits of another Store object as not its own', async () => {
      const store = await open();
      const other = await openSecond();
      const { feed, stop } = feedOf(store);
      const theirs = feedOf(other);
      await Promise.all([take(feed, 1), take(theirs.feed, 1)]);
      await other.commit({ put: [put('theirs')], events: ['line'] });
      await store.commit({ put: [put('ours')] });
      const summary = (entries: readonly FeedEntry[]) =>
        entries.map((e) => (e.kind === 'commit' ? [e.keys[0]?.key, e.own] : []));
      expect(summary(await take(feed, 2))).toEqual([
        ['theirs', false],
        ['ours', true],
      ]);
      expect(summary(await take(theirs.feed, 2))).toEqual([
        ['theirs', true],
        ['ours', false],
      ]);
      expect(await store.read(['theirs'])).toEqual([{ revision: 1, value: { key: 'theirs' } }]);
      stop.abort();
      theirs.stop.abort();
    });
  });
}
