import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Order } from '../../../src/ports/compute-provider.ts';
import { newTag, orderOf } from '../../contract/compute-provider.contract.ts';
import type { SimOptions } from '../../simulators/vastai/world.ts';
import { eventually } from '../../support/eventually.ts';
import { searchFor } from '../../support/fixtures.ts';
import { localServers } from '../../support/local-servers.ts';
import { INSTALLATION, image, never, oneGpu, type VastWorld, vastWorld } from './world.ts';

let world: VastWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

async function open(sim: SimOptions = {}): Promise<VastWorld> {
  world = await vastWorld(sim);
  return world;
}

const labelled = (tag = newTag(), of = INSTALLATION): string => `berth/${of}/${tag}/test/r1/reserve`;

/** As another client would: so that a list of many needs no create of ours. */
async function rent(w: VastWorld, count: number, label: () => string | null = labelled): Promise<readonly number[]> {
  const ids: number[] = [];
  const asks = await w.bed.search({ order: [['dph_total', 'asc']], num_gpus: { eq: 1 } });
  for (const { id } of asks.slice(0, count)) {
    const made = await w.bed.create(id, {
      env: { '-p 8000:8000': '1', BERTH_PORTS: 'http:http:8000' },
      label: label(),
    });
    ids.push(made.body.new_contract ?? 0);
  }
  return ids;
}

const calls = async (w: VastWorld, endpoint: string): Promise<number> =>
  (await w.bed.state()).endpoints[endpoint]?.calls ?? 0;

const doubt = { code: 'unavailable', message: expect.stringContaining('cannot be relied on') };

