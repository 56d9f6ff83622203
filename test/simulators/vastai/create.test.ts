import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bed, INLINE, openBed } from './bed.ts';

describe('The simulated create call', () => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await openBed();
  });
  afterEach(() => bed.close());

  const alive = async (): Promise<number> => (await bed.state()).meter.alive;

  it('rents an offer once: the ask is gone from the search, and so is the machine', async () => {
    const offer = await bed.offer();
    const { status, body } = await bed.create(offer.id, { label: 'one' });
    expect(status).toBe(200);
    expect(body).toEqual({ success: true, new_contract: expect.any(Number), instance_api_key: expect.any(String) });
    expect(await bed.search({ ask_contract_id: { eq: offer.id }, rented: { eq: 'any' } })).toEqual([]);
    expect(await bed.search({ machine_id: { eq: offer.machine_id } })).toEqual([]);
    expect((await bed.show(body.new_contract ?? 0))?.label).toBe('one');
  });

  it('shows other GPUs of a machine of ours to who asks for rented ones', async () => {
    const offer = await bed.offer({ gpu_frac: { lte: 0.5 } });
    await bed.create(offer.id);
    const rest = await bed.search({ machine_id: { eq: offer.machine_id }, rented: { eq: true } });
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.some((o) => o.id === offer.id)).toBe(false);
    expect(await bed.search({ machine_id: { eq: offer.machine_id } })).toEqual([]);
  });

  it('offers the GPUs again under another id once they are free', async () => {
    const offer = await bed.offer({ gpu_frac: { eq: 1 } });
    const { body } = await bed.create(offer.id);
    await bed.destroy(body.new_contract ?? 0);
    const again = await bed.search({ machine_id: { eq: offer.machine_id } });
    expect(again).toHaveLength(1);
    expect(again[0]?.id).not.toBe(offer.id);
  });

  it.each<[string, object, string]>([
    ['env as text', { env: '-p 8000:8000' }, 'invalid env type: env must be a dict'],
    ['no image', { image: null }, 'image is required'],
    ['a long image', { image: 'x'.repeat(1025) }, 'image is longer'],
    ['a long label', { label: 'x'.repeat(257) }, 'label is longer'],
    ['a small disk', { disk: 7 }, 'disk must be at least 8'],
    ['a range of ports', { env: { '-p 8000-8010:8000-8010': '1' } }, 'invalid port mapping'],
    ['a large env', { env: { A: 'x'.repeat(32_768) } }, 'env is longer'],
    ['long arguments', { args: ['x'.repeat(4000)], onstart: 'y'.repeat(100) }, 'args and onstart'],
    ['args as text', { args: 'serve' }, 'args'],
    ['an unknown template', { template_hash_id: 'abc' }, 'template abc not found'],
    [
      '65 ports',
      { env: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`-p ${n + 1}:${n + 1}`, '1'])) },
      'open ports',
    ],
  ])('refuses %s, and rents nothing', async (_, order, msg) => {
    const { status, body } = await bed.create((await bed.offer()).id, order);
    expect([status, body.success, body.error]).toEqual([400, false, 'invalid_args']);
    expect(body.msg).toContain(msg);
    expect(await alive()).toBe(0);
  });

  it.each([0.0001, 129])('refuses a bid of %d', async (price) => {
    const { status, body } = await bed.create((await bed.offer({ type: 'bid' })).id, { price });
    expect([status, body.error]).toEqual([400, 'invalid_price']);
  });

  it('takes 64 ports, tcp and udp, and shows each bound twice with its port as text', async () => {
    const env = Object.fromEntries(Array.from({ length: 63 }, (_, n) => [`-p ${9000 + n}:${9000 + n}`, '1']));
    const id = await bed.rent({ env: { ...env, '-p 53:53/udp': '1', A: 'b' } });
    const row = await bed.shown(id);
    expect(Object.keys(row.ports)).toHaveLength(64);
    const bindings = row.ports['53/udp'];
    expect(bindings).toEqual([
      { HostIp: '0.0.0.0', HostPort: expect.stringMatching(/^\d+$/) },
      { HostIp: '::', HostPort: bindings?.[0]?.HostPort },
    ]);
    const outer = Object.values(row.ports).map((b) => Number(b[0]?.HostPort));
    expect([row.direct_port_start, row.direct_port_end]).toEqual([Math.min(...outer), Math.max(...outer)]);
    expect(row.extra_env).toContainEqual(['A', 'b']);
    expect(row.extra_env).toContainEqual(['-p 53:53/udp', '1']);
  });

  it.each([
    ['natural', 410, 'no_such_ask', 'no longer available'],
    ['404', 404, 'invalid_args', 'error 404/3603: no_such_ask'],
    ['400', 400, 'no_such_ask', 'not available'],
    ['410', 410, 'no_such_ask', 'no longer available'],
  ])('answers a second rent, in the manner %s, with %i %s', async (gone_ask, status, error, msg) => {
    await bed.sim('POST', 'switches', { gone_ask });
    const { id } = await bed.offer();
    await bed.create(id);
    const second = await bed.create(id);
    expect([second.status, second.body.error]).toEqual([status, error]);
    expect(second.body.msg).toContain(msg);
    expect(second.body).toHaveProperty('ask_id', id);
    expect(await alive()).toBe(1);
  });

  it('answers an ask that never was with 404', async () => {
    const { status, body } = await bed.create(77);
    expect([status, body.error]).toEqual([404, 'invalid_args']);
  });

  it('answers no_such_ask for a machine that its host has taken off the market', async () => {
    const offer = await bed.offer();
    await bed.sim('POST', `machines/${offer.machine_id}`, { rentable: false });
    expect((await bed.create(offer.id)).body.error).toBe('no_such_ask');
  });

  it('refuses a bid that is too low and leaves a stopped instance whose disk costs', async () => {
    const offer = await bed.offer({ type: 'bid' });
    const { status, body } = await bed.create(offer.id, { price: 0.002 });
    expect([status, body.success]).toEqual([200, false]);
    const left = await bed.shown(body.new_contract ?? 0);
    expect([left.cur_state, left.intended_status, left.next_state]).toEqual(['stopped', 'stopped', 'stopped']);
    await bed.advance(3600);
    expect((await bed.state()).meter.spent).toBeCloseTo((10 * offer.storage_cost) / 720, 6);
  });

  it('bills a bid at the bid', async () => {
    const offer = await bed.offer({ type: 'bid' });
    const price = offer.min_bid * 1.5;
    await bed.create(offer.id, { price });
    await bed.advance(3600);
    expect((await bed.state()).meter.spent).toBeCloseTo(price + (10 * offer.storage_cost) / 720, 5);
  });

  it('creates a stopped instance where that is the target', async () => {
    const row = await bed.shown(await bed.rent({ target_state: 'stopped' }));
    expect([row.actual_status, row.intended_status]).toEqual([null, 'stopped']);
  });

  it.each([
    [{}, 'ssh'],
    [{ args: ['serve'] }, 'args'],
    [{ runtype: 'jupyter_direct', args: ['serve'] }, 'jupyter_direct'],
  ])('takes %o for the run type %s', async (order, runtype) => {
    expect((await bed.shown(await bed.rent(order))).image_runtype).toBe(runtype);
  });

  it('merges a template with what the request says, which wins', async () => {
    const made = await bed.api('POST', '/api/v0/template/', {
      name: 't',
      image: INLINE,
      env: '-p 8000:8000 -p 9000:9000 -e A=template -e B=template',
      recommended_disk_space: 33,
    });
    const template_hash_id = made.body.template?.hash_id;
    const id = await bed.rent({ template_hash_id, image: null, disk: null, env: { A: 'request' } });
    const row = await bed.shown(id);
    expect(row.image_uuid).toBe(INLINE);
    expect(row.template_hash_id).toBe(template_hash_id);
    expect(row.disk_space).toBe(33);
    expect(Object.keys(row.ports)).toEqual(['8000/tcp', '9000/tcp']);
    expect(Object.fromEntries(row.extra_env)).toMatchObject({ A: 'request', B: 'template' });
  });

  it('searches and rents in one call', async () => {
    const q = { gpu_name: { eq: 'RTX 3090' } };
    const { body } = await bed.api('PUT', '/api/v0/launch_instance/', { q, image: INLINE, disk: 10 });
    expect((await bed.shown(body.new_contract ?? 0)).gpu_name).toBe('RTX 3090');
    const none = await bed.api('PUT', '/api/v0/launch_instance/', { q: { gpu_name: { eq: 'none' } }, image: INLINE });
    expect(none.status).toBe(404);
  });

  it.each<[string, object, number, { readonly success?: boolean; readonly error?: string }, number]>([
    ['offer_gone', {}, 410, { error: 'no_such_ask' }, 0],
    ['offer_gone', { with: { status: 400 } }, 400, { error: 'no_such_ask' }, 0],
    ['no_credit', {}, 400, { error: 'insufficient_credit' }, 0],
    ['no_credit', { with: { status: 402 } }, 402, { error: 'insufficient_credit' }, 0],
    ['create_refused', {}, 200, { success: false }, 0],
    ['create_5xx_unrented', {}, 503, {}, 0],
    ['create_5xx_rented', { with: { status: 502 } }, 502, {}, 1],
    ['create_html_rented', {}, 200, {}, 1],
    ['create_failed_rented', {}, 200, { success: false }, 1],
  ])('with the fault %s %o answers %i, and then so many instances exist', async (fault, rule, status, shape, count) => {
    await bed.fault(fault, { ...rule, times: 1 });
    const { id } = await bed.offer();
    const answer = await bed.create(id, { label: 'mine' });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject(shape);
    expect(await alive()).toBe(count);
    const { body } = await bed.list(`?select_filters=${encodeURIComponent('{"label":{"eq":"mine"}}')}`);
    expect(body.instances_found).toBe(count);
    // What a retry gets: the trap when the first one has rented.
    const retry = await bed.create(id);
    const again = ['no_credit', 'create_refused', 'create_5xx_unrented', 'create_failed_rented'].includes(fault);
    expect(retry.body.error).toBe(again ? undefined : 'no_such_ask');
  });

  it('offers what somebody else has taken again after an hour, under another id', async () => {
    await bed.fault('offer_gone', { times: 1 });
    const offer = await bed.offer({ gpu_frac: { eq: 1 } });
    await bed.create(offer.id);
    const there = () => bed.search({ machine_id: { eq: offer.machine_id }, num_gpus: { eq: offer.num_gpus } });
    expect(await there()).toEqual([]);
    await bed.advance(3601);
    expect(await there()).toHaveLength(1);
    expect((await there())[0]?.id).not.toBe(offer.id);
  });

  it('names the instance that a failed create has left', async () => {
    await bed.fault('create_failed_rented');
    const { body } = await bed.create((await bed.offer()).id);
    expect((await bed.shown(body.new_contract ?? 0)).intended_status).toBe('stopped');
  });

  it('with the fault create_hang_rented never answers, and has rented', async () => {
    await bed.fault('create_hang_rented', { times: 1 });
    const { id } = await bed.offer();
    const signal = AbortSignal.timeout(200);
    const headers = { authorization: 'Bearer sim-key' };
    const body = JSON.stringify({ image: INLINE });
    const call = fetch(`${bed.url}/api/v0/asks/${id}/`, { method: 'PUT', headers, body, signal });
    await expect(call).rejects.toThrow('timeout');
    expect(await alive()).toBe(1);
  });

  it('with the fault create_reset_rented cuts the connection, and has rented', async () => {
    await bed.fault('create_reset_rented', { times: 1 });
    await expect(bed.create((await bed.offer()).id)).rejects.toThrow('fetch failed');
    expect(await alive()).toBe(1);
  });

  it('with the fault double_rent accepts a second rent, and one of both dies', async () => {
    await bed.fault('double_rent');
    const { id } = await bed.offer();
    const [first, second] = [await bed.create(id), await bed.create(id)];
    expect(second.body.success).toBe(true);
    await bed.advance(2);
    expect((await bed.shown(first.body.new_contract ?? 0)).actual_status).toBe('running');
    expect((await bed.shown(second.body.new_contract ?? 0)).actual_status).toBe('exited');
  });

  it.each([
    [true, 404, 0],
    [false, 200, 1],
  ])('with the fault host_full and cancel_unavail %s answers %i', async (cancel_unavail, status, count) => {
    await bed.fault('host_full', { times: 1 });
    const answer = await bed.create((await bed.offer()).id, { cancel_unavail });
    expect([answer.status, await alive()]).toEqual([status, count]);
    if (count === 0) return;
    const row = await bed.shown(answer.body.new_contract ?? 0);
    expect([row.cur_state, row.intended_status]).toEqual(['stopped', 'running']);
    expect(row.status_msg).toContain('resources are currently unavailable');
  });

  it('with the fault read_lag shows a new instance late, and bills it at once', async () => {
    await bed.fault('read_lag', { with: { for_s: 5 } });
    const { body } = await bed.create((await bed.offer()).id);
    const id = body.new_contract ?? 0;
    expect(await bed.show(id)).toBeNull();
    expect((await bed.list()).body.instances).toEqual([]);
    expect((await bed.state()).meter.alive).toBe(1);
    await bed.advance(5);
    expect((await bed.shown(id)).id).toBe(id);
    expect((await bed.list()).body.instances_found).toBe(1);
  });

  it('refuses to rent without credit', async () => {
    await bed.sim('POST', 'credit', { credit: 0 });
    // Also where another fault would have struck.
    await bed.fault('host_full');
    expect(await bed.create((await bed.offer()).id)).toMatchObject({
      status: 400,
      body: { error: 'insufficient_credit' },
    });
  });
});
