import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/ports/store.ts';

/** Sorted sets. */
export function rangeContract(open: () => Promise<Store>): void {
  const add = (store: Store, set: string, members: Readonly<Record<string, number | null>>) =>
    store.commit({ index: Object.entries(members).map(([member, score]) => ({ set, member, score })) });
  const all = (store: Store, set: string) => store.range(set, { by: 'member', prefix: '', limit: 1_000 });

  describe('sorted sets', () => {
    it('list members in order of their bytes, whatever their scores', async () => {
      const store = await open();
      await add(store, 's', { b: 1, a: 9, é: 0, Z: 5, '🚢': 2, 漢: 3, '\uffff': 1 });
      expect(await all(store, 's')).toEqual(['Z', 'a', 'b', 'é', '漢', '\uffff', '🚢']);
      expect(await all(store, 'none')).toEqual([]);
    });

    it('list by score up to and including the highest asked for, equal scores by member', async () => {
      const store = await open();
      await add(store, 'due', { late: 3_000, b: 2_000, a: 2_000, first: -1, half: 1.5, time: 1_754_000_000_123 });
      const upTo = (max: number, limit = 10) => store.range('due', { by: 'score', max, limit });
      expect(await upTo(2_000)).toEqual(['first', 'half', 'a', 'b']);
      expect(await upTo(2_000, 2)).toEqual(['first', 'half']);
      expect(await upTo(-2)).toEqual([]);
      expect(await upTo(1_754_000_000_122)).toEqual(['first', 'half', 'a', 'b', 'late']);
      expect(await upTo(Number.POSITIVE_INFINITY)).toHaveLength(6);
    });

    it('move a member with its score and take it out with null', async () => {
      const store = await open();
      await add(store, 's', { a: 1, b: 2 });
      await add(store, 's', { a: 3 });
      expect(await store.range('s', { by: 'score', max: 9, limit: 9 })).toEqual(['b', 'a']);
      await add(store, 's', { b: null, never: null });
      expect(await all(store, 's')).toEqual(['a']);
      expect(await store.range('s', { by: 'score', max: 9, limit: 9 })).toEqual(['a']);
    });

    it('list what begins with a prefix and nothing else, the prefix itself left out', async () => {
      const store = await open();
      await add(store, 's', { 'a/': 0, 'a/1': 0, 'a/2': 0, 'a/é🚢': 0, 'a/\u{10ffff}x': 0, a0: 0, b: 0, a: 0 });
      const under = (prefix: string) => store.range('s', { by: 'member', prefix, limit: 10 });
      expect(await under('a/')).toEqual(['a/1', 'a/2', 'a/é🚢', 'a/\u{10ffff}x']);
      expect(await under('a/é')).toEqual(['a/é🚢']);
      expect(await under('c')).toEqual([]);
    });

    it('take the characters of a pattern or of the protocol for what they are', async () => {
      const store = await open();
      await add(store, 's', { '%a': 0, _a: 0, '[a': 0, '(a': 0, '-': 0, '+': 0, '*a': 0, xa: 0 });
      for (const prefix of ['%', '_', '[', '(', '*'])
        expect(await store.range('s', { by: 'member', prefix, limit: 10 })).toEqual([`${prefix}a`]);
      expect(await store.range('s', { by: 'member', prefix: '', after: '+', limit: 1 })).toEqual(['-']);
    });

    it('go on strictly after a member, also after one that is gone', async () => {
      const store = await open();
      await add(store, 's', { 'p/1': 0, 'p/2': 0, 'p/4': 0, q: 0, p: 0, 'p/': 0 });
      const pageAfter = (member: string, limit = 10) =>
        store.range('s', { by: 'member', prefix: 'p/', after: member, limit });
      expect(await pageAfter('p/2')).toEqual(['p/4']);
      expect(await pageAfter('p/3')).toEqual(['p/4']);
      expect(await pageAfter('p/1', 1)).toEqual(['p/2']);
      expect(await pageAfter('p/4')).toEqual([]);
      expect(await pageAfter('q')).toEqual([]);
      expect(await pageAfter('a')).toEqual(['p/', 'p/1', 'p/2', 'p/4']);
      expect(await pageAfter('p/', 0)).toEqual([]);
    });

    it('page through thousands while members come and go', async () => {
      const store = await open();
      const name = (i: number) => `m/${String(i).padStart(5, '0')}`;
      const members = Array.from({ length: 2_500 }, (_, i) => name(i));
      await add(store, 's', Object.fromEntries(members.map((member) => [member, 0])));
      const seen: string[] = [];
      for (let after = 'm/'; ; after = seen.at(-1) ?? '') {
        const page = await store.range('s', { by: 'member', prefix: 'm/', after, limit: 400 });
        if (page.length === 0) break;
        seen.push(...page);
        await add(store, 's', { [seen.at(-1) ?? '']: null, [`${seen.at(0)}-new`]: 0 });
      }
      expect(seen).toEqual(members);
    });
  });
}
