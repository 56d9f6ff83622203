import { describe, expect, it } from 'vitest';
import type { ListQuery } from '../../src/engine/use-cases.ts';
import { ADMIN, ALICE, engineBed, NEVER, OTHER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const query = (over: Partial<ListQuery> = {}): ListQuery => ({
  pageSize: 100,
  pageToken: '',
  class: null,
  phases: [],
  owner: null,
  labels: {},
  tenant: null,
  ...over,
});
const idsOf = async (bed: Bed, over: Partial<ListQuery> = {}, caller = ALICE) =>
  (await bed.finish(bed.engine.sessions.list(caller, query(over)))).sessions.map((v) => v.session.id);
const release = (bed: Bed, id: string) => bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id }));

describe('a client', () => {
  it('neither sees nor touches the session of another tenant, by any name it has', async () => {
    const bed = await engineBed();
    const { session } = await bed.acquire({ name: 'lab', requestId: 'r' });
    const { sessions } = bed.engine;
    const byId = { by: 'id', id: session.id } as const;
    const calls: (() => Promise<unknown>)[] = [
      () => sessions.get(OTHER, byId),
      () => sessions.get(OTHER, { by: 'name', name: 'lab' }),
      () => sessions.get(OTHER, { by: 'request', requestId: 'r' }),
      () => sessions.release(OTHER, byId),
      () => sessions.release(OTHER, { by: 'name', name: 'lab' }),
      () => sessions.keepAlive(OTHER, byId),
      () => sessions.extend(OTHER, byId, bed.clock.now() + 1_000_000),
      () => sessions.watch(OTHER, byId, 0, NEVER)[Symbol.asyncIterator]().next(),
      () => sessions.logs(OTHER, byId, { follow: false, tailLines: null }, NEVER)[Symbol.asyncIterator]().next(),
    ];
    for (const call of calls) await expect(bed.finish(call())).rejects.toMatchObject({ code: 'not-found' });
    expect(await idsOf(bed, {}, OTHER)).toEqual([]);
    await expect(idsOf(bed, { tenant: 'default' }, OTHER)).rejects.toMatchObject({ code: 'denied' });
    await expect(bed.finish(bed.engine.admin.terminate(OTHER, session.id, ''))).rejects.toMatchObject({
      code: 'denied',
    });
    expect((await bed.get(session.id)).session).toMatchObject({ phase: 'active', revision: session.revision });
  });

  it('is told the same of a session that there is not', async () => {
    const bed = await engineBed();
    for (const id of ['s-00000000000000000000000000', 'nonsense', '', '../x'])
      await expect(bed.get(id)).rejects.toMatchObject({ code: 'not-found', details: { reason: 'SESSION_NOT_FOUND' } });
  });
});

