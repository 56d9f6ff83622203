import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { aSession, sessionId } from '../support/fixtures.ts';
import { startBed } from './console-bed.ts';

describe('The page of the console', () => {
  it('is sent with headers that let nothing in but its own files', async () => {
    const { get } = await startBed();
    const page = await get('/console/');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const csp = page.headers['content-security-policy'];
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
      expect(csp).toContain(rule);
    expect(csp).not.toMatch(/unsafe|\*|https?:/);
    expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:\/\//);
  });

  it('has every file that it names, and sends none again that did not change', async () => {
    const { get } = await startBed();
    const { text } = await get('/console/');
    const names = [...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, name]) => name ?? '');
    const seen = new Set<string>();
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const file = await get(`/console/${name}`);
      expect([name, file.status, file.headers['x-content-type-options']]).toEqual([name, 200, 'nosniff']);
      for (const [, more = ''] of file.text.matchAll(/from '\.\/([^']+)'/g)) names.push(more);
      const again = await get(`/console/${name}`, { 'if-none-match': String(file.headers.etag) });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  it('is found from the root, and nothing else is', async () => {
    const { get } = await startBed();
    expect(await get('/')).toMatchObject({ status: 302, headers: { location: 'console/' } });
    expect(await get('/console')).toMatchObject({ status: 302, headers: { location: 'console/' } });
    for (const path of [
      '/console/../server.ts',
      '/console/console.ts',
      '/console/%2e%2e/assets.ts',
      '/console/toString',
      '/console//main.js',
      '/consoles',
    ])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    expect(await get('/healthz')).toMatchObject({ status: 200 });
  });

  it('refuses other methods', async () => {
    const { get, post } = await startBed();
    expect(await post('/console/', {})).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await get('/console/api/terminate')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});

describe('Actions of the console', () => {
  it('set the reserve and take it back, as who is at this machine', async () => {
    const { post } = await startBed();
    expect((await post('/console/api/reserve', { class: 'echo', target: 5 })).json()).toMatchObject({
      target: 5,
      setBy: 'local',
    });
    expect((await post('/console/api/reserve', { class: 'echo', target: null })).json()).toMatchObject({
      target: 2,
      setBy: '',
    });
    const unknown = await post('/console/api/reserve', { class: 'nothing', target: 1 });
    expect([unknown.status, unknown.json()]).toEqual([404, { error: 'no such class', reason: 'CLASS_NOT_FOUND' }]);
  });

  it('end a session with the reason given', async () => {
    const { post, engine } = await startBed();
    engine.put(aSession('active', { id: sessionId(7) }));
    const answer = await post('/console/api/terminate', { id: sessionId(7), detail: 'maintenance' });
    expect([answer.status, answer.json()]).toEqual([200, { id: sessionId(7), phase: 'released' }]);
    expect(engine.find(sessionId(7))).toMatchObject({ why: 'admin', detail: 'maintenance' });
    expect((await post('/console/api/terminate', { id: sessionId(8) })).status).toBe(404);
  });

  it.each([
    ['no JSON', '{', {}, 400],
    [
      'another content type, as a form of another site can send it',
      '{"class":"echo","target":1}',
      { 'content-type': 'text/plain' },
      415,
    ],
    ['a negative target', { class: 'echo', target: -1 }, {}, 400],
    ['half an instance', { class: 'echo', target: 0.5 }, {}, 400],
    ['no target', { class: 'echo' }, {}, 400],
    ['more than asked for', { class: 'echo', target: 1, tenant: 'x' }, {}, 400],
    ['a body without end', { class: 'x'.repeat(10_000), target: 1 }, {}, 400],
    ['another origin', { class: 'echo', target: 1 }, { origin: 'http://evil.example' }, 403],
    ['another site', { class: 'echo', target: 1 }, { 'sec-fetch-site': 'cross-site' }, 403],
    ['a rebound name', { class: 'echo', target: 1 }, { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ['a proxy in between', { class: 'echo', target: 1 }, { 'x-forwarded-for': '127.0.0.1' }, 403],
  ])('refuse %s, and change nothing', async (_, body, headers, status) => {
    const { post, engine } = await startBed();
    const answer = await post('/console/api/reserve', body, headers as unknown as Record<string, string>);
    expect([answer.status, Object.keys(answer.json() as object)]).toEqual([status, ['error', 'reason']]);
    expect((await engine.admin.reserves({ tenant: 'default', role: 'admin', name: 'x' }, null))[0]?.target).toBe(2);
  });

  it('take an admin token once there are tokens, and say why another will not do', async () => {
    const { post, get, engine } = await startBed();
    const root = { tenant: 'default', role: 'admin', name: 'local' } as const;
    const { secret, token } = await engine.admin.createToken(root, 'ops', 'admin', '');
    const client = await engine.admin.createToken(root, 'a', 'client', '');
    const set = (headers: Record<string, string>) =>
      post('/console/api/reserve', { class: 'echo', target: 3 }, headers);
    expect(await set({})).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(await set({ authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
    expect(await set({ authorization: `Bearer ${client.secret}` })).toMatchObject({
      status: 403,
      text: expect.stringContaining('admin tokens only'),
    });
    const done = await set({ authorization: `Bearer ${secret}` });
    expect([done.status, done.json()]).toEqual([200, expect.objectContaining({ target: 3, setBy: token.id })]);
    expect(await get(`/console/api/session/${sessionId(1)}`)).toMatchObject({ status: 200 });
    expect(await get(`/console/api/session/${sessionId(1)}`, { 'x-forwarded-for': '1.2.3.4' })).toMatchObject({
      status: 401,
    });
    for (let n = 0; n < 9; n++) await set({ authorization: `Bearer guess-${n}` });
    expect(await set({ authorization: 'Bearer guess' })).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
  });

  it('wait, as all else, until it is known whether there are tokens', async () => {
    const { post, get, setReady } = await startBed();
    setReady(false);
    const set = () => post('/console/api/reserve', { class: 'echo', target: 3 });
    expect(await set()).toMatchObject({ status: 503, text: expect.stringContaining('STARTING') });
    expect(await get('/console/api/stream')).toMatchObject({ status: 503 });
    expect(await get('/console/')).toMatchObject({ status: 200 });
    setReady(true);
    expect(await set()).toMatchObject({ status: 200 });
  });

  it('tell of the store that is away, and nothing of errors of their own', async () => {
    const { post, engine, errors } = await startBed();
    engine.put(aSession('active', { id: sessionId(7) }));
    engine.failWith(new BrokerError('unavailable', 'the store is away', { reason: 'STORE_AWAY' }));
    const away = await post('/console/api/terminate', { id: sessionId(7) });
    expect([away.status, away.json()]).toEqual([503, { error: 'the store is away', reason: 'STORE_AWAY' }]);
    engine.failWith(new Error('secret at /srv/x.ts'));
    const broken = await post('/console/api/terminate', { id: sessionId(7) });
    expect([broken.status, broken.text]).toEqual([500, '{"error":"internal error"}\n']);
    expect(errors.map(String)).toEqual(['Error: secret at /srv/x.ts']);
  });
});
