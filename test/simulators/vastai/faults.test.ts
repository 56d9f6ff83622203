import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bed, openBed } from './bed.ts';
import { FAULTS } from './faults.ts';
import { ROUTES } from './routes.ts';

describe('Simulated faults', () => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await openBed();
  });
  afterEach(() => bed.close());

  it.each(Object.keys(FAULTS))('can be switched on and off: %s', async (fault) => {
    const { id } = await bed.fault(fault, fault === 'http' ? { endpoint: 'list' } : {});
    expect((await bed.state()).faults).toMatchObject([{ id, fault, probability: 1, strikes: 0 }]);
    await bed.sim('DELETE', `faults/${id}`);
    expect((await bed.state()).faults).toEqual([]);
    await expect(bed.sim('DELETE', `faults/${id}`)).rejects.toThrow('no such thing');
  });

  it.each([
    { fault: 'nonsense' },
    { fault: 'exits', probability: 2 },
    { fault: 'exits', times: 0 },
    { fault: 'exits', match: { color: 'red' } },
    { fault: 'exits', seconds: 3 },
  ])('refuse the rule %o', async (rule) => {
    await expect(bed.sim('POST', 'faults', rule)).rejects.toThrow('bad_request');
  });

  it('strike as often as said', async () => {
    await bed.fault('http', { endpoint: 'list', times: 2 });
    const seen: number[] = [];
    for (let n = 0; n < 4; n++) seen.push((await bed.list()).status);
    expect(seen).toEqual([503, 503, 200, 200]);
  });

  it('strike with their probability, in the same places for the same seed', async () => {
    const runs: string[] = [];
    for (let run = 0; run < 2; run++) {
      const other = await openBed({ seed: 'dice' });
      await other.fault('http', { endpoint: 'list', probability: 0.3 });
      let seen = '';
      for (let n = 0; n < 100; n++) seen += (await other.list()).status === 503 ? 'x' : '.';
      await other.close();
      runs.push(seen);
    }
    expect(runs[0]).toBe(runs[1]);
    const strikes = runs[0]?.replaceAll('.', '').length ?? 0;
    expect(strikes).toBeGreaterThan(15);
    expect(strikes).toBeLessThan(45);
  });

  it.each<[string, (m: { machine: number; host: number; ask: number }) => object]>([
    ['machine_id', (m) => ({ machine_id: m.machine })],
    ['host_id', (m) => ({ host_id: m.host })],
    ['ask_id', (m) => ({ ask_id: m.ask })],
    ['label', () => ({ label: 'that one' })],
    ['image', () => ({ image: 'example/inline:that' })],
    ['gpu_name', () => ({ gpu_name: 'RTX 3090' })],
  ])('strike only the instance that %s names', async (field, match) => {
    const spared = await bed.offer({ gpu_name: { eq: 'RTX 4090' } });
    const offer = await bed.offer({ gpu_name: { eq: 'RTX 3090' }, host_id: { neq: spared.host_id } });
    await bed.fault('oci_error', { match: match({ machine: offer.machine_id, host: offer.host_id, ask: offer.id }) });
    const order = field === 'image' ? { image: 'example/inline:that' } : { label: 'that one' };
    const [hit, missed] = [await bed.create(offer.id, order), await bed.create(spared.id)];
    expect((await bed.shown(hit.body.new_contract ?? 0)).actual_status).toBe('created');
    expect((await bed.shown(missed.body.new_contract ?? 0)).actual_status).toBe('running');
  });

  const ENDPOINTS = [...new Map(ROUTES.map((r) => [r.endpoint, r])).values()];
  it.each(ENDPOINTS)('make $endpoint fail before it does anything', async ({ endpoint, method, path }) => {
    const ask = await bed.offer();
    await bed.fault('http', { endpoint, with: { status: 500 } });
    const answer = await bed.api(method, path.replace('{id}', `${ask.id}`), method === 'GET' ? undefined : {});
    expect([answer.status, answer.body.success]).toEqual([500, false]);
    expect((await bed.state()).meter.alive).toBe(0);
  });

  it.each([
    ['json', 'application/json', '{"success":false'],
    ['text', 'text/plain', 'error 429'],
    ['html', 'text/html', '<html>'],
    ['empty', 'text/plain', ''],
  ])('answer with a body that is %s, and Retry-After', async (body, type, start) => {
    await bed.fault('http', { endpoint: 'list', body, with: { status: 429 }, retry_after_s: 7 });
    const answer = await bed.list();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([429, type]);
    expect(answer.text.startsWith(start)).toBe(true);
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  it('answer with any error, such as that of a key whose session is over', async () => {
    const error = { error: 'auth_error', msg: 'Session expired. Please log in again.' };
    await bed.fault('http', { endpoint: 'list', ...error, with: { status: 404 } });
    expect(await bed.list()).toMatchObject({ status: 404, body: { success: false, ...error } });
  });

  it('cut a connection, or let it hang', async () => {
    await bed.fault('http', { endpoint: 'list', body: 'reset', times: 1 });
    await expect(bed.list()).rejects.toThrow('fetch failed');
    await bed.fault('http', { endpoint: 'list', body: 'hang', times: 1 });
    const headers = { authorization: 'Bearer sim-key' };
    const signal = AbortSignal.timeout(150);
    await expect(fetch(`${bed.url}/api/v1/instances/`, { headers, signal })).rejects.toThrow('timeout');
    expect((await bed.list()).status).toBe(200);
  });

  it('tell what each of them does and what numbers it has', async () => {
    const state = await bed.sim<{ readonly fault_kinds: object }>('GET', 'state');
    expect(state.fault_kinds).toEqual(FAULTS);
  });
});

describe('The simulator is steered', () => {
  it('by a clock that stands still, moves when told to, and goes on by itself', async () => {
    const bed = await openBed();
    const start = (await bed.state()).now_ms;
    await bed.advance(60);
    expect((await bed.state()).now_ms).toBe(start + 60_000);
    await bed.sim('POST', 'clock', { frozen: false, advance_s: 60 });
    const going = (await bed.state()).now_ms;
    expect(going).toBeGreaterThanOrEqual(start + 120_000);
    expect(going).toBeLessThan(start + 150_000);
    await bed.sim('POST', 'clock', { frozen: true });
    const stopped = (await bed.state()).now_ms;
    expect((await bed.state()).now_ms).toBe(stopped);
    await bed.close();
  });

  it('and refuses what it does not understand', async () => {
    const bed = await openBed();
    for (const [path, body] of [
      ['clock', { advance_s: -1 }],
      ['limits', { factor: 'fast' }],
      ['switches', { old_list: 500 }],
      ['credit', {}],
      ['boot', { speed: 1 }],
      ['machines/1', { habit: 'good' }],
    ] as const)
      await expect(bed.sim('POST', path, body)).rejects.toThrow();
    await bed.close();
  });
});