describe('an admin', () => {
  it('sees every tenant’s sessions and ends any of them, with a reason', async () => {
    const bed = await engineBed();
    const mine = (await bed.acquire()).session.id;
    const theirs = (await bed.acquire({}, OTHER)).session.id;
    expect((await idsOf(bed, {}, ADMIN)).sort()).toEqual([mine, theirs].sort());
    expect(await idsOf(bed, { tenant: 'other' }, ADMIN)).toEqual([theirs]);
    const ended = await bed.finish(bed.engine.admin.terminate(ADMIN, theirs, 'too loud'));
    expect(ended.session).toMatchObject({ why: 'admin', detail: 'too loud' });
    const again = await bed.finish(bed.engine.admin.terminate(ADMIN, theirs, 'twice'));
    expect(again.session).toMatchObject({ why: 'admin', detail: 'too loud' });
    await expect(bed.finish(bed.engine.admin.terminate(ADMIN, 's-nope', ''))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('reads the state of the broker', async () => {
    const bed = await engineBed();
    await bed.acquire();
    const status = await bed.finish(bed.engine.admin.status(ADMIN));
    expect(status).toMatchObject({
      leaderId: 'replica-1',
      sessions: { active: 1 },
      instances: { bound: 1 },
      proxies: { serving: 1 },
      providers: [{ name: 'costless', instances: 1, maxInstances: 100, listError: '' }],
    });
    expect(status.loops.every((l) => l.lastPassAt !== null && l.failures === 0)).toBe(true);
    await expect(bed.finish(bed.engine.admin.status(ALICE))).rejects.toMatchObject({ code: 'denied' });
  });
});

describe('a list', () => {
  it('filters by class, phase, owner and all of the labels', async () => {
    const bed = await engineBed({ classes: [aClass(), aClass({ name: 'gpu' })] });
    const ann = (await bed.acquire({ owner: 'ann', labels: { a: '1', b: '2' } })).session.id;
    const bob = (await bed.acquire({ owner: 'bob', labels: { a: '1' }, class: 'gpu' })).session.id;
    const none = (await bed.acquire()).session.id;
    await release(bed, none);
    await bed.until('it is released', async () => (await bed.peek(none))?.phase === 'released');
    expect(await idsOf(bed)).toEqual([ann, bob]);
    expect(await idsOf(bed, { class: 'gpu' })).toEqual([bob]);
    expect(await idsOf(bed, { owner: 'ann' })).toEqual([ann]);
    expect(await idsOf(bed, { owner: '' })).toEqual([]);
    expect(await idsOf(bed, { labels: { a: '1' } })).toEqual([ann, bob]);
    expect(await idsOf(bed, { labels: { a: '1', b: '2' } })).toEqual([ann]);
    expect(await idsOf(bed, { phases: ['released'] })).toEqual([none]);
    expect(await idsOf(bed, { phases: ['released', 'active'], owner: '' })).toEqual([none]);
    expect(await idsOf(bed, { phases: ['queued'] })).toEqual([]);
  });

  it('shows each session that lives throughout exactly once over its pages, while others come and go', async () => {
    const bed = await engineBed();
    const steady: string[] = [];
    const passing: string[] = [];
    for (let n = 0; n < 12; n++) {
      const { session } = await bed.acquire({ waitMs: 0 });
      (n % 3 === 0 ? passing : steady).push(session.id);
    }
    const seen: string[] = [];
    let token = '';
    do {
      const page = await bed.finish(bed.engine.sessions.list(ALICE, query({ pageSize: 3, pageToken: token })));
      expect(page.sessions.length).toBeLessThanOrEqual(3);
      seen.push(...page.sessions.map((v) => v.session.id));
      token = page.nextPageToken;
      const gone = passing.shift();
      if (gone !== undefined) await release(bed, gone);
      await bed.acquire({ waitMs: 0 }, OTHER);
    } while (token !== '');
    expect(seen.filter((id) => steady.includes(id))).toEqual(steady);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort());
  });

  it('shows released sessions in the same order, page by page', async () => {
    const bed = await engineBed();
    const all: string[] = [];
    for (let n = 0; n < 5; n++) all.push((await bed.acquire()).session.id);
    for (const id of [all[1], all[3]]) if (id !== undefined) await release(bed, id);
    await bed.until('two are released', () => bed.engine.mirror.size('session') === 3);
    const phases = ['active', 'released'] as const;
    const first = await bed.finish(bed.engine.sessions.list(ALICE, query({ pageSize: 2, phases })));
    const rest = await idsOf(bed, { phases, pageToken: first.nextPageToken });
    expect([...first.sessions.map((v) => v.session.id), ...rest]).toEqual(all);
  });

  it('refuses a token that is none of its own', async () => {
    const bed = await engineBed();
    const theirs = (await bed.acquire({}, OTHER)).session.id;
    const tokens = [
      'nonsense',
      Buffer.from(`other/${theirs}`).toString('base64url'),
      Buffer.from('default/').toString('base64url'),
    ];
    for (const pageToken of tokens)
      await expect(idsOf(bed, { pageToken })).rejects.toMatchObject({
        code: 'invalid',
        details: { violations: [{ field: 'page_token' }] },
      });
  });

  it('finds the few that pass among many without reading one by one', async () => {
    const bed = await engineBed();
    bed.world.knobs.soldOut = true;
    for (let n = 0; n < 60; n++) await bed.acquire({ waitMs: 0, owner: n === 50 ? 'ann' : 'bob' });
    let reads = 0;
    const read = (keys: readonly string[]) => {
      reads += 1;
      return bed.store.read(keys);
    };
    const store = { ...bed.store, read };
    const second = await bed.replica({ mayLead: false, store });
    reads = 0;
    const page = await bed.finish(second.engine.sessions.list(ALICE, query({ pageSize: 1, owner: 'ann' })));
    expect(page.sessions).toHaveLength(1);
    expect(reads).toBeLessThan(5);
    const next = await bed.finish(
      second.engine.sessions.list(ALICE, query({ owner: 'bob', pageToken: page.nextPageToken })),
    );
    expect(next.sessions).toHaveLength(9);
  });
});
