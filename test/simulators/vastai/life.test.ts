import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bed, type InstanceSeen, openBed } from './bed.ts';

/** What a machine says that cannot pull, in each of the simulator's words. */
const PULL_FAILED = /TLS handshake timeout|no space left on device|i\/o timeout/;

/** What a client reads of it. */
const short = (i: InstanceSeen): readonly unknown[] => [i.actual_status, i.intended_status, i.cur_state];

describe('The life of a simulated instance', () => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await openBed({ boot_factor: 1 });
  });
  afterEach(() => bed.close());

  /** Long enough for a start of 2 GB on any machine that is not bad. */
  const boot = async (id: number): Promise<InstanceSeen> => {
    for (let minute = 0; minute < 120; minute++) {
      if ((await bed.shown(id)).actual_status === 'running') return bed.shown(id);
      await bed.advance(60);
    }
    throw new Error('it does not boot');
  };

  it('goes from null over loading to running, and tells of the pull on its way', async () => {
    const id = await bed.rent();
    const fresh = await bed.shown(id);
    expect(short(fresh)).toEqual([null, 'running', 'running']);
    expect([fresh.status_msg, fresh.ports, fresh.direct_port_start, fresh.direct_port_end]).toEqual([null, {}, -1, -1]);
    const texts: string[] = [];
    for (let second = 0; second < 7200; second += 2) {
      await bed.advance(2);
      const row = await bed.shown(id);
      if (row.actual_status === 'running') break;
      expect(row.ports).toEqual({});
      if (row.status_msg !== null) texts.push(row.status_msg);
    }
    expect(texts.some((t) => t.startsWith('Pulling from '))).toBe(true);
    expect(texts.some((t) => /Downloading .* \d\.\d\dGB\/2\.00GB/.test(t))).toBe(true);
    const up = await bed.shown(id);
    expect(up.status_msg).toBe('success, running example_inline_1/ssh\n');
    expect(up.public_ipaddr?.trim()).toBe('127.0.0.1');
  });

  it('gives addresses with a newline on some machines', async () => {
    await bed.sim('POST', 'boot', { factor: 0 });
    const seen = new Set<string | null>();
    for (let n = 0; n < 12; n++) seen.add((await bed.shown(await bed.rent())).public_ipaddr);
    expect(seen).toEqual(new Set(['127.0.0.1', '127.0.0.1\n']));
  });

  it('starts sooner on a machine that has the image already', async () => {
    const offer = await bed.offer({ gpu_frac: { eq: 1 }, inet_down: { lt: 300 } });
    const took: number[] = [];
    for (let round = 0; round < 2; round++) {
      const id = await bed.rent({}, { machine_id: { eq: offer.machine_id }, num_gpus: { gte: 1 } });
      let seconds = 0;
      for (; (await bed.shown(id)).actual_status !== 'running' && seconds < 7200; seconds += 5) await bed.advance(5);
      took.push(seconds);
      await bed.destroy(id);
    }
    expect(took[1]).toBeLessThan((took[0] ?? 0) / 2);
  });

  it.each<[string, object, number, readonly unknown[], string | RegExp | null]>([
    ['never_boots', {}, 7 * 86_400, ['loading', 'running', 'running'], 'Downloading'],
    ['slow_boot', { with: { factor: 5000 } }, 3600, ['loading', 'running', 'running'], null],
    ['pull_error', {}, 7200, ['loading', 'stopped', 'stopped'], PULL_FAILED],
    ['oci_error', {}, 7200, ['created', 'running', 'running'], 'OCI runtime create failed'],
    ['sits_stopped', {}, 7200, ['loading', 'running', 'stopped'], 'Required resources'],
    ['exits', { with: { after_s: 10 } }, 7200, ['exited', 'running', 'running'], 'exited'],
    ['goes_offline', { with: { after_s: 10 } }, 7200, ['offline', 'running', 'running'], null],
    ['goes_unknown', { with: { after_s: 10 } }, 7200, ['unknown', 'running', 'running'], null],
    ['restarts', { with: { after_s: 10 } }, 7200, ['running', 'running', 'running'], 'success'],
    ['preempted', { with: { after_s: 10 } }, 7200, ['exited', 'stopped', 'stopped'], null],
  ])('with the fault %s %o is, after %i s, %o', async (fault, rule, seconds, seen, msg) => {
    await bed.fault(fault, rule);
    const id = await bed.rent();
    await bed.advance(seconds);
    const row = await bed.shown(id);
    expect(short(row)).toEqual(seen);
    if (msg !== null) expect(row.status_msg).toMatch(msg);
  });

  it.each([
    ['example/no-such-image:1', null, 'manifest for example/no-such-image:1 not found'],
    ['private.example/app:1', null, 'pull access denied'],
    ['private.example/app:1', '-u berth -p wrong private.example', 'pull access denied'],
  ])('cannot pull %s with the login %s, on every machine', async (image, image_login, msg) => {
    const id = await bed.rent({ image, image_login });
    await bed.advance(7200);
    const row = await bed.shown(id);
    expect(short(row)).toEqual(['loading', 'stopped', 'stopped']);
    expect(row.status_msg).toContain(msg);
  });

  it('shows a failed pull as loading for seven minutes before it gives up', async () => {
    await bed.fault('pull_error');
    const id = await bed.rent();
    for (let n = 0; n < 3600 && !PULL_FAILED.test((await bed.shown(id)).status_msg ?? ''); n++) await bed.advance(1);
    expect(short(await bed.shown(id))).toEqual(['loading', 'running', 'running']);
    await bed.advance(7 * 60 - 5);
    expect((await bed.shown(id)).intended_status).toBe('running');
    await bed.advance(10);
    expect((await bed.shown(id)).intended_status).toBe('stopped');
  });

  it('with the fault late_ports runs without ports for a while', async () => {
    await bed.sim('POST', 'boot', { factor: 0 });
    await bed.fault('late_ports', { with: { for_s: 20 } });
    const id = await bed.rent();
    const early = await bed.shown(id);
    expect([early.actual_status, early.ports, early.direct_port_start]).toEqual(['running', {}, -1]);
    await bed.advance(20);
    expect(Object.keys((await bed.shown(id)).ports)).toEqual(['8000/tcp']);
  });

  const portOf = async (id: number): Promise<string> =>
    (await bed.shown(id)).ports['8000/tcp']?.[0]?.HostPort ?? 'none';

  it('answers on its port', async () => {
    const port = await boot(await bed.rent()).then((row) => row.ports['8000/tcp']?.[0]?.HostPort);
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('"ok"\n');
  });

  it.each([
    ['port_dead', 'fetch failed'],
    ['port_silent', 'timeout'],
  ])('with the fault %s runs, and its port fails with %s', async (fault, error) => {
    await bed.sim('POST', 'boot', { factor: 0 });
    await bed.fault(fault);
    const id = await bed.rent();
    expect((await bed.shown(id)).actual_status).toBe('running');
    const call = fetch(`http://127.0.0.1:${await portOf(id)}/`, { signal: AbortSignal.timeout(150) });
    await expect(call).rejects.toThrow(error);
  });

  it.each([
    ['exit', ['exited', 'running', 'running']],
    ['offline', ['offline', 'running', 'running']],
    ['unknown', ['unknown', 'running', 'running']],
    ['preempt', ['exited', 'stopped', 'stopped']],
    ['restart', ['rebooting', 'running', 'running']],
  ])('when told to %s reads %o, and nothing answers', async (action, seen) => {
    const id = await bed.rent();
    await boot(id);
    const port = await portOf(id);
    await bed.sim('POST', `instances/${id}/${action}`);
    expect(short(await bed.shown(id))).toEqual(seen);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    expect((await bed.state()).meter.dollars_per_hour).toBeLessThan(0.01);
  });

  it('when told to vanish is gone like a destroyed one, without its renter', async () => {
    const id = await bed.rent();
    await bed.sim('POST', `instances/${id}/vanish`);
    expect(await bed.show(id)).toBeNull();
    expect((await bed.list()).body.instances_found).toBe(0);
    await expect(bed.sim('POST', `instances/${id}/vanish`)).rejects.toThrow('no such thing');
  });

  it('with the fault vanishes is gone after a while, though nobody has destroyed it', async () => {
    await bed.sim('POST', 'boot', { factor: 0 });
    await bed.fault('vanishes', { with: { after_s: 10 } });
    const id = await bed.rent();
    await bed.advance(9);
    expect((await bed.shown(id)).actual_status).toBe('running');
    await bed.advance(2);
    expect(await bed.show(id)).toBeNull();
    expect((await bed.state()).instances).toMatchObject([{ id, destroyed: false }]);
  });

  it('with the fault restarts is rebooting for a moment', async () => {
    await bed.sim('POST', 'boot', { factor: 0 });
    await bed.fault('restarts', { with: { after_s: 10 } });
    const id = await bed.rent();
    await bed.sim('POST', 'boot', { factor: 1 });
    await bed.advance(11);
    expect((await bed.shown(id)).actual_status).toBe('rebooting');
  });

  it('ends with its offer: it is stopped, cannot start again, and its disk goes on costing', async () => {
    await bed.sim('POST', 'boot', { factor: 0 });
    const offer = await bed.offer({ order: [['end_date', 'asc']] });
    const id = (await bed.create(offer.id)).body.new_contract ?? 0;
    await bed.advance(offer.end_date - Date.UTC(2026, 10, 22, 8) / 1000 + 1);
    expect(short(await bed.shown(id))).toEqual(['exited', 'stopped', 'stopped']);
    const again = await bed.api('PUT', `/api/v0/instances/${id}/`, { state: 'running' });
    expect(again.body.success).toBe(false);
    expect((await bed.state()).meter.dollars_per_hour).toBeCloseTo((10 * offer.storage_cost) / 720, 6);
    expect(await bed.search({ machine_id: { eq: offer.machine_id }, rented: { eq: 'any' } })).toEqual([]);
  });

  it('comes back after a restart by the provider, on the same port', async () => {
    const id = await bed.rent();
    await boot(id);
    const port = await portOf(id);
    await bed.sim('POST', `instances/${id}/restart`);
    await bed.advance(10);
    expect((await bed.shown(id)).actual_status).toBe('running');
    expect(await portOf(id)).toBe(port);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });

  it('loses its GPUs to somebody else when it is outbid, who gives them back in the end', async () => {
    const offer = await bed.offer({ gpu_frac: { eq: 1 } });
    const { body } = await bed.create(offer.id);
    const id = body.new_contract ?? 0;
    await boot(id);
    await bed.sim('POST', `instances/${id}/preempt`);
    const search = { machine_id: { eq: offer.machine_id }, rented: { eq: 'any' } };
    expect(await bed.search(search)).toEqual([]);
    const again = await bed.api('PUT', `/api/v0/instances/${id}/`, { state: 'running' });
    expect([again.status, again.body.error]).toEqual([200, 'resources_unavailable']);
    expect(short(await bed.shown(id))).toEqual(['exited', 'running', 'stopped']);
    await bed.advance(3700);
    expect(short(await bed.shown(id))).toEqual(['running', 'running', 'running']);
  });

  it('follows the habit of its machine', async () => {
    const offer = await bed.offer();
    await bed.sim('POST', `machines/${offer.machine_id}`, { habit: 'oci_error' });
    const { body } = await bed.create(offer.id);
    await bed.advance(7200);
    expect((await bed.shown(body.new_contract ?? 0)).actual_status).toBe('created');
  });

  it('is billed for its disk from its creation, and for its GPUs while it runs', async () => {
    const offer = await bed.offer();
    const disk = (10 * offer.storage_cost) / 720;
    await bed.fault('never_boots', { times: 1 });
    const { body } = await bed.create(offer.id);
    const id = body.new_contract ?? 0;
    await bed.advance(3600);
    expect((await bed.state()).meter.spent).toBeCloseTo(disk, 6);
    await bed.api('PUT', `/api/v0/instances/recycle/${id}/`, {});
    await boot(id);
    const before = (await bed.state()).meter.spent;
    await bed.advance(3600);
    expect((await bed.state()).meter.spent - before).toBeCloseTo(offer.dph_base + disk, 6);
    await bed.destroy(id);
    const end = (await bed.state()).meter;
    await bed.advance(3600);
    expect((await bed.state()).meter).toEqual({ ...end, alive: 0, dollars_per_hour: 0 });
  });

  it('is stopped when the credit is used up, and its disk goes on costing', async () => {
    await bed.sim('POST', 'boot', { factor: 0 });
    const offer = await bed.offer();
    await bed.create(offer.id);
    await bed.sim('POST', 'credit', { credit: offer.dph_base });
    await bed.advance(3600);
    const { meter, instances } = await bed.state();
    expect(instances[0]).toMatchObject({ actual: 'exited', intended: 'stopped' });
    expect(meter.dollars_per_hour).toBeCloseTo((10 * offer.storage_cost) / 720, 6);
    expect(meter.credit).toBeLessThan(0.001);
    const { body } = await bed.api('GET', '/api/v0/users/current');
    expect(body.credit).toBeCloseTo(meter.credit, 5);
  });
});
