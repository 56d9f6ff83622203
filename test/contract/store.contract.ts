import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Commit, Store } from '../../src/ports/store.ts';
import { feedContract, sharedFeedContract } from './store-feed.contract.ts';
import { logContract } from './store-log.contract.ts';
import { rangeContract } from './store-range.contract.ts';

export type StoreOptions = { readonly maxEvents?: number };

export type StoreBackend = {
  /** A store of its own kind on an empty backend. */
  readonly open: (options?: StoreOptions) => Promise<Store>;
  /** Another Store object on the backend of the last `open`, for a store that several may share. */
  readonly openSecond?: () => Promise<Store>;
  readonly stop: () => Promise<void>;
};

const RECORD = { phase: 'ready', count: 1 };
const created = (key: string, value: unknown = RECORD): Commit => ({ put: [{ key, value, was: 0 }] });

/** What every Store keeps. @param users whether several Store objects may share the backend at a time */
export function storeContract(name: string, users: 'one' | 'several', start: () => Promise<StoreBackend>): void {
  describe(`Store contract: ${name}`, () => {
    let backend: StoreBackend;
    const opened: Store[] = [];
    const open = async (options: StoreOptions = {}): Promise<Store> => {
      const store = await backend.open(options);
      opened.push(store);
      return store;
    };
    const openSecond = async (): Promise<Store> => {
      if (backend.openSecond === undefined) throw new Error('a store for several users must offer openSecond');
      const store = await backend.openSecond();
      opened.push(store);
      return store;
    };

    beforeAll(async () => {
      backend = await start();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    afterAll(() => backend.stop());

    recordContract(open);
    preconditionContract(open);
    candidateContract(open);
    rangeContract(open);
    feedContract(open);
    logContract(open, (maxEvents) => open({ maxEvents }));
    if (users === 'several') sharedFeedContract(open, openSecond);
    closeContract(open);
  });
}

function recordContract(open: () => Promise<Store>): void {
  describe('records', () => {
    it('are read in the order asked, null where absent', async () => {
      const store = await open();
      await store.commit({ put: ['a', 'b'].map((key) => ({ key, value: { key }, was: 0 })) });
      expect(await store.read(['b', 'none', 'a', 'b'])).toEqual([
        { revision: 1, value: { key: 'b' } },
        null,
        { revision: 1, value: { key: 'a' } },
        { revision: 1, value: { key: 'b' } },
      ]);
      expect(await store.read([])).toEqual([]);
    });

    it('grow their revision by one with every put and begin again after a drop', async () => {
      const store = await open();
      for (const was of [0, 1, 2]) await store.commit({ put: [{ key: 'a', value: was, was }] });
      expect(await store.read(['a'])).toEqual([{ revision: 3, value: 2 }]);
      expect(await store.commit({ drop: [{ key: 'a', was: 3 }] })).toEqual({ committed: true, chosen: -1 });
      expect(await store.read(['a'])).toEqual([null]);
      await store.commit(created('a', 'again'));
      expect(await store.read(['a'])).toEqual([{ revision: 1, value: 'again' }]);
    });

    it('go on counting from the revision that a put names', async () => {
      const store = await open();
      await store.commit({ put: [{ key: 'a', value: 'back', was: 0, revision: 41 }] });
      expect(await store.read(['a'])).toEqual([{ revision: 41, value: 'back' }]);
      expect(await store.commit({ put: [{ key: 'a', value: 'twice', was: 0, revision: 50 }] })).toMatchObject({
        why: { kind: 'revision', key: 'a', revision: 41 },
      });
      await store.commit({ put: [{ key: 'a', value: 'next', was: 41 }] });
      expect(await store.read(['a'])).toEqual([{ revision: 42, value: 'next' }]);
    });

    it.each([
      ['null', null],
      ['false', false],
      ['an empty text', ''],
      ['a fraction', 0.1],
      ['the largest safe number', Number.MAX_SAFE_INTEGER],
      ['nesting', { a: [1, { b: [[]] }] }],
      ['every kind of character', 'é 漢字 🚢 \u0000 \u001e \u2028 " \\ \n'],
      ['a megabyte', 'x'.repeat(1 << 20)],
    ])('keep %s as it was', async (_, value) => {
      const store = await open();
      await store.commit(created('v', { value }));
      expect(await store.read(['v'])).toEqual([{ revision: 1, value: { value } }]);
    });

    it('have keys of any characters', async () => {
      const store = await open();
      const keys = ['session/é/漢/🚢', 'with space', 'with\nline', "with'quote", '{braces}', 'a*b?[c]', 'A', 'a'];
      await store.commit({ put: keys.map((key) => ({ key, value: { key }, was: 0 })) });
      expect((await store.read(keys)).map((r) => r?.value)).toEqual(keys.map((key) => ({ key })));
    });

    it('are written and read a thousand at a time', async () => {
      const store = await open();
      const keys = Array.from({ length: 1_000 }, (_, i) => `many/${i}`);
      const result = await store.commit({ put: keys.map((key, i) => ({ key, value: i, was: 0 })) });
      expect(result.committed).toBe(true);
      expect(await store.read(keys)).toEqual(keys.map((_, i) => ({ revision: 1, value: i })));
    });

    it('refuse a value without a JSON form, and write nothing of its commit', async () => {
      const store = await open();
      const commit = { put: [...(created('a').put ?? []), { key: 'b', value: undefined, was: 0 }] };
      await expect(store.commit(commit)).rejects.toThrow(TypeError);
      expect(await store.read(['a', 'b'])).toEqual([null, null]);
    });

    it('are seen all from one moment by a read during commits', async () => {
      const store = await open();
      const keys = ['x', 'y', 'z'];
      await store.commit({ put: keys.map((key) => ({ key, value: 0, was: 0 })) });
      const writing = (async () => {
        for (let was = 1; was < 60; was++) await store.commit({ put: keys.map((key) => ({ key, value: was, was })) });
      })();
      for (let i = 0; i < 60; i++) {
        const revisions = (await store.read(keys)).map((r) => r?.revision);
        expect(new Set(revisions).size).toBe(1);
      }
      await writing;
    });
  });
}

function preconditionContract(open: () => Promise<Store>): void {
  describe('preconditions', () => {
    it.each<[string, Commit, string, number]>([
      ['an expect of another revision', { expect: [{ key: 'a', revision: 7 }] }, 'a', 1],
      ['an expect of absence', { expect: [{ key: 'a', revision: 0 }] }, 'a', 1],
      ['an expect of a record that is absent', { expect: [{ key: 'none', revision: 1 }] }, 'none', 0],
      ['a put over another revision', { put: [{ key: 'a', value: 1, was: 3 }] }, 'a', 1],
      ['a put of a new record that exists', { put: [{ key: 'a', value: 1, was: 0 }] }, 'a', 1],
      ['a drop of another revision', { drop: [{ key: 'a', was: 2 }] }, 'a', 1],
      ['a drop of a record that is absent', { drop: [{ key: 'none', was: 1 }] }, 'none', 0],
    ])('refuse %s, tell what is there, and write nothing', async (_, commit, key, revision) => {
      const store = await open();
      await store.commit(created('a'));
      const everything: Commit = {
        ...commit,
        put: [{ key: 'other', value: 1, was: 0 }, ...(commit.put ?? [])],
        index: [{ set: 's', member: 'm', score: 1 }],
        count: [{ counter: 'c', add: 1 }],
        oneOf: [created('candidate')],
        events: ['never'],
      };
      expect(await store.commit(everything)).toEqual({ committed: false, why: { kind: 'revision', key, revision } });
      expect(await store.read(['a', 'other', 'candidate'])).toEqual([{ revision: 1, value: RECORD }, null, null]);
      expect(await store.range('s', { by: 'member', prefix: '', limit: 10 })).toEqual([]);
      expect(await store.counters(['c'])).toEqual([0]);
    });

    it('hold for records that are not written', async () => {
      const store = await open();
      await store.commit(created('lease'));
      const expects = [
        { key: 'lease', revision: 1 },
        { key: 'absent', revision: 0 },
      ];
      expect(await store.commit({ ...created('a'), expect: expects })).toEqual({ committed: true, chosen: -1 });
      await store.commit({ put: [{ key: 'lease', value: 2, was: 1 }] });
      expect((await store.commit({ ...created('b'), expect: expects })).committed).toBe(false);
    });

    it('let exactly one of many parallel claims of a record win', async () => {
      const store = await open();
      await store.commit(created('member'));
      const claims = Array.from({ length: 100 }, (_, i) =>
        store.commit({ put: [{ key: 'member', value: { by: i }, was: 1 }] }),
      );
      const won = (await Promise.all(claims)).flatMap((result, i) => (result.committed ? [i] : []));
      expect(won).toHaveLength(1);
      expect(await store.read(['member'])).toEqual([{ revision: 2, value: { by: won[0] } }]);
    });
  });

  describe('counters', () => {
    it('begin at 0, add up, and go below zero', async () => {
      const store = await open();
      await store.commit({ count: [{ counter: 'a', add: 3 }] });
      await store.commit({
        count: [
          { counter: 'a', add: 2 },
          { counter: 'b', add: -4 },
        ],
      });
      expect(await store.counters(['b', 'none', 'a'])).toEqual([-4, 0, 5]);
      expect(await store.counters([])).toEqual([]);
    });

    it('keep numbers beyond 2^32 exactly', async () => {
      const store = await open();
      await store.commit({ count: [{ counter: 'micros', add: 9_007_199_254_740_000 }] });
      await store.commit({ count: [{ counter: 'micros', add: 991 }] });
      expect(await store.counters(['micros'])).toEqual([Number.MAX_SAFE_INTEGER]);
    });

    it('refuse a sum above the limit, tell the present value, and write nothing', async () => {
      const store = await open();
      const one: Commit = { count: [{ counter: 'quota', add: 2, max: 5 }] };
      expect((await store.commit(one)).committed).toBe(true);
      expect((await store.commit(one)).committed).toBe(true);
      const why = { kind: 'limit', counter: 'quota', value: 4, max: 5 };
      const other = { counter: 'other', add: 1 };
      expect(await store.commit({ ...created('a'), count: [other, ...(one.count ?? [])] })).toEqual({
        committed: false,
        why,
      });
      expect(await store.counters(['quota', 'other'])).toEqual([4, 0]);
      expect(await store.read(['a'])).toEqual([null]);
      expect((await store.commit({ count: [{ counter: 'quota', add: 1, max: 5 }] })).committed).toBe(true);
    });

    it('are never refused when they fall, also above the limit', async () => {
      const store = await open();
      await store.commit({ count: [{ counter: 'quota', add: 9 }] });
      expect((await store.commit({ count: [{ counter: 'quota', add: -1, max: 5 }] })).committed).toBe(true);
      expect((await store.commit({ count: [{ counter: 'quota', add: 0, max: 5 }] })).committed).toBe(true);
      expect(await store.counters(['quota'])).toEqual([8]);
    });

    it('count twice when named twice', async () => {
      const store = await open();
      const twice = [
        { counter: 'q', add: 1, max: 3 },
        { counter: 'q', add: 1, max: 3 },
      ];
      expect((await store.commit({ count: twice })).committed).toBe(true);
      expect(await store.counters(['q'])).toEqual([2]);
      expect(await store.commit({ count: twice })).toMatchObject({ committed: false, why: { kind: 'limit', max: 3 } });
      expect(await store.counters(['q'])).toEqual([2]);
    });

    it('let no more through than the limit when many ask at once', async () => {
      const store = await open();
      const asks = Array.from({ length: 50 }, (_, i) =>
        store.commit({ ...created(`r/${i}`), count: [{ counter: 'quota', add: 1, max: 7 }] }),
      );
      const through = (await Promise.all(asks)).filter((result) => result.committed);
      expect(through).toHaveLength(7);
      expect(await store.counters(['quota'])).toEqual([7]);
    });
  });
}

function candidateContract(open: () => Promise<Store>): void {
  describe('candidates', () => {
    const claimOf = (key: string, was = 1): Commit => ({
      put: [{ key, value: { claimed: true }, was }],
      index: [{ set: 'ready', member: key, score: null }],
    });

    async function withMembers(...keys: readonly string[]): Promise<Store> {
      const store = await open();
      await store.commit({
        put: keys.map((key) => ({ key, value: RECORD, was: 0 })),
        index: keys.map((member) => ({ set: 'ready', member, score: 1 })),
      });
      return store;
    }

    it('are tried in order: the first possible one is written with the rest, the others stay untouched', async () => {
      const store = await withMembers('m/1', 'm/2', 'm/3');
      await store.commit(claimOf('m/1'));
      const claim: Commit = { ...created('session/1'), oneOf: [claimOf('m/1'), claimOf('m/2'), claimOf('m/3')] };
      expect(await store.commit(claim)).toEqual({ committed: true, chosen: 1 });
      expect((await store.read(['m/1', 'm/2', 'm/3', 'session/1'])).map((r) => r?.revision)).toEqual([2, 2, 1, 1]);
      expect(await store.range('ready', { by: 'member', prefix: '', limit: 10 })).toEqual(['m/3']);
    });

    it('are groups: one record at another revision makes a candidate impossible', async () => {
      const store = await withMembers('m/1', 'm/2', 'p/1', 'p/2');
      const pair = (i: number, proxyAt: number) => ({
        expect: [{ key: `p/${i}`, revision: proxyAt }],
        put: [{ key: `m/${i}`, value: 'claimed', was: 1 }],
      });
      expect(await store.commit({ oneOf: [pair(1, 9), pair(2, 1)] })).toEqual({ committed: true, chosen: 1 });
      const again = { drop: [{ key: 'm/1', was: 9 }] };
      expect(await store.commit({ oneOf: [again, { drop: [{ key: 'm/1', was: 1 }] }] })).toMatchObject({ chosen: 1 });
      expect((await store.read(['m/1', 'm/2'])).map((r) => r?.revision ?? 0)).toEqual([0, 2]);
    });

    it('refuse the whole commit when none is possible', async () => {
      const store = await withMembers('m/1');
      const commit: Commit = {
        ...created('session/1'),
        count: [{ counter: 'c', add: 1 }],
        index: [{ set: 'ready', member: 'x', score: 1 }],
        oneOf: [claimOf('m/1', 5), claimOf('m/9')],
      };
      expect(await store.commit(commit)).toEqual({ committed: false, why: { kind: 'candidates' } });
      expect(await store.commit({ oneOf: [] })).toEqual({ committed: false, why: { kind: 'candidates' } });
      expect((await store.read(['m/1', 'session/1'])).map((r) => r?.revision ?? 0)).toEqual([1, 0]);
      expect(await store.counters(['c'])).toEqual([0]);
      expect(await store.range('ready', { by: 'member', prefix: '', limit: 10 })).toEqual(['m/1']);
    });

    it('give each of many parallel claims another member, until there is none', async () => {
      const keys = Array.from({ length: 8 }, (_, i) => `m/${i}`);
      const store = await withMembers(...keys);
      const claims = Array.from({ length: 20 }, (_, i) =>
        store.commit({ ...created(`s/${i}`), oneOf: keys.map((key) => claimOf(key)) }),
      );
      const results = await Promise.all(claims);
      const chosen = results.flatMap((result) => (result.committed ? [result.chosen] : []));
      expect(chosen.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      const refused = results.filter((result) => !result.committed);
      expect(refused.every((result) => !result.committed && result.why.kind === 'candidates')).toBe(true);
    });
  });
}

function closeContract(open: () => Promise<Store>): void {
  it('keeps what it answered when closed, and refuses every later call', async () => {
    const store = await open();
    const answered = store.commit(created('a'));
    await store.close();
    expect((await answered).committed).toBe(true);
    const refused = { code: 'unavailable' };
    await expect(store.read(['a'])).rejects.toMatchObject(refused);
    await expect(store.commit(created('b'))).rejects.toMatchObject(refused);
    await expect(store.counters(['c'])).rejects.toMatchObject(refused);
    await expect(store.range('s', { by: 'score', max: 1, limit: 1 })).rejects.toMatchObject(refused);
    await expect(store.events({ by: 'after', id: '', limit: 1 })).rejects.toMatchObject(refused);
    await expect(store.trimEvents('1')).rejects.toMatchObject(refused);
    const iterate = async () => {
      for await (const _ of store.feed(new AbortController().signal)) return;
    };
    await expect(iterate()).rejects.toMatchObject(refused);
    await expect(store.close()).resolves.toBeUndefined();
  });
}
