import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Bed, openBed } from './bed.ts';

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const query = (parameters: Readonly<Record<string, unknown>>): string =>
  `?${new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, asText(value)]))}`;

describe('The simulated list of instances', () => {
  let bed: Bed;
  const ids: number[] = [];
  const list = (parameters: Readonly<Record<string, unknown>> = {}): Promise<Answer> => bed.list(query(parameters));

  beforeAll(async () => {
    bed = await openBed();
    for (let n = 0; n < 60; n++)
      ids.push(await bed.rent(n % 4 === 0 ? {} : { label: `l${n % 4}` }, { rented: { eq: 'any' } }));
  });
  afterAll(() => bed.close());
  afterEach(() => bed.sim('DELETE', 'faults'));

  async function all(parameters: Readonly<Record<string, unknown>> = {}): Promise<readonly number[]> {
    const seen: number[] = [];
    for (let token: string | null = '', pages = 0; token !== null && pages < 30; pages++) {
      const { body } = await list({ ...parameters, ...(token === '' ? {} : { after_token: token }) });
      seen.push(...(body.instances ?? []).map((i) => i.id));
      token = body.next_token ?? null;
    }
    return seen;
  }

  it.each([
    [{}, 25],
    [{ limit: 100 }, 25],
    [{ limit: 7 }, 7],
    [{ limit: 0 }, 5],
    [{ limit: -1 }, 5],
  ])('with %o gives a page of %i and how many there are', async (parameters, size) => {
    const { body } = await list(parameters);
    expect(body.success).toBe(true);
    expect([body.instances?.length, body.instances_found, body.total_instances]).toEqual([size, size, 60]);
    expect(body.label_counts).toEqual({ '': 15, l1: 15, l2: 15, l3: 15 });
    expect(body.next_token).toEqual(expect.any(String));
  });

  it.each([
    [{}, (a: number, b: number) => a - b],
    [{ order_by: [{ col: 'id', dir: 'desc' }] }, (a: number, b: number) => b - a],
  ])('leads through all pages in the order %o', async (parameters, order) => {
    expect(await all(parameters)).toEqual([...ids].sort(order));
  });

  it('breaks ties by the id', async () => {
    const seen = await all({ order_by: [{ col: 'label', dir: 'asc' }], limit: 10 });
    const labelOf = (id: number): string => (ids.indexOf(id) % 4 === 0 ? '~' : `l${ids.indexOf(id) % 4}`);
    expect(seen).toEqual(
      [...ids]
        .sort((a, b) => labelOf(a).localeCompare(labelOf(b)) || a - b)
        .sort((a, b) => Number(labelOf(a) === '~') - Number(labelOf(b) === '~')),
    );
  });

  it.each<[string, object, (n: number) => boolean]>([
    ['eq', { label: { eq: 'l1' } }, (n) => n % 4 === 1],
    ['neq', { label: { neq: 'l1' } }, (n) => n % 4 !== 1],
    ['in', { label: { in: ['l1', 'l2'] } }, (n) => n % 4 === 1 || n % 4 === 2],
    ['in null, which is no label', { label: { in: [null] } }, (n) => n % 4 === 0],
    ['notin', { label: { notin: ['l1', 'l2', 'l3'] } }, (n) => n % 4 === 0],
    ['a status', { actual_status: { eq: 'running' }, label: { eq: 'l3' } }, (n) => n % 4 === 3],
  ])('filters by %s', async (_, select_filters, test) => {
    expect(await all({ select_filters })).toEqual(ids.filter((__, n) => test(n)));
  });

  it.each(['gt', 'gte', 'lt', 'lte'])('filters ids by %s', async (op) => {
    const middle = ids[30] ?? 0;
    const found = await all({ select_filters: { id: { [op]: middle } } });
    expect(found).toHaveLength({ gt: 29, gte: 30, lt: 30, lte: 31 }[op] ?? 0);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a computed column', { select_filters: { dph_total: { gt: 1 } } }, 'invalid_request'],
    ['another computed column', { select_filters: { num_gpus: { eq: 1 } } }, 'invalid_request'],
    ['a bare value', { select_filters: { label: 'l1' } }, 'invalid_request'],
    ['filters that are no JSON', { select_filters: '{' }, 'invalid_request'],
    ['an order that is none', { order_by: [{ dir: 'up' }] }, 'invalid_request'],
    ['a limit that is none', { limit: 'many' }, 'invalid_request'],
    ['a token that is none', { after_token: 'abc' }, 'invalid_token'],
  ])('refuses %s', async (_, parameters, error) => {
    const { status, body } = await list(parameters);
    expect([status, body.success, body.error]).toEqual([400, false, error]);
  });

  it('gives the columns that are asked for, and null for what is none', async () => {
    const { body } = await list({ select_cols: ['id', 'nonsense'], limit: 1 });
    expect(body.instances).toEqual([{ id: ids[0], nonsense: null }]);
  });

  it('gives every row what the official client cannot do without', async () => {
    const { body } = await list();
    for (const row of body.instances ?? []) {
      expect(row.start_date).toEqual(expect.any(Number));
      expect(row.extra_env).toEqual([['-p 8000:8000', '1']]);
    }
  });

  it('answers the old list with 410, or as it once was', async () => {
    const gone = await bed.api('GET', '/api/v0/instances/');
    expect([gone.status, gone.body.error]).toEqual([410, 'deprecated_endpoint']);
    expect(gone.body.msg).toContain('Use /api/v1/instances/');
    await bed.sim('POST', 'switches', { old_list: 200 });
    expect((await bed.api('GET', '/api/v0/instances/?owner=me')).body.instances).toHaveLength(60);
    await bed.sim('POST', 'switches', { old_list: 410 });
  });

  it('with the fault list_short keeps rows back and gives no token, but tells the total', async () => {
    await bed.fault('list_short', { times: 1, with: { rows: 2 } });
    const { body } = await list();
    expect([body.instances?.length, body.next_token, body.total_instances]).toEqual([23, null, 60]);
  });

  it('with the fault list_without_total tells no total', async () => {
    await bed.fault('list_without_total', { times: 1 });
    expect(Object.keys((await list()).body)).not.toContain('total_instances');
  });

  it('with the fault list_torn ends in the middle of the answer', async () => {
    await bed.fault('list_torn', { times: 1 });
    await expect(list()).rejects.toThrow('terminated');
    expect((await list()).status).toBe(200);
  });

  it('finds contracts by label or id', async () => {
    const byLabel = await bed.api('POST', '/api/v0/contracts/fetch/', { label: 'l2' });
    expect(byLabel.body.contracts).toHaveLength(15);
    const byId = await bed.api('POST', '/api/v0/contracts/fetch/', { contract_ids: [ids[3]] });
    expect(byId.body.contracts).toMatchObject([{ id: ids[3] }]);
  });

  it('tells which values there are to filter by', async () => {
    const { body } = await bed.api('GET', '/api/v0/instances/filters/');
    expect(body.filters).toHaveLength(60);
    expect(body.filters?.[0]).toMatchObject({ actual_status: 'running', verification: 'verified' });
  });

  it('goes on after the last row of a page, also when that has ended meanwhile', async () => {
    const { body } = await list({ limit: 10 });
    const last = body.instances?.at(-1)?.id ?? 0;
    await bed.destroy(last);
    const next = await list({ limit: 10, after_token: body.next_token ?? '' });
    expect(next.body.instances?.[0]?.id).toBe(ids[10]);
    expect(next.body.total_instances).toBe(59);
  });
});
