import { describe, expect, it } from 'vitest';
import { CallFailed, oneLine, problemOf, redact, unavailable } from '../../../src/adapters/vastai/problems.ts';

const answer = (status: number, body: unknown) => ({
  status,
  json: typeof body === 'string' ? undefined : body,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  retryAfterMs: null,
  resetAtMs: null,
});
const kindOf = (status: number, body: unknown): string | null => problemOf(answer(status, body))?.kind ?? null;
const body = (error: string, msg = '') => ({ success: false, error, msg });

describe('An answer of Vast.ai', () => {
  it.each([
    [200, { success: true }, null],
    [200, { offers: [] }, null],
    [200, { instances: null }, null],
    [401, body('auth_error', 'Invalid user key'), 'auth'],
    [403, body('auth_error'), 'auth'],
    [404, body('auth_error', 'Invalid user key'), 'auth'],
    [404, { success: false, msg: 'Session expired. Please log in again.' }, 'auth'],
    [401, { msg: 'Two Factor Authentication required' }, 'auth'],
    [403, { detail: 'nothing for you' }, 'auth'],
    [429, body('search_quota_exceeded', 'Daily search quota exceeded.'), 'quota'],
    [429, 'API requests too frequent', 'limited'],
    [429, { detail: 'API requests too frequent: endpoint threshold=4.5' }, 'limited'],
    [429, body('rate_limit_exceeded'), 'limited'],
    [429, '<html>slow down</html>', 'limited'],
    [410, body('deprecated_endpoint', '/api/v0/instances/ is deprecated.'), 'deprecated'],
    [410, body('no_such_ask', 'error 410/3907: Ask 1 is no longer available.'), 'offer-gone'],
    [404, body('invalid_args', 'error 404/3603: no_such_ask Instance type by id 1 is not available.'), 'offer-gone'],
    [400, body('no_such_ask', 'no_such_ask'), 'offer-gone'],
    [200, body('no_such_ask', 'no longer available'), 'odd'],
    [400, body('insufficient_credit', 'Your account lacks credit'), 'no-credit'],
    [402, body('insufficient_credit', 'balance'), 'no-credit'],
    [400, body('invalid_args', 'image is required'), 'refused'],
    [400, body('invalid_price', 'price must be 0.001 to 128'), 'refused'],
    [400, body('bad_request', 'q.gpu_name: Input should be a valid dictionary'), 'refused'],
    [400, body('no_ssh_key_for_vm'), 'refused'],
    [404, body('no_such_instance'), 'no-such'],
    [404, body('not_found'), 'no-such'],
    [500, body('error'), 'server'],
    [502, '<html>bad gateway</html>', 'server'],
    [503, '', 'server'],
    [200, '<html>Just a moment...</html>', 'odd'],
    [200, '', 'odd'],
    [200, [1, 2], 'odd'],
    [200, body('error', 'Something went wrong'), 'odd'],
    [418, body('error', 'teapot'), 'odd'],
    [403, '<html>blocked</html>', 'odd'],
    [404, 'page not found', 'odd'],
  ])('%i %j is %s', (status, of, kind) => {
    expect(kindOf(status, of)).toBe(kind);
  });

  it('is told for people in one line, without a page of HTML', () => {
    const text = problemOf(answer(400, body('invalid_args', 'image\nis\u0000 required')))?.text;
    expect(text).toBe('Vast.ai: it refuses the call (HTTP 400 invalid_args, image is required)');
    expect(problemOf(answer(502, '<html>\n<body>secret page</body>'))?.text).toBe(
      'Vast.ai: its server failed (HTTP 502)',
    );
    expect(oneLine('x'.repeat(300), 200)).toHaveLength(200);
  });

  it('tells how long to wait, by its header or by its body', () => {
    expect(problemOf({ ...answer(429, 'slow'), retryAfterMs: 7_000 })?.retryAfterMs).toBe(7_000);
    expect(problemOf(answer(429, { ...body('rate_limit_exceeded'), retry_after: 3 }))?.retryAfterMs).toBe(3_000);
    expect(problemOf(answer(429, 'slow'))).not.toHaveProperty('retryAfterMs');
  });

  it('repeats no secret that it was sent', () => {
    expect(redact('env KEY=hunter22 and pass', ['hunter22', 'pa'])).toBe('env KEY=*** and pass');
    expect(redact('it is hunter22-and-more', ['hunter22', 'hunter22-and-more'])).toBe('it is ***');
  });

  it.each([
    ['longer than what is told', `token-${'x'.repeat(500)}`, (s: string) => s],
    ['of several lines', '-----BEGIN KEY-----\nabc def\n', (s: string) => s],
    ['quoted as JSON', 'a "quoted"\nsecret', (s: string) => JSON.stringify({ env: { TOKEN: s } })],
  ])('repeats no part of a secret %s', (_, secret, quote) => {
    const told = problemOf(answer(400, body('invalid_args', `${'word '.repeat(30)}${quote(secret)}`)), [secret])?.text;
    expect(told).toContain('***');
    for (const part of ['token-', 'abc', 'quoted']) expect(told).not.toContain(part);
  });

  it('is what the port knows once it leaves', () => {
    const failed = (kind: 'limited' | 'auth' | 'aborted', retryAfterMs?: number) =>
      unavailable(new CallFailed({ kind, text: 'why', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }));
    expect(failed('limited', 5)).toMatchObject({
      code: 'unavailable',
      details: { retryAfterMs: 5, reason: 'PROVIDER_LIMIT' },
    });
    expect(failed('auth')).toMatchObject({ code: 'unavailable', message: 'why', details: { reason: 'PROVIDER_KEY' } });
    expect(failed('aborted')).toMatchObject({ name: 'AbortError' });
    const other = new Error('other');
    expect(unavailable(other)).toBe(other);
  });
});
