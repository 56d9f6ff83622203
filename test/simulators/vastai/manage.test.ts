import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bed, openBed } from './bed.ts';

describe('The simulated management of instances', () => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await openBed();
  });
  afterEach(() => bed.close());

  const put = (path: string, body: object) => bed.api('PUT', `/api/v0/instances/${path}`, body);

  it('destroys: it reads null with 200, and is unknown to a second destroy', async () => {
    const id = await bed.rent();
    expect(await bed.destroy(id)).toMatchObject({ status: 200, body: { success: true } });
    const read = await bed.api('GET', `/api/v0/instances/${id}/`);
    expect([read.status, read.text]).toEqual([200, '{"instances":null}']);
    const second = await bed.destroy(id);
    expect([second.status, second.body.error]).toEqual([404, 'no_such_instance']);
    expect((await bed.list()).body.total_instances).toBe(0);
  });

  it('reads a destroyed one as 404, and by the other name, where the account is like that', async () => {
    await bed.sim('POST', 'switches', { gone_instance: '404', unknown_instance: 'not_found' });
    const read = await bed.api('GET', '/api/v0/instances/5/');
    expect([read.status, read.body.error]).toEqual([404, 'not_found']);
  });

  it.each<[string, object, number, number]>([
    ['destroy_429', {}, 429, 1],
    ['destroy_5xx', {}, 500, 1],
    ['destroy_5xx', { with: { status: 503 } }, 503, 1],
    ['destroy_ignored', {}, 200, 1],
    ['destroy_lags', {}, 200, 1],
    ['destroy_5xx_done', {}, 502, 0],
  ])('with the fault %s %o answers %i, and then so many are left: %i', async (fault, rule, status, left) => {
    await bed.fault(fault, { ...rule, times: 1 });
    const id = await bed.rent();
    expect((await bed.destroy(id)).status).toBe(status);
    expect((await bed.state()).meter.alive).toBe(left);
    if (fault === 'destroy_429') return;
    await bed.advance(31);
    expect((await bed.state()).meter.alive).toBe(fault === 'destroy_lags' ? 0 : left);
  });

  it('destroys several at once', async () => {
    const ids = [await bed.rent(), await bed.rent(), await bed.rent()];
    await bed.api('DELETE', '/api/v0/instances/', { instance_ids: [ids[0], ids[2]] });
    expect((await bed.list()).body.instances?.map((i) => i.id)).toEqual([ids[1]]);
    const many = { instance_ids: Array.from({ length: 65 }, (_, n) => n) };
    expect((await bed.api('DELETE', '/api/v0/instances/', many)).status).toBe(400);
  });

  it('labels, up to 1,024 characters', async () => {
    const id = await bed.rent();
    const { body } = await put(`${id}/`, { label: 'x'.repeat(1024) });
    expect(body).toEqual({ success: true, msg: expect.stringContaining('label') });
    expect((await bed.shown(id)).label).toHaveLength(1024);
    expect((await put(`${id}/`, { label: 'x'.repeat(1025) })).body.error).toBe('label_too_long');
    await put(`${id}/`, { label: '' });
    expect((await bed.shown(id)).label).toBeNull();
  });

  it('stops and starts: the GPUs are free in between', async () => {
    const offer = await bed.offer({ gpu_frac: { eq: 1 } });
    const id = (await bed.create(offer.id)).body.new_contract ?? 0;
    await put(`${id}/`, { state: 'stopped' });
    expect(await bed.shown(id)).toMatchObject({ actual_status: 'exited', intended_status: 'stopped' });
    const anywhere = { machine_id: { eq: offer.machine_id }, rented: { eq: 'any' } };
    expect(await bed.search(anywhere)).toHaveLength(1);
    expect((await put(`${id}/`, { state: 'running' })).body).toEqual({ success: true });
    expect(await bed.shown(id)).toMatchObject({ actual_status: 'running', intended_status: 'running' });
    expect(await bed.search(anywhere)).toHaveLength(0);
  });

  it('queues a start whose GPUs are taken, and starts when they are free', async () => {
    const offer = await bed.offer({ gpu_frac: { eq: 1 } });
    const id = (await bed.create(offer.id)).body.new_contract ?? 0;
    await put('', { state: 'stopped', ids: [id] });
    const other = await bed.rent({}, { machine_id: { eq: offer.machine_id }, rented: { eq: 'any' } });
    const { status, body } = await put(`${id}/`, { state: 'running' });
    expect([status, body.success, body.error]).toEqual([200, false, 'resources_unavailable']);
    expect(await bed.shown(id)).toMatchObject({ actual_status: 'exited', cur_state: 'stopped' });
    await bed.destroy(other);
    expect((await bed.shown(id)).actual_status).toBe('running');
  });

  it.each(['reboot', 'recycle'])('%ss on the same GPUs', async (verb) => {
    const id = await bed.rent();
    await bed.sim('POST', 'boot', { factor: 1 });
    expect((await put(`${verb}/${id}/`, {})).body).toEqual({ success: true });
    expect((await bed.shown(id)).actual_status).toBe('rebooting');
    await bed.advance(7200);
    expect((await bed.shown(id)).actual_status).toBe('running');
  });

  it.each(['reboot/1/', 'recycle/1/', '1/', 'request_logs/1'])(
    'answers 404 for an unknown instance at %s',
    async (at) => {
      const { status, body } = await put(at, { state: 'stopped' });
      expect([status, body.error]).toEqual([404, 'no_such_instance']);
    },
  );

  it('changes the bid of an interruptible instance only', async () => {
    const bid = await bed.offer({ type: 'bid' });
    const id = (await bed.create(bid.id, { price: bid.min_bid })).body.new_contract ?? 0;
    expect((await put(`bid_price/${id}/`, { client_id: 'me', price: null })).body.success).toBe(true);
    expect((await put(`bid_price/${id}/`, { price: 500 })).body.error).toBe('invalid_price');
    expect((await put(`bid_price/${await bed.rent()}/`, { price: 1 })).status).toBe(400);
  });

  it('leaves logs at a URL, later, for who comes without the key', async () => {
    const id = await bed.rent();
    const { body } = await bed.api('PUT', `/api/v0/instances/request_logs/${id}`, { tail: '1' });
    const url = body.result_url ?? '';
    expect((await fetch(url)).status).toBe(403);
    await bed.advance(1);
    expect((await fetch(url, { headers: { authorization: 'Bearer sim-key' } })).status).toBe(400);
    const log = await fetch(url);
    expect([log.status, await log.text()]).toEqual([200, expect.stringMatching(/^listening on \d+\n$/)]);
  });

  it('has the log of the daemon, and of a container that has not run says so', async () => {
    await bed.sim('POST', 'boot', { factor: 1 });
    const id = await bed.rent();
    const none = await bed.api('PUT', `/api/v0/instances/request_logs/${id}`, {});
    expect(none.body).toEqual({ success: false, msg: expect.stringContaining('no logs') });
    const daemon = await bed.api('PUT', `/api/v0/instances/request_logs/${id}`, { daemon_logs: 'true' });
    expect(daemon.body.result_url).toContain('/s3/');
  });

  it('tells the credit, and the key, which nobody should log', async () => {
    const { body } = await bed.api('GET', '/api/v0/users/current');
    expect([body.credit, body.api_key]).toEqual([100, 'sim-key']);
  });

  it('tells what each instance has cost, in pages', async () => {
    for (let n = 0; n < 3; n++) await bed.rent();
    await bed.advance(3600);
    const first = await bed.api('GET', '/api/v0/charges/?limit=2&latest_first=true');
    expect([first.body.results?.length, first.body.total, first.body.next_token]).toEqual([2, 3, '2']);
    const rest = await bed.api('GET', '/api/v0/charges/?limit=2&latest_first=true&after_token=2');
    const amounts = [...(first.body.results ?? []), ...(rest.body.results ?? [])].map((r) => r.amount);
    expect(amounts.reduce((a, b) => a + b)).toBeCloseTo((await bed.state()).meter.spent, 5);
    const day = encodeURIComponent(JSON.stringify({ day: { gt: 4_000_000_000 } }));
    expect((await bed.api('GET', `/api/v0/charges/?select_filters=${day}`)).body.total).toBe(0);
  });
});

