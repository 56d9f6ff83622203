import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { Quota, Quotas } from '../../src/domain/quota.ts';
import { NO_QUOTA } from '../../src/domain/quota.ts';
import { SECOND } from '../../src/domain/time.ts';
import type { AcquireInput } from '../../src/engine/use-cases.ts';
import { ADMIN, ALICE, type EngineBed, engineBed, input, NEVER, OTHER } from '../support/engine-bed.ts';
import { aClass, GRANTED } from '../support/fixtures.ts';
import { quotaViolations } from '../support/invariants.ts';
import { readRecords } from '../support/store-records.ts';

const GPU = aClass({
  name: 'gpu',
  resources: { ...GRANTED, gpuCount: 2 },
  allow: { command: true, env: [], maxResources: { ...GRANTED, gpuCount: 8 } },
});
const byId = (id: string) => ({ by: 'id', id }) as const;
const release = (bed: EngineBed, id: string) => bed.finish(bed.engine.sessions.release(ALICE, byId(id)));
const quotasOf = (quota: Partial<Quota>, tenants: Readonly<Record<string, Partial<Quota>>> = {}): Quotas => ({
  default: { ...NO_QUOTA, ...quota },
  tenants: new Map(Object.entries(tenants).map(([name, own]) => [name, { ...NO_QUOTA, ...quota, ...own }])),
});
/** Waiting costs nothing here: whether it was let in is all. */
const soon = (bed: EngineBed, over: Partial<AcquireInput> = {}, caller = ALICE) =>
  bed.acquire({ waitMs: 0, ...over }, caller);
const over = (quota: string, limit: number, used: number) => ({
  code: 'exhausted',
  details: { reason: 'QUOTA_EXCEEDED', metadata: { quota, limit: String(limit), used: String(used) } },
});
/** The counters are what the living sessions add up to. */
async function expectExact(bed: EngineBed): Promise<void> {
  expect(quotaViolations(await readRecords(bed.store))).toEqual([]);
}
const usesOf = async (bed: EngineBed, tenant = 'default') => {
  const [own] = await bed.finish(bed.engine.admin.quotas(ADMIN, tenant));
  return Object.fromEntries((own?.uses ?? []).map((u) => [u.name, [u.used, u.limit]]));
};

describe('a quota of sessions', () => {
  it('refuses the one too many with what is used, for this tenant only', async () => {
    const bed = await engineBed({ quota: { sessions: 2 } });
    const first = await bed.acquire();
    await soon(bed);
    await expect(soon(bed)).rejects.toMatchObject({
      code: 'exhausted',
      message: 'the quota of tenant "default" is used up: sessions: 2 of 2 in use',
      details: {
        reason: 'QUOTA_EXCEEDED',
        metadata: { tenant: 'default', quota: 'sessions', limit: '2', used: '2' },
        quota: { subject: 'tenant:default', description: 'sessions: 2 of 2 in use' },
      },
    });
    await soon(bed, {}, OTHER);
    // A place is free as soon as the release is answered, not when the machine is gone.
    bed.world.knobs.ignoreDestroys = true;
    await release(bed, first.session.id);
    await soon(bed);
    await expect(soon(bed)).rejects.toMatchObject(over('sessions', 2, 2));
    await expectExact(bed);
  });

  it('answers a retry, a name that is returned and a tombstone at the limit as anywhere', async () => {
    const bed = await engineBed({ quota: { sessions: 1, rate: { perMinute: 1, burst: 1 } } });
    const { session } = await soon(bed, { requestId: 'once', name: 'lab' });
    expect((await soon(bed, { requestId: 'once', name: 'lab' })).session.id).toBe(session.id);
    expect((await soon(bed, { name: 'lab', onConflict: 'return' })).session.id).toBe(session.id);
    await expect(soon(bed, { name: 'lab' })).rejects.toMatchObject({ details: { reason: 'NAME_TAKEN' } });
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'request', requestId: 'late' }));
    await expect(soon(bed, { requestId: 'late' })).rejects.toMatchObject({
      details: { reason: 'RELEASED_BEFORE_ACQUIRE' },
    });
    expect(await usesOf(bed)).toMatchObject({ sessions: [1, 1], 'acquires-per-minute': [1, 1] });
  });

  it('lets a session be replaced by its name at the limit', async () => {
    const bed = await engineBed({ quota: { sessions: 1 } });
    const first = await bed.acquire({ name: 'lab' });
    const second = await bed.acquire({ name: 'lab', onConflict: 'replace' });
    expect(second.session.id).not.toBe(first.session.id);
    expect(await bed.peek(first.session.id)).toMatchObject({ why: 'client' });
    await expectExact(bed);
    expect(await usesOf(bed)).toMatchObject({ sessions: [1, 1] });
  });

  it('is given back whatever a session ends by', async () => {
    const bed = await engineBed({ quota: { sessions: 3 } });
    const expiring = await bed.acquire({ lifetimeMs: 20 * SECOND });
    const admins = await bed.acquire();
    bed.world.knobs.soldOut = true;
    const waiting = await soon(bed, { queueTimeoutMs: 5 * SECOND });
    await expect(soon(bed)).rejects.toMatchObject(over('sessions', 3, 3));
    await bed.finish(bed.engine.admin.terminate(ADMIN, admins.session.id, ''));
    for (const { session } of [expiring, waiting])
      await bed.until('it has ended', async () => (await bed.peek(session.id))?.phase === 'released', 120 * SECOND);
    expect(await usesOf(bed)).toMatchObject({ sessions: [0, 3] });
    await expectExact(bed);
  });

  it('counts what was there before it was set, and ends nothing when it is lowered', async () => {
    const bed = await engineBed();
    const all = [await bed.acquire(), await bed.acquire(), await bed.acquire()];
    bed.quotas.now = quotasOf({ sessions: 2 });
    await expect(soon(bed)).rejects.toMatchObject(over('sessions', 2, 3));
    for (const [n, { session }] of all.entries()) {
      expect((await bed.get(session.id)).session.phase).toBe('active');
      await release(bed, session.id);
      expect(await usesOf(bed)).toMatchObject({ sessions: [2 - n, 2] });
    }
    await soon(bed);
    bed.quotas.now = quotasOf({});
    for (let n = 0; n < 3; n++) await soon(bed);
    await expectExact(bed);
  });

  it('of its own wins over the default for a tenant', async () => {
    const bed = await engineBed();
    bed.quotas.now = quotasOf({ sessions: 0 }, { default: { sessions: 1 } });
    await soon(bed);
    await expect(soon(bed)).rejects.toMatchObject(over('sessions', 1, 1));
    await expect(soon(bed, {}, OTHER)).rejects.toMatchObject(over('sessions', 0, 0));
  });

  it('refuses a warm claim, and leaves the member to others', async () => {
    const bed = await engineBed({
      quota: { sessions: 1 },
      classes: [aClass({ reserve: { ...aClass().reserve, target: 2 } })],
    });
    await bed.until('the reserve is there', () => bed.ready() === 2);
    expect((await bed.acquire()).session).toMatchObject({ fromReserve: true });
    await bed.until('it is filled again', () => bed.ready() === 2);
    await expect(bed.acquire()).rejects.toMatchObject(over('sessions', 1, 1));
    expect(bed.ready()).toBe(2);
    expect((await bed.acquire({}, OTHER)).session).toMatchObject({ fromReserve: true });
    await expectExact(bed);
  });

  it('shows in the outcome of the acquire', async () => {
    const bed = await engineBed({ quota: { sessions: 0 } });
    await expect(soon(bed)).rejects.toMatchObject(over('sessions', 0, 0));
    expect(bed.first.acquires).toEqual([['echo', 'over-quota', 'none']]);
  });
});