describe('The list of what we own at Vast.ai', () => {
  it('has all pages, of the new list only', async () => {
    const w = await open();
    const ids = await rent(w, 60);
    expect(new Set((await w.provider.listOwned(never)).map((o) => Number(o.ref.id)))).toEqual(new Set(ids));
    expect([await calls(w, 'list'), await calls(w, 'old-list')]).toEqual([3, 0]);
  });

  it('is asked for less often, and given more time, the more pages it has', async () => {
    const w = await open({ machines: 400 });
    await rent(w, 60);
    await rent(w, 60);
    await rent(w, 60);
    const slow = w.make({ pace: 1 });
    const quick = w.make();
    const before = quick.limits;
    expect(slow.limits).toMatchObject({ listMs: 5_000, idleListMs: 10_000, offersMs: 30_000, createEveryMs: 4_600 });
    await quick.listOwned(never);
    expect(before.listMs).toBeCloseTo(5);
    expect(quick.limits.listMs).toBeCloseTo(8);
    expect(quick.limits.listWithinMs).toBeGreaterThan(before.listWithinMs);
  });

  it.each([
    ['a page that is short', 'list_short'],
    ['an answer that ends in its middle', 'list_torn'],
    ['an answer without its numbers', 'list_without_total'],
  ])('is an error with %s, never a part', async (_, fault) => {
    const w = await open();
    await rent(w, 30);
    await w.bed.fault(fault, { times: 1 });
    await expect(w.provider.listOwned(never)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await w.provider.listOwned(never)).toHaveLength(30);
  });

  it('is an error also where the last page is short', async () => {
    const w = await open();
    await rent(w, 3);
    await w.bed.fault('list_short', { times: 1, with: { rows: 1 } });
    await expect(w.provider.listOwned(never)).rejects.toMatchObject(doubt);
    await w.bed.fault('list_short', { times: 1, with: { rows: 3 } });
    await expect(w.provider.listOwned(never)).rejects.toMatchObject(doubt);
  });

  it('is an error with every kind of failing answer, and says how long to wait', async () => {
    const w = await open();
    for (const [status, body] of [
      [500, 'json'],
      [502, 'html'],
      [200, 'html'],
      [200, 'empty'],
      [200, 'reset'],
    ] as const) {
      await w.bed.fault('http', { endpoint: 'list', times: 1, body, with: { status } });
      await expect(w.provider.listOwned(never)).rejects.toMatchObject({ code: 'unavailable' });
    }
    await w.bed.fault('http', { endpoint: 'list', times: 1, with: { status: 410 }, error: 'deprecated_endpoint' });
    await expect(w.provider.listOwned(never)).rejects.toMatchObject({ code: 'unavailable' });
    await w.bed.fault('http', { endpoint: 'list', times: 1, with: { status: 429 }, retry_after_s: 3 });
    await expect(w.provider.listOwned(never)).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterMs: 3_000 },
    });
    expect(await calls(w, 'old-list')).toBe(0);
  });

  it('leaves alone what is not ours, and tells once of a label of ours that somebody changed', async () => {
    const w = await open();
    await rent(w, 1);
    const labels = [null, 'my-jupyter', labelled(newTag(), 'other'), `berth/${INSTALLATION}/mine now`];
    for (const label of labels) await rent(w, 1, () => label);
    expect(await w.provider.listOwned(never)).toHaveLength(1);
    expect(await w.provider.listOwned(never)).toHaveLength(1);
    expect(w.lines.filter((l) => l.message === 'provider.label-spoiled')).toHaveLength(1);
  });

  it('tells what its price is now, and what it was made from', async () => {
    const w = await open();
    const [id] = await rent(w, 1);
    const row = await w.bed.shown(id ?? 0);
    const [owned] = await w.provider.listOwned(never);
    expect(owned).toMatchObject({
      mark: { class: 'test', recipe: 'r1', reserve: true },
      microsPerHour: Math.ceil(Number((row.dph_total * 1e6).toFixed(3))),
      ref: { machine: `${row.machine_id}`, host: `${row.host_id}` },
    });
  });

  it('has an instance that was just made though Vast.ai does not show it yet, and not once it was ended', async () => {
    const w = await open();
    await w.bed.fault('read_lag', { with: { for_s: 10 } });
    const [offer] = (await w.provider.listOffers(searchFor(oneGpu()), never)).offers;
    if (offer === undefined) throw new Error('no offer');
    const order: Order = orderOf(offer, [], { image: image({ image: 'example/inline:1' }) });
    const { ref } = await w.provider.create(order, never);
    const [owned] = await w.provider.listOwned(never);
    expect(owned).toMatchObject({ tag: order.tag, ref, seen: { status: 'starting' } });
    expect(await w.provider.inspect(ref, never)).toMatchObject({ status: 'starting' });
    // Who did not make it cannot know.
    expect(await w.make().listOwned(never)).toEqual([]);
    await w.bed.advance(11);
    expect((await w.provider.listOwned(never))[0]?.seen.status).toBe('running');
    await w.provider.destroy(ref, never);
    expect(await w.provider.listOwned(never)).toEqual([]);
    expect(await w.provider.inspect(ref, never)).toEqual({ status: 'absent' });
  });
});