describe('Simulated templates', () => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await openBed();
  });
  afterEach(() => bed.close());

  const T = {
    name: 'notebook',
    image: 'example/inline:1',
    env: '-p 8888:8888',
    extra_filters: { verified: { eq: true } },
  };
  const post = (body: object) => bed.api('POST', '/api/v0/template/', body);
  const find = async (filters: object) =>
    (await bed.api('GET', `/api/v0/template/?select_filters=${encodeURIComponent(JSON.stringify(filters))}`)).body;

  it('are made once for the same content, and found by what they are', async () => {
    const first = await post(T);
    expect(first.body.msg).toContain('New Template ID: ');
    const again = await post(T);
    expect(again.body.template?.id).toBe(first.body.template?.id);
    const found = await find({ name: { eq: 'notebook' } });
    expect([found.success, found.templates_found]).toEqual([true, 1]);
    expect(found.templates?.[0]?.extra_filters).toBe('{"verified":{"eq":true}}');
    expect((await find({ name: { eq: 'other' } })).templates_found).toBe(0);
  });

  it('share their hash with those of others that say the same', async () => {
    const ours = await post(T);
    await bed.sim('POST', 'templates', T);
    const { templates } = await find({ hash_id: { eq: ours.body.template?.hash_id } });
    expect(new Set(templates?.map((t) => t.creator_id)).size).toBe(2);
    expect((await bed.api('GET', '/api/v0/users/me/created-templates/')).body.templates).toHaveLength(1);
  });

  it.each([
    ['/api/v1/template/', true],
    ['/api/v0/template/', false],
  ])('change by PUT %s: a new hash, the same id', async (path, whole) => {
    const { id, hash_id } = (await post(T)).body.template ?? {};
    const change = whole ? { ...T, id, image: 'example/inline:2' } : { image: 'example/inline:2' };
    const { body } = await bed.api('PUT', path, { hash_id, ...change });
    expect(body.template?.id).toBe(id);
    expect(body.template?.hash_id).not.toBe(hash_id);
    expect(body.template?.name).toBe('notebook');
  });

  it('lose what a change of the whole leaves out', async () => {
    const { id, hash_id } = (await post(T)).body.template ?? {};
    expect((await bed.api('PUT', '/api/v1/template/', { id, hash_id, image: 'x' })).status).toBe(400);
  });

  it.each(['template_id', 'hash_id'])('are deleted by %s', async (by) => {
    const { id, hash_id } = (await post(T)).body.template ?? {};
    await bed.api('DELETE', '/api/v0/template/', { [by]: by === 'hash_id' ? hash_id : id });
    expect((await find({})).templates_found).toBe(0);
    expect((await bed.api('DELETE', '/api/v0/template/', { template_id: id })).status).toBe(404);
  });

  it.each([{ name: 'n' }, { image: 'i' }, { ...T, env: { A: 'b' } }])('refuse %o', async (body) => {
    expect((await post(body)).status).toBe(400);
  });

  it('never show the registry password', async () => {
    const { text } = await post({
      ...T,
      docker_login_repo: 'r',
      docker_login_user: 'u',
      docker_login_pass: 'open-sesame',
    });
    expect(text).not.toContain('open-sesame');
  });
});