describe('a quota of a class or of GPUs', () => {
  it('leaves other classes alone', async () => {
    const bed = await engineBed({ classes: [aClass(), GPU], quota: { classes: new Map([['gpu', 1]]) } });
    await soon(bed, { class: 'gpu' });
    await expect(soon(bed, { class: 'gpu' })).rejects.toMatchObject({
      ...over('class:gpu', 1, 1),
      message: expect.stringContaining('sessions of class "gpu": 1 of 1 in use'),
    });
    await soon(bed);
    expect(await usesOf(bed)).toEqual({
      sessions: [2, null],
      gpus: [2, null],
      'acquires-per-minute': [0, null],
      'class:echo': [1, null],
      'class:gpu': [1, 1],
    });
  });

  it('counts the GPUs that are asked for, those of the class at least', async () => {
    const bed = await engineBed({ classes: [aClass(), GPU], quota: { gpus: 9 } });
    const many = await soon(bed, { class: 'gpu', requirements: { gpuCount: 6 } });
    await soon(bed, { class: 'gpu', requirements: { gpuCount: 1 } });
    await expect(soon(bed, { class: 'gpu' })).rejects.toMatchObject(over('gpus', 9, 8));
    await soon(bed);
    await release(bed, many.session.id);
    await soon(bed, { class: 'gpu', requirements: { gpuCount: 7 } });
    expect(await usesOf(bed)).toMatchObject({ gpus: [9, 9] });
    await expectExact(bed);
  });
});

