import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, openBed } from './bed.ts';
import { ROUTES } from './routes.ts';

describe('The transport of the simulated API', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await openBed({ keys: ['sim-key', 'second-key'] });
  });
  afterAll(() => bed.close());

  const closed = ROUTES.filter((r) => r.open !== true);
  it.each(closed)('wants a key for $method $path', async ({ method, path }) => {
    const answer = await bed.send(method, path.replace('{id}', '1'), {});
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ success: false, error: 'auth_error', msg: 'Invalid user key' });
  });

  it.each(ROUTES.filter((r) => r.open))('wants no key for $method $path', async ({ method, path }) => {
    expect((await bed.send(method, path, {})).status).toBe(200);
  });

  it.each([401, 403, 404])('answers a wrong key with %i where the account is like that', async (status) => {
    await bed.sim('POST', 'switches', { bad_key_status: status });
    const answer = await bed.api('GET', '/api/v1/instances/', undefined, 'wrong');
    expect([answer.status, answer.body.error]).toEqual([status, 'auth_error']);
    await bed.sim('POST', 'switches', { bad_key_status: 401 });
  });

  it('takes each key of the account, and counts who still sends it in the address', async () => {
    expect((await bed.api('GET', '/api/v1/instances/', undefined, 'second-key')).status).toBe(200);
    expect((await bed.send('GET', '/api/v1/instances/?api_key=sim-key', {})).status).toBe(200);
    expect((await bed.state()).legacy_key_uses).toBe(1);
  });

  it('says that it answers JSON in exactly the words that the official client accepts', async () => {
    const answer = await bed.api('POST', '/api/v0/bundles/', {});
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('leads who forgets the slash to where it is, with the query', async () => {
    const answer = await bed.api('GET', '/api/v1/instances?limit=3');
    expect([answer.status, answer.headers.get('location')]).toEqual([308, '/api/v1/instances/?limit=3']);
  });

  it.each(['/api/v0/users/current', '/api/v0/users/current/'])('knows %s, which has a slash or none', async (path) => {
    expect((await bed.api('GET', path)).status).toBe(200);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[1]'],
  ])('refuses a body that is %s', async (_, body) => {
    const headers = { authorization: 'Bearer sim-key' };
    const answer = await bed.send('POST', '/api/v0/bundles/', { headers, body });
    expect([answer.status, answer.body.error]).toEqual([400, 'bad_request']);
  });

  it('answers 404 for what there is not, and keeps its own paths out of the API', async () => {
    expect((await bed.api('GET', '/api/v0/nothing/')).status).toBe(404);
    expect((await bed.api('GET', '/_sim/nothing')).status).toBe(404);
    expect((await bed.api('GET', '/api/v0/_sim/state')).status).toBe(404);
  });

  it('shows a page that needs nothing from elsewhere', async () => {
    const page = await bed.send('GET', '/', {});
    expect(page.headers.get('content-type')).toBe('text/html');
    expect(page.text).toContain('/_sim/state');
    expect(page.text).not.toMatch(/https?:|<link|src=/);
  });
});
