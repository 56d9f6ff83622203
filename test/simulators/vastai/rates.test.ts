import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Bed, openBed } from './bed.ts';
import { LIMITS } from './rates.ts';

type Call = (bed: Bed) => Promise<Answer>;
/** A call of each limited endpoint; that it finds nothing does not matter to its limit. */
const CALLS: Readonly<Record<string, Call>> = {
  create: (bed) => bed.create(1),
  list: (bed) => bed.list(),
  show: (bed) => bed.api('GET', '/api/v0/instances/1/'),
  manage: (bed) => bed.api('PUT', '/api/v0/instances/1/', { state: 'stopped' }),
  destroy: (bed) => bed.destroy(1),
  reboot: (bed) => bed.api('PUT', '/api/v0/instances/reboot/1/', {}),
  recycle: (bed) => bed.api('PUT', '/api/v0/instances/recycle/1/', {}),
  'change-bid': (bed) => bed.api('PUT', '/api/v0/instances/bid_price/1/', {}),
  templates: (bed) => bed.api('GET', '/api/v0/template/'),
};

describe('The simulated rate limits', () => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await openBed({ limits: { factor: 1 }, keys: ['sim-key', 'second-key'] });
  });
  afterEach(() => bed.close());

  const search = (): Promise<Answer> => bed.api('POST', '/api/v0/bundles/', { limit: 1 });

  it('have a call in this table for each', () => {
    expect(Object.keys(CALLS).sort()).toEqual(Object.keys(LIMITS).sort());
  });

  it.each(Object.entries(LIMITS))('let %s through once in its time: %o', async (endpoint, { gapS, penaltyS }) => {
    const call = CALLS[endpoint] ?? search;
    expect((await call(bed)).status).not.toBe(429);
    await bed.advance(gapS - 0.1);
    expect((await call(bed)).status).toBe(429);
    await bed.advance(0.2);
    // Who came too early waits for the penalty, where there is one, and else only for the time itself.
    if (penaltyS !== undefined) {
      expect((await call(bed)).status).toBe(429);
      await bed.advance(penaltyS);
    }
    expect((await call(bed)).status).not.toBe(429);
    expect((await bed.state()).endpoints[endpoint]?.limited).toBe(penaltyS === undefined ? 1 : 2);
  });

  it('count each endpoint and each key on its own', async () => {
    await bed.list();
    expect((await bed.destroy(1)).status).not.toBe(429);
    expect((await bed.api('GET', '/api/v1/instances/', undefined, 'second-key')).status).toBe(200);
    expect((await bed.list()).status).toBe(429);
  });

  it('scale by a factor', async () => {
    await bed.sim('POST', 'limits', { factor: 0.1 });
    await bed.destroy(1);
    await bed.advance(0.31);
    expect((await bed.destroy(1)).status).not.toBe(429);
    expect((await bed.destroy(1)).status).toBe(429);
  });

  it.each([
    ['text', 'text/plain', /^API requests too frequent$/],
    ['threshold', 'text/plain', /endpoint threshold=1/],
    ['detail', 'application/json', /^\{"detail":"API requests too frequent: endpoint threshold=1"\}$/],
    ['json', 'application/json', /"error":"rate_limit_exceeded"/],
  ])('say so as %s', async (shape, type, pattern) => {
    await bed.sim('POST', 'limits', { body: shape, retry_after: 'never' });
    await bed.list();
    const limited = await bed.list();
    expect([limited.status, limited.headers.get('content-type')]).toEqual([429, type]);
    expect(limited.text).toMatch(pattern);
    expect(limited.headers.get('retry-after')).toBeNull();
  });

  it('say for destroy rate_limit_exceeded, and with Retry-After when it will do', async () => {
    await bed.sim('POST', 'limits', { retry_after: 'always' });
    await bed.destroy(1);
    await bed.advance(0.5);
    const limited = await bed.destroy(1);
    expect([limited.body.error, limited.headers.get('retry-after')]).toEqual(['rate_limit_exceeded', '3']);
  });

  it('say so in all these manners by chance, the same for the same seed', async () => {
    await bed.list();
    const seen: Answer[] = [];
    for (let n = 0; n < 40; n++) seen.push(await bed.list());
    expect(new Set(seen.map((a) => a.text.replace(/\d+/g, 'N'))).size).toBe(4);
    expect(new Set(seen.map((a) => a.headers.get('retry-after')))).toEqual(new Set([null, '1']));
  });

  it('let ten searches a minute through from one address, whatever the key', async () => {
    for (let n = 0; n < 10; n++) expect((await search()).status).toBe(200);
    expect((await search()).status).toBe(429);
    expect((await bed.api('POST', '/api/v0/bundles/', {}, 'second-key')).status).toBe(429);
    await bed.advance(60);
    expect((await search()).status).toBe(200);
  });

  it('end the searches of a day, which leaves renting, listing and destroying, until midnight', async () => {
    await bed.sim('POST', 'limits', { searches_per_day: 2 });
    const id = await bed.rent();
    await search();
    const over = await search();
    expect([over.status, over.body.error]).toEqual([429, 'search_quota_exceeded']);
    expect(over.headers.get('x-ratelimit-reset')).toBe(`${Date.UTC(2026, 10, 23) / 1000}`);
    expect(over.headers.get('retry-after')).toBeNull();
    expect((await bed.list()).status).toBe(200);
    expect((await bed.destroy(id)).status).toBe(200);
    await bed.advance(5);
    expect((await bed.create(1)).status).toBe(404);
    await bed.advance(16 * 3600);
    expect((await search()).status).toBe(200);
  });
});
