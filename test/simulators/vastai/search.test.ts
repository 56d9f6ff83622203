import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, type OfferSeen, openBed } from './bed.ts';

/** Without the defaults, so that every row is compared. */
const ALL = { verified: { eq: 'any' }, rentable: { eq: 'any' }, rented: { eq: 'any' } };
const every = (offers: readonly OfferSeen[], test: (o: OfferSeen) => boolean): boolean =>
  offers.length > 0 && offers.every(test);

describe('The simulated search', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await openBed();
  });
  afterAll(() => bed.close());

  it.each<[string, object, (o: OfferSeen) => boolean]>([
    ['eq', { gpu_name: { eq: 'RTX 4090' } }, (o) => o.gpu_name === 'RTX 4090'],
    ['neq', { gpu_name: { neq: 'RTX 4090' } }, (o) => o.gpu_name !== 'RTX 4090'],
    ['gt', { num_gpus: { gt: 2 } }, (o) => o.num_gpus > 2],
    ['gte', { gpu_ram: { gte: 24564 } }, (o) => o.gpu_ram >= 24564],
    ['lt', { dph_total: { lt: 0.3 } }, (o) => o.dph_total < 0.3],
    ['lte', { num_gpus: { lte: 1 } }, (o) => o.num_gpus === 1],
    ['in', { gpu_name: { in: ['RTX 3090', 'RTX 5090'] } }, (o) => ['RTX 3090', 'RTX 5090'].includes(o.gpu_name)],
    ['notin', { gpu_name: { notin: ['RTX 4090'] } }, (o) => o.gpu_name !== 'RTX 4090'],
    ['two operators', { inet_down: { gte: 300, lt: 900 } }, (o) => o.inet_down >= 300 && o.inet_down < 900],
    ['two fields', { num_gpus: { eq: 2 }, static_ip: { eq: true } }, (o) => o.num_gpus === 2 && o.static_ip],
    ['a number as text', { num_gpus: { eq: '2' } }, (o) => o.num_gpus === 2],
    ['a truth as text', { static_ip: { eq: 'true' } }, (o) => o.static_ip],
    ['datacenter', { datacenter: { eq: true } }, (o) => o.hosting_type === 1],
    ['verified', { verified: { eq: false } }, (o) => o.verification !== 'verified'],
    ['a country', { geolocation: { eq: 'DE' } }, (o) => o.geolocation?.endsWith('DE') ?? false],
    ['countries', { geolocation: { in: ['US', 'CA'] } }, (o) => /(US|CA)$/.test(o.geolocation ?? '')],
    ['reliability2', { reliability2: { gte: 0.99 } }, (o) => o.reliability >= 0.99],
    ['target_reliability', { target_reliability: 0.99 }, (o) => o.reliability >= 0.99],
    ['dphtotal', { dphtotal: { lte: 0.2 } }, (o) => o.dph_total <= 0.2],
    ['duration', { duration: { gte: 30 * 86_400 } }, (o) => o.end_date * 1000 >= Date.UTC(2026, 11, 22, 8)],
    ['gpu_ram_GB', { gpu_ram_GB: { gte: 24 } }, (o) => o.gpu_ram >= 24_000],
    ['driver_version', { driver_version: { gte: 565_057_001 } }, (o) => o.driver_vers >= 565_057_001],
    ['allocated_storage', { allocated_storage: 900 }, (o) => o.disk_space >= 900],
  ])('filters by %s', async (_, query, test) => {
    expect(every(await bed.search({ ...ALL, ...query }), test)).toBe(true);
    const all = await bed.search({ ...ALL, order: [['id', 'asc']] });
    // The table proves nothing where the filter lets everything pass.
    expect(every(all, test)).toBe(false);
  });

  it.each([
    ['a bare value', { gpu_name: 'RTX 4090' }, 'q.gpu_name: Input should be a valid dictionary'],
    ['a list', { num_gpus: [1] }, 'q.num_gpus: Input should be a valid dictionary'],
    ['an unknown operator', { num_gpus: { ge: 1 } }, 'q.num_gpus.ge'],
    ['in without a list', { num_gpus: { in: 1 } }, 'q.num_gpus.in'],
    ['an unknown type', { type: 'free' }, 'q.type'],
    ['an order that is none', { order: 'dph_total' }, 'q.order'],
    ['a way that is none', { order: [['dph_total', 'up']] }, 'q.order'],
  ])('refuses %s', async (_, query, msg) => {
    const { status, body } = await bed.api('POST', '/api/v0/bundles/', query);
    expect([status, body.success, body.error]).toEqual([400, false, 'bad_request']);
    expect(body.msg).toContain(msg);
  });

  it.each(['external', 'has_avx'])('takes %s bare, as official clients send it', async (field) => {
    const { status } = await bed.api('POST', '/api/v0/bundles/', { [field]: field === 'has_avx' });
    expect(status).toBe(200);
  });

  it('shows by default what is verified, rentable and not on a machine of ours', async () => {
    expect(every(await bed.search(), (o) => o.verification === 'verified' && o.rentable && !o.rented)).toBe(true);
  });

  it.each([{}, { limit: 3000 }, { limit: 65 }, { limit: 0 }])('gives 64 rows for %o', async (query) => {
    expect(await bed.search({ ...ALL, ...query })).toHaveLength(64);
  });

  it('gives as few rows as asked for', async () => {
    expect(await bed.search({ limit: 3 })).toHaveLength(3);
  });

  it('leads through the whole market by raising the floor of the price', async () => {
    const seen = new Set<number>();
    let floor = 0;
    for (let page = 0; page < 20; page++) {
      const rows = await bed.search({ ...ALL, dph_total: { gte: floor }, order: [['dph_total', 'asc']] });
      for (const row of rows) seen.add(row.id);
      floor = rows.at(-1)?.dph_total ?? floor;
      if (rows.length < 64) break;
    }
    expect(seen.size).toBeGreaterThan(200);
  });

  it.each<[string, readonly (readonly [string, string])[], keyof OfferSeen, number]>([
    ['price', [['dph_total', 'asc']], 'dph_total', 1],
    ['reliability, falling', [['reliability2', 'desc']], 'reliability', -1],
    ['score, falling, when nothing is said', [], 'score', -1],
  ])('orders by %s', async (_, order, field, sign) => {
    const rows = await bed.search(order.length > 0 ? { order } : {});
    const values = rows.map((r) => sign * Number(r[field]));
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });

  it('orders by a second column where the first is equal', async () => {
    const rows = await bed.search({
      order: [
        ['num_gpus', 'desc'],
        ['dph_total', 'asc'],
      ],
    });
    const keys = rows.map((r) => [-r.num_gpus, r.dph_total] as const);
    expect(keys).toEqual([...keys].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    expect(new Set(keys.map(([gpus]) => gpus)).size).toBeGreaterThan(1);
  });

  it('includes the disk in the price', async () => {
    const small = await bed.offer({ allocated_storage: 10 });
    const large = await bed.offer({ allocated_storage: 100, ask_contract_id: { eq: small.id } });
    expect(small.dph_total).toBeCloseTo(small.dph_base + (10 * small.storage_cost) / 720, 6);
    expect(large.dph_total - small.dph_total).toBeCloseTo((90 * small.storage_cost) / 720, 6);
  });

  it('prices interruptible machines at their minimum bid', async () => {
    const bid = await bed.offer({ type: 'bid' });
    expect(bid.is_bid).toBe(true);
    expect(bid.dph_total).toBeCloseTo(bid.min_bid + (8 * bid.storage_cost) / 720, 6);
  });

  it('finds an offer by ask_contract_id, and nothing by id', async () => {
    const { id } = await bed.offer();
    expect(await bed.search({ ask_contract_id: { eq: id } })).toHaveLength(1);
    expect(await bed.search({ id: { eq: id } })).toHaveLength(0);
  });

  it('leaves out hosts and machines that the query names', async () => {
    const first = await bed.offer();
    const rest = await bed.search({ host_id: { notin: [first.host_id] }, machine_id: { notin: [1] } });
    expect(every(rest, (o) => o.host_id !== first.host_id)).toBe(true);
  });

  it('wants the name of a GPU with blanks', async () => {
    expect(await bed.search({ gpu_name: { eq: 'RTX_4090' } })).toHaveLength(0);
  });

  it('passes over a filter that is no column, and tells so in its figures', async () => {
    expect((await bed.search({ no_such_column: { eq: 1 } })).length).toBeGreaterThan(0);
    expect((await bed.state()).ignored_filters).toContain('no_such_column');
  });

  it.each<[string, string, object | undefined]>([
    ['GET', `/api/v0/bundles/?q=${encodeURIComponent('{"limit":2}')}`, undefined],
    ['PUT', '/api/v0/search/asks/', { select_cols: ['*'], q: { limit: 2 } }],
  ])('answers the other form %s %s', async (method, path, body) => {
    expect((await bed.api(method, path, body)).body.offers).toHaveLength(2);
  });

  it('gives a single offer as an object where the switch says so', async () => {
    await bed.sim('POST', 'switches', { single_offer_as_object: true });
    const { body } = await bed.api('POST', '/api/v0/bundles/', { limit: 1 });
    expect(body.offers).not.toBeInstanceOf(Array);
    expect(body.offers).toHaveProperty('ask_contract_id');
    await bed.sim('POST', 'switches', { single_offer_as_object: false });
  });
});

describe('The simulated market', () => {
  it('is the same for the same seed, and another for another', async () => {
    const seen: string[] = [];
    for (const seed of ['a', 'a', 'b']) {
      const bed = await openBed({ seed });
      seen.push(JSON.stringify(await bed.search()));
      await bed.close();
    }
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).not.toBe(seen[2]);
  });

  it('has a few hundred offers, hosts with several machines, and some that are bad', async () => {
    const bed = await openBed({ badness: 1 });
    type M = { readonly host_id: number; readonly habit: string; readonly place: string | null };
    const machines = await bed.sim<readonly M[]>('GET', 'machines');
    const { market } = await bed.sim<{ readonly market: { readonly offers: number } }>('GET', 'state');
    await bed.close();
    expect(market.offers).toBeGreaterThan(200);
    const hosts = Map.groupBy(machines, (m) => m.host_id);
    expect([...hosts.values()].filter((h) => h.length > 1).length).toBeGreaterThan(10);
    const bad = machines.filter((m) => m.habit !== 'good').length / machines.length;
    expect(bad).toBeGreaterThan(0.08);
    expect(bad).toBeLessThan(0.35);
    expect(new Set(machines.map((m) => m.place)).size).toBeGreaterThan(10);
  });
});