describe('A list that is made up', () => {
  const listen = localServers();
  const row = (id: number, label: string | null = null) => ({ id, label });
  const rows = (from: number, count: number) => Array.from({ length: count }, (_, n) => row(from + n));
  const page = (instances: readonly object[], total: number, next: string | null = null, more: object = {}) => ({
    success: true,
    instances,
    instances_found: instances.length,
    total_instances: total,
    next_token: next,
    ...more,
  });

  /** Answers page after page, the last for ever. */
  async function served(pages: readonly object[]) {
    const w = await open();
    let asked = 0;
    const { to } = await listen(
      createServer((_, res) => res.end(JSON.stringify(pages[Math.min(asked++, pages.length - 1)]))),
    );
    return w.make({ url: `http://127.0.0.1:${to.port}` });
  }

  it.each<[string, readonly object[]]>([
    ['a row comes twice', [page([row(1), row(1)], 2)]],
    ['a row comes out of its order', [page([row(2), row(1)], 2)]],
    ['a row comes again on the next page', [page(rows(1, 25), 26, 'a'), page([row(25)], 26)]],
    ['a row has no id', [page([{ label: 'x' }], 1)]],
    ['a page in its middle is not full', [page(rows(1, 24), 25, 'a'), page([row(30)], 25)]],
    ['it has fewer rows than it counts', [page(rows(1, 25), 27, 'a'), page([row(30)], 27)]],
    ['it has more rows than it counts', [page(rows(1, 3), 2)]],
    ['a page has other rows than it counts', [{ ...page(rows(1, 3), 3), instances_found: 2 }]],
    [
      'its pages go in a circle',
      [page(rows(1, 25), 99, 'a'), page(rows(26, 25), 99, 'b'), page(rows(51, 25), 99, 'a')],
    ],
    ['its instances are none', [{ success: true, instances: null, instances_found: 0, total_instances: 0 }]],
    ['a label of ours that it counts is in no row', [page([row(1)], 1, null, { label_counts: { [labelled()]: 1 } })]],
  ])('is an error where %s', async (_, pages) => {
    await expect((await served(pages)).listOwned(never)).rejects.toMatchObject(doubt);
  });

  it('is complete though instances of its first page ended while the second was read', async () => {
    const label = labelled();
    const provider = await served([
      page(rows(1, 25), 27, 'a'),
      page([row(30), row(31, label)], 20, null, { label_counts: { [label]: 1 } }),
    ]);
    expect(await provider.listOwned(never)).toHaveLength(1);
  });

  it('has an instance of ours that cannot be read, as such', async () => {
    const provider = await served([page([row(1, labelled())], 1)]);
    expect(await provider.listOwned(never)).toMatchObject([{ ref: { id: '1' }, seen: { status: 'unreadable' } }]);
  });

  it('ends when it is aborted in its middle', async () => {
    const w = await open();
    const stop = new AbortController();
    const { to } = await listen(createServer(() => stop.abort()));
    const provider = w.make({ url: `http://127.0.0.1:${to.port}` });
    await expect(provider.listOwned(stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('What is asked of one instance', () => {
  it('is absent when it is null, when it is no such instance, and when its name is none of Vast.ai', async () => {
    const w = await open();
    const [id] = await rent(w, 1);
    const ref = { id: `${id}`, machine: '', host: '', region: '' };
    expect((await w.provider.inspect(ref, never)).status).toBe('running');
    await w.provider.destroy(ref, never);
    expect(await w.provider.inspect(ref, never)).toEqual({ status: 'absent' });
    await w.bed.sim('POST', 'switches', { gone_instance: '404' });
    expect(await w.provider.inspect(ref, never)).toEqual({ status: 'absent' });
    await w.bed.sim('POST', 'switches', { unknown_instance: 'not_found' });
    expect(await w.provider.inspect(ref, never)).toEqual({ status: 'absent' });
    await w.provider.destroy(ref, never);
    expect(await w.provider.inspect({ ...ref, id: '../../users/current' }, never)).toEqual({ status: 'absent' });
  });

  it('is an error, and no absence, with any other answer', async () => {
    const w = await open();
    const [id] = await rent(w, 1);
    const ref = { id: `${id}`, machine: '', host: '', region: '' };
    for (const [status, body, error] of [
      [404, 'html', ''],
      [404, 'json', 'auth_error'],
      [500, 'empty', ''],
      [200, 'html', ''],
    ] as const) {
      await w.bed.fault('http', { endpoint: 'show', times: 1, body, error, with: { status } });
      await expect(w.provider.inspect(ref, never)).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  it('is destroyed, or said not to be', async () => {
    const w = await open();
    const [id] = await rent(w, 1);
    const ref = { id: `${id}`, machine: '', host: '', region: '' };
    for (const fault of ['destroy_429', 'destroy_5xx']) {
      await w.bed.fault(fault, { times: 1 });
      const refused = await w.provider.destroy(ref, never).catch((err: unknown) => err);
      expect(refused).toMatchObject({ code: 'unavailable' });
      if (fault === 'destroy_429') expect(refused).toMatchObject({ details: { retryAfterMs: 5 } });
      expect(await w.provider.inspect(ref, never)).toMatchObject({ status: 'running' });
    }
    await w.bed.fault('destroy_5xx_done', { times: 1 });
    await eventually('it to be destroyed', () =>
      w.provider.destroy(ref, never).then(
        () => true,
        () => false,
      ),
    );
    expect(await w.bed.show(id ?? 0)).toBeNull();
  });
});
