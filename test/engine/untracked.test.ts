import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Marketplace } from '../../src/ports/marketplace.ts';
import { ADMIN, ALICE, engineBed } from '../support/engine-bed.ts';
import { ADDRESSES, instanceId } from '../support/fixtures.ts';

const DOLLAR = 1_000_000;
const RUNNING = { status: 'running', addresses: ADDRESSES } as const;

async function bed(o: Parameters<typeof engineBed>[0] = {}) {
  const made = await engineBed(o);
  const view = async () => (await made.finish(made.engine.admin.status(ADMIN))).providers[0];
  return { ...made, view };
}

describe('What carries our tag and has no record', () => {
  it('is told with its price for as long as it is there, and ended', async () => {
    const b = await bed();
    await b.until('the provider was listed', async () => (await b.view())?.untrackedMicrosPerHour === 0);
    b.world.knobs.ignoreDestroys = true;
    b.world.plant(instanceId(1), 'costless', RUNNING, undefined, 1.5 * DOLLAR);
    b.world.plant(instanceId(2), 'costless', RUNNING, undefined, 0.5 * DOLLAR);
    await b.until('both are told of', async () => (await b.view())?.untrackedMicrosPerHour === 2 * DOLLAR);
    await b.until('their end was asked for', () => b.world.calls.destroy >= 2);
    expect(b.engine.money()).toMatchObject([{ provider: 'costless', untracked: 2 * DOLLAR, session: 0 }]);
    b.world.knobs.ignoreDestroys = false;
    await b.until('they are gone', async () => (await b.view())?.untrackedMicrosPerHour === 0);
    expect(b.world.held.size).toBe(0);
  });

  it('is ended though another one cannot be', async () => {
    const b = await bed();
    b.world.knobs.stuck.add(instanceId(1));
    b.world.plant(instanceId(1), 'costless', RUNNING);
    b.world.plant(instanceId(2), 'costless', RUNNING);
    await b.until('the other one is gone', () => b.world.held.size === 1);
    expect(b.world.tags()).toEqual([instanceId(1)]);
    expect(b.first.errors.map((e) => e.loop)).toContain('orphans');
  });

  it('is no failure of a leader that stops while it waits for its turn to be ended', async () => {
    const b = await bed({ limits: { destroyEveryMs: MINUTE } });
    for (const n of [1, 2]) b.world.plant(instanceId(n), 'costless', RUNNING);
    await b.until('one of them is ended', () => b.world.held.size === 1);
    await b.clock.advance(5 * SECOND);
    await b.first.stop();
    expect(b.first.errors).toEqual([]);
    expect(b.world.held.size).toBe(1);
  });

  it('is known to the leader alone', async () => {
    const b = await bed();
    const other = await b.replica({ mayLead: false });
    await b.until('the leader knows', async () => (await b.view())?.untrackedMicrosPerHour === 0);
    const { providers } = await b.finish(other.engine.admin.status(ADMIN));
    expect(providers).toMatchObject([{ untrackedMicrosPerHour: null, creditMicros: null }]);
    await b.first.stop();
    expect((await b.view())?.untrackedMicrosPerHour).toBeNull();
  });

  it('is left alone where its tag is of another installation', async () => {
    const b = await bed();
    for (const [n, tag] of ['costles', 'costless-2', 'COSTLESS', '', 'other'].entries())
      b.world.plant(instanceId(n + 1), tag, RUNNING, undefined, DOLLAR);
    await b.clock.advance(MINUTE);
    expect(b.world.held.size).toBe(5);
    expect((await b.view())?.untrackedMicrosPerHour).toBe(0);
  });
});

describe('An instance that does not end', () => {
  it('is warned of after five minutes and at each doubling, and asked to end for ever', async () => {
    const b = await bed({ limits: { listMs: 5 * SECOND } });
    b.world.knobs.microsPerHour = DOLLAR;
    const { session } = await b.acquire();
    b.world.knobs.ignoreDestroys = true;
    await b.finish(b.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await b.clock.advance(4 * MINUTE);
    expect(b.first.slow).toEqual([]);
    await b.clock.advance(2 * MINUTE);
    expect(b.first.slow).toHaveLength(1);
    await b.clock.advance(35 * MINUTE);
    expect(b.first.slow).toHaveLength(4);
    expect(b.engine.money()).toMatchObject([{ session: 0, reserve: 0, destroying: DOLLAR }]);
    const [{ oldestDestroyingMs = 0, mostDestroyRequests = 0 } = {}] = b.engine.money();
    expect(oldestDestroyingMs).toBeGreaterThan(40 * MINUTE);
    expect(mostDestroyRequests).toBeGreaterThan(40);
    b.world.knobs.ignoreDestroys = false;
    await b.until('it is gone', () => b.engine.mirror.size('instance') === 0, 2 * MINUTE);
    expect(b.engine.money()).toMatchObject([{ destroying: 0, oldestDestroyingMs: 0, mostDestroyRequests: 0 }]);
  });
});

describe('Prepaid money', () => {
  it('is asked for once a minute by the leader, and not told where it could not be asked for', async () => {
    let asked = 0;
    let away = false;
    const market: Marketplace = {
      name: 'costless',
      template: () => Promise.reject(new BrokerError('not-found', 'there is none')),
      async account() {
        asked += 1;
        if (away) throw new BrokerError('unavailable', 'it is away');
        return { creditMicros: 12 * DOLLAR };
      },
    };
    const b = await bed({ marketplaces: [market] });
    await b.until('it is known', async () => (await b.view())?.creditMicros === 12 * DOLLAR);
    expect(b.engine.money()).toMatchObject([{ credit: 12 * DOLLAR }]);
    await b.clock.advance(10 * MINUTE);
    expect(asked).toBeLessThanOrEqual(11);
    expect(asked).toBeGreaterThanOrEqual(9);
    away = true;
    await b.clock.advance(70 * SECOND);
    expect((await b.view())?.creditMicros).toBeNull();
  });
});
