import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import type { Store } from '../../src/ports/store.ts';
import { ADMIN, ALICE, type EngineBed, engineBed, input, NEVER, OTHER } from '../support/engine-bed.ts';

const DOLLAR = 1_000_000;
const OTHER_ADMIN = { ...OTHER, role: 'admin' } as const;

async function bed(): Promise<EngineBed> {
  const b = await engineBed({ limits: { listMs: 10_000, idleListMs: 10_000 } });
  b.world.knobs.microsPerHour = 6 * DOLLAR;
  return b;
}
const release = (b: EngineBed, id: string) => b.finish(b.engine.sessions.release(ADMIN, { by: 'id', id }));
const over = (b: EngineBed) => b.until('all is released and gone', () => b.engine.mirror.size('session') === 0);
const costs = (b: EngineBed, tenant: string | null = null, days = 7, caller = ADMIN) =>
  b.finish(b.engine.admin.costs(caller, tenant, days));
/** What the released sessions say that they cost. */
async function ended(b: EngineBed): Promise<number> {
  const ids = await b.store.range('sessions/ended', { by: 'member', prefix: '', limit: 100 });
  const found = await b.store.read(ids.map((id) => `session/${id.slice(id.indexOf('/') + 1)}`));
  return found.reduce((sum, r) => sum + (r === null ? 0 : (r.value as { costMicros: number }).costMicros), 0);
}

describe('What sessions cost', () => {
  it('is told of living ones so far and per hour, and of ended ones by the day of their end', async () => {
    const b = await bed();
    const first = await b.acquire();
    await b.clock.advance(10 * MINUTE);
    const [living] = (await costs(b)).tenants;
    expect(living).toMatchObject({ tenant: 'default', sessions: 1, microsPerHour: 6 * DOLLAR, days: [] });
    expect(living?.livingMicros).toBeGreaterThanOrEqual(DOLLAR);
    expect(living?.livingMicros).toBeLessThan(1.1 * DOLLAR);
    await release(b, first.session.id);
    await over(b);
    const [past] = (await costs(b)).tenants;
    expect(past).toMatchObject({ sessions: 0, microsPerHour: 0, livingMicros: 0 });
    expect(past?.days).toEqual([{ day: '2023-11-14', micros: await ended(b) }]);
    expect(past?.days[0]?.micros).toBeGreaterThanOrEqual(DOLLAR);
  });

  it('adds up over the days, newest first, and is forgotten after ninety of them', async () => {
    const b = await bed();
    for (let day = 0; day < 3; day++) {
      for (let n = 0; n <= day; n++) {
        const { session } = await b.acquire();
        await b.clock.advance(MINUTE);
        await release(b, session.id);
      }
      await over(b);
      b.clock.jump(DAY);
    }
    const days = (await costs(b, 'default')).tenants[0]?.days ?? [];
    expect(days.map((d) => d.day)).toEqual(['2023-11-16', '2023-11-15', '2023-11-14']);
    // Six minutes at $6 per hour.
    expect(days.reduce((sum, d) => sum + d.micros, 0)).toBeCloseTo(600_000, -4);
    // Today is one of them, and nothing was spent on it.
    expect((await costs(b, 'default', 2)).tenants[0]?.days.map((d) => d.day)).toEqual(['2023-11-16']);
    b.clock.jump(87 * DAY);
    await b.until(
      'the first is forgotten',
      async () => (await b.store.range('costs', { by: 'member', prefix: '', limit: 10 })).length === 2,
    );
    expect(await b.store.counters(['cost/default/2023-11-14'])).toEqual([0]);
    expect((await b.store.counters(['cost/default/2023-11-15']))[0]).toBeGreaterThan(0);
  });

  it('is counted once, whatever answer of the store is lost', async () => {
    const b = await engineBed({ mayLead: false, limits: { listMs: 10_000 } });
    b.world.knobs.microsPerHour = 6 * DOLLAR;
    let lost = 0;
    const store: Store = {
      ...b.store,
      async commit(c) {
        const result = await b.store.commit(c);
        const isCost = c.count?.some((n) => n.counter.startsWith('cost/'));
        if (!result.committed || !isCost) return result;
        lost += 1;
        throw new BrokerError('outcome-unknown', 'the answer was lost');
      },
    };
    const replica = await b.replica({ mayLead: true, store });
    await b.until('it leads', () => replica.engine.isLeading());
    const { session } = await b.finish(replica.engine.sessions.acquire(ALICE, input(), NEVER));
    await b.clock.advance(HOUR / 6);
    await b.finish(replica.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await b.until('it is over', () => replica.engine.mirror.size('session') === 0, 5 * MINUTE);
    await b.clock.advance(MINUTE);
    expect(lost).toBe(1);
    const total = await ended(b);
    expect(total).toBeGreaterThanOrEqual(DOLLAR);
    expect(await b.store.counters(['cost/default/2023-11-14'])).toEqual([total]);
  });

  it('of another tenant is for admins, and what nobody has is told to them alone', async () => {
    const b = await bed();
    await b.finish(b.engine.admin.setReserve(ADMIN, 'echo', 2));
    await b.until('the reserve is full', () => b.ready() === 2);
    await b.acquire();
    await b.acquire({ name: 'theirs' }, OTHER);
    await b.until('the reserve is full again', () => b.ready() === 2);
    const all = await costs(b);
    expect(all.tenants.map((t) => [t.tenant, t.microsPerHour])).toEqual([
      ['default', 6 * DOLLAR],
      ['other', 6 * DOLLAR],
    ]);
    expect(all).toMatchObject({ reserveMicrosPerHour: 12 * DOLLAR, destroyingMicrosPerHour: 0 });
    expect((await costs(b, 'other', 1, OTHER_ADMIN)).tenants.map((t) => t.tenant)).toEqual(['other']);
    const own = await costs(b, null, 7, OTHER);
    expect(own.tenants.map((t) => t.tenant)).toEqual(['other']);
    expect(own).toMatchObject({ reserveMicrosPerHour: 0, destroyingMicrosPerHour: 0 });
    await expect(costs(b, 'default', 7, OTHER)).rejects.toMatchObject({ code: 'denied' });
    expect(b.engine.money()).toMatchObject([{ session: 12 * DOLLAR, reserve: 12 * DOLLAR, destroying: 0 }]);
  });

  it('is nothing, and leaves nothing behind, where it costs nothing', async () => {
    const b = await engineBed();
    await release(b, (await b.acquire()).session.id);
    await over(b);
    expect(await b.store.range('costs', { by: 'member', prefix: '', limit: 1 })).toEqual([]);
    expect(await costs(b)).toEqual({ tenants: [], reserveMicrosPerHour: 0, destroyingMicrosPerHour: 0 });
  });
});