describe('a rate of acquires', () => {
  const rate = { perMinute: 6, burst: 3 };

  it('lets a burst in, then as many as leak out, and says when to come again', async () => {
    const bed = await engineBed({ quota: { rate } });
    for (let n = 0; n < 3; n++) await soon(bed);
    await expect(soon(bed)).rejects.toMatchObject({
      ...over('acquires-per-minute', 3, 3),
      details: { reason: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) },
    });
    for (let n = 0; n < 3; n++) {
      const err = await soon(bed).catch((e: { details: { retryAfterMs: number } }) => e);
      if (!('details' in err)) throw new Error('was let in too soon');
      expect(err.details.retryAfterMs).toBeGreaterThan(8 * SECOND);
      expect(err.details.retryAfterMs).toBeLessThanOrEqual(10 * SECOND);
      await bed.clock.advance(err.details.retryAfterMs + SECOND);
      await soon(bed);
    }
    await expectExact(bed);
  });

  it('takes nothing for what is refused', async () => {
    const bed = await engineBed({ quota: { sessions: 1, rate } });
    const { session } = await soon(bed);
    for (let n = 0; n < 10; n++) await expect(soon(bed)).rejects.toMatchObject(over('sessions', 1, 1));
    await release(bed, session.id);
    await soon(bed);
    expect(await usesOf(bed)).toMatchObject({ 'acquires-per-minute': [2, 3] });
  });

  it('leaks on with another leader, and with one that begins at the brim', async () => {
    const bed = await engineBed({ quota: { rate } });
    const second = await bed.replica({ mayLead: true });
    const sessions = [await soon(bed), await soon(bed), await soon(bed)];
    for (const { session } of sessions) await release(bed, session.id);
    await bed.first.stop();
    await bed.until('the second leads', () => second.engine.isLeading());
    const again = () => bed.finish(second.engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER));
    await expect(again()).rejects.toMatchObject(over('acquires-per-minute', 3, 3));
    await bed.clock.advance(11 * SECOND);
    await again();
  });

  it('is forgotten where it is taken back, and begins empty when it comes again', async () => {
    const bed = await engineBed({ quota: { rate } });
    for (let n = 0; n < 3; n++) await soon(bed);
    bed.quotas.now = quotasOf({});
    bed.classes.changed();
    for (let n = 0; n < 5; n++) await soon(bed);
    await bed.clock.advance(2 * SECOND);
    bed.quotas.now = quotasOf({ rate });
    for (let n = 0; n < 3; n++) await soon(bed);
    await expect(soon(bed)).rejects.toMatchObject(over('acquires-per-minute', 3, 3));
  });

  it('leaks for who acquires while the leader reads, and after the store was away', async () => {
    const bed = await engineBed({ quota: { rate: { perMinute: 6, burst: 1 } }, mayLead: false });
    const held = Promise.withResolvers<void>();
    const store = { ...bed.store };
    let reads = 0;
    store.counters = async (names) => {
      reads += 1;
      const values = await bed.store.counters(names);
      await held.promise;
      if (reads === 2) throw new BrokerError('unavailable', 'away');
      return values;
    };
    const leader = await bed.replica({ mayLead: true, store });
    await bed.until('it has read that nothing is there', () => reads === 1);
    await soon(bed);
    await bed.until('it knows of the session', () => leader.engine.mirror.size('session') === 1);
    held.resolve();
    await bed.clock.advance(13 * SECOND);
    await soon(bed);
    expect(leader.errors).toMatchObject([{ loop: 'quotas' }]);
  });

  it('reads nothing while nobody acquires', async () => {
    const bed = await engineBed({ quota: { rate }, mayLead: false });
    let reads = 0;
    const counters = (names: readonly string[]) => {
      reads += 1;
      return bed.store.counters(names);
    };
    const store = { ...bed.store, counters };
    const leader = await bed.replica({ mayLead: true, store });
    await bed.until('it leads', () => leader.engine.isLeading());
    await soon(bed);
    await bed.clock.advance(30 * SECOND);
    expect(reads).toBeGreaterThan(5);
    reads = 0;
    await bed.clock.advance(60 * SECOND);
    expect(reads).toBe(0);
    expect(leader.errors).toEqual([]);
  });
});

describe('GetQuotas', () => {
  it('tells a client its own, and an admin those of all who have a quota or a session', async () => {
    const bed = await engineBed();
    bed.quotas.now = quotasOf({}, { acme: { sessions: 5 } });
    await soon(bed);
    await soon(bed, {}, OTHER);
    const { admin } = bed.engine;
    const tenants = async (caller = ADMIN, tenant: string | null = null) =>
      (await bed.finish(admin.quotas(caller, tenant))).map((q) => q.tenant);
    expect(await tenants()).toEqual(['acme', 'default', 'other']);
    expect(await tenants(OTHER)).toEqual(['other']);
    expect(await tenants(OTHER, 'other')).toEqual(['other']);
    await expect(tenants(OTHER, 'acme')).rejects.toMatchObject({ code: 'denied' });
    expect(await tenants(ADMIN, 'nobody')).toEqual(['nobody']);
    expect(await bed.finish(admin.quotas(ADMIN, 'acme'))).toEqual([
      {
        tenant: 'acme',
        uses: [
          { name: 'sessions', used: 0, limit: 5 },
          { name: 'gpus', used: 0, limit: null },
          { name: 'acquires-per-minute', used: 0, limit: null },
        ],
      },
    ]);
  });

  it('tells of tenant default and of those with a token where everybody is limited', async () => {
    const bed = await engineBed({ quota: { sessions: 4 } });
    await bed.finish(bed.engine.admin.createToken(ADMIN, 'acme', 'admin', ''));
    expect(await bed.finish(bed.engine.admin.quotas(ADMIN, null))).toMatchObject([
      { tenant: 'acme', uses: [{ name: 'sessions', used: 0, limit: 4 }, {}, {}] },
      { tenant: 'default' },
    ]);
  });
});
