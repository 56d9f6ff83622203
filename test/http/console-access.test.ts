import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/domain/caller.ts';
import type { Authenticator } from '../../src/engine/use-cases.ts';
import { type Access, type Asking, mayAct, mayRead } from '../../src/http/console/access.ts';
import { createLimiter } from '../../src/http/console/limiter.ts';
import { fakeClock } from '../support/fake-clock.ts';

const ADMIN: Caller = { tenant: 'ops', role: 'admin', name: 't-admin' };
const CLIENT: Caller = { tenant: 'a', role: 'client', name: 't-client' };
const CALLERS = new Map([
  ['admin-secret', ADMIN],
  ['client-secret', CLIENT],
]);
const authWith = (tokens: boolean): Authenticator => ({
  tokensExist: () => tokens,
  callerOf: (secret) => (tokens ? (CALLERS.get(secret) ?? null) : null),
});

const HERE: Asking = {
  peer: '127.0.0.1',
  host: '127.0.0.1:7701',
  isProxied: false,
  token: null,
  origin: 'http://127.0.0.1:7701',
  site: 'same-origin',
};
const ELSEWHERE: Asking = {
  ...HERE,
  peer: '10.1.2.3',
  host: 'berth.example:7701',
  origin: 'http://berth.example:7701',
};

const word = (a: Access): string =>
  a.ok ? `${a.caller.name}${a.mayAct ? '' : ', looking only'}` : `${a.status} ${a.reason}`;

type Row = readonly [
  what: string,
  tokens: boolean,
  asking: Partial<Asking> & { readonly base?: Asking },
  read: string,
  act: string,
];

const ROWS: readonly Row[] = [
  ['this machine', false, {}, 'local', 'local'],
  ['this machine over IPv6', false, { peer: '::1', host: '[::1]:7701', origin: 'http://[::1]:7701' }, 'local', 'local'],
  ['this machine on a socket of both kinds', false, { peer: '::ffff:127.0.0.1' }, 'local', 'local'],
  ['this machine by name', false, { host: 'localhost:7701', origin: 'http://localhost:7701' }, 'local', 'local'],
  ['another machine', false, { base: ELSEWHERE }, '403 NO_TOKENS', '403 NO_TOKENS'],
  ['another machine that claims to be this one', false, { peer: '10.1.2.3' }, '403 NO_TOKENS', '403 NO_TOKENS'],
  [
    'another machine with some token',
    false,
    { base: ELSEWHERE, token: 'admin-secret' },
    '403 NO_TOKENS',
    '403 NO_TOKENS',
  ],
  ['a name that was rebound to this machine', false, { host: 'evil.example:7701' }, '403 NO_TOKENS', '403 NO_TOKENS'],
  ['a name that begins like this machine', false, { host: '127.0.0.1.evil.example' }, '403 NO_TOKENS', '403 NO_TOKENS'],
  ['no Host', false, { host: '' }, '403 NO_TOKENS', '403 NO_TOKENS'],
  ['a proxy on this machine', false, { isProxied: true }, '403 NO_TOKENS', '403 NO_TOKENS'],
  [
    'a page of another site',
    false,
    { site: 'cross-site', origin: 'http://evil.example' },
    '403 CROSS_SITE',
    '403 CROSS_SITE',
  ],
  [
    'a page of another port',
    false,
    { site: 'same-site', origin: 'http://127.0.0.1:9' },
    '403 CROSS_SITE',
    '403 CROSS_SITE',
  ],
  [
    'an old browser on a page of another port',
    false,
    { site: null, origin: 'http://127.0.0.1:9' },
    'local',
    '403 CROSS_ORIGIN',
  ],
  ['an old browser on a page without origin', false, { site: null, origin: 'null' }, 'local', '403 CROSS_ORIGIN'],
  ['no page at all', false, { site: null, origin: null }, 'local', '403 ORIGIN_MISSING'],

  ['this machine', true, {}, 'local, looking only', '401 TOKEN_MISSING'],
  ['this machine, an admin', true, { token: 'admin-secret' }, 't-admin', 't-admin'],
  ['this machine, a client', true, { token: 'client-secret' }, '403 NOT_ADMIN', '403 NOT_ADMIN'],
  ['this machine, a wrong token', true, { token: 'wrong' }, '401 TOKEN_INVALID', '401 TOKEN_INVALID'],
  ['this machine, an endless token', true, { token: 'x'.repeat(5_000) }, '401 TOKEN_INVALID', '401 TOKEN_INVALID'],
  [
    'this machine, an admin led astray',
    true,
    { token: 'admin-secret', origin: 'http://evil.example', site: null },
    't-admin',
    '403 CROSS_ORIGIN',
  ],
  ['another machine', true, { base: ELSEWHERE }, '401 TOKEN_MISSING', '401 TOKEN_MISSING'],
  ['another machine, an admin', true, { base: ELSEWHERE, token: 'admin-secret' }, 't-admin', 't-admin'],
  ['another machine, a client', true, { base: ELSEWHERE, token: 'client-secret' }, '403 NOT_ADMIN', '403 NOT_ADMIN'],
  [
    'another machine, a wrong token',
    true,
    { base: ELSEWHERE, token: 'wrong' },
    '401 TOKEN_INVALID',
    '401 TOKEN_INVALID',
  ],
  ['a proxy on this machine', true, { isProxied: true }, '401 TOKEN_MISSING', '401 TOKEN_MISSING'],
  [
    'a proxy on this machine, an admin',
    true,
    { isProxied: true, token: 'admin-secret', host: 'berth.example', origin: 'https://berth.example' },
    't-admin',
    't-admin',
  ],
  ['a rebound name', true, { host: 'evil.example' }, '401 TOKEN_MISSING', '401 TOKEN_MISSING'],
];

describe('Access to the console', () => {
  it.each(ROWS)('%s (tokens exist: %s): %j', (_, tokens, { base = HERE, ...over }, read, act) => {
    const asking = { ...base, ...over };
    const limiter = createLimiter(fakeClock());
    expect([word(mayRead(asking, authWith(tokens), limiter)), word(mayAct(asking, authWith(tokens), limiter))]).toEqual(
      [read, act],
    );
  });

  it('tells a client in plain words that its token is not enough', () => {
    const refused = mayRead({ ...ELSEWHERE, token: 'client-secret' }, authWith(true), createLimiter(fakeClock()));
    expect(refused).toMatchObject({ error: expect.stringMatching(/client's token, of tenant "a".*admin tokens only/) });
  });

  it('slows a peer that guesses, not the others, and less so later', async () => {
    const clock = fakeClock();
    const limiter = createLimiter(clock);
    const ask = (peer: string, token: string) => word(mayRead({ ...ELSEWHERE, peer, token }, authWith(true), limiter));
    const guesses = Array.from({ length: 12 }, (_, n) => ask('10.1.2.3', `guess-${n}`));
    expect(guesses.filter((g) => g === '401 TOKEN_INVALID')).toHaveLength(10);
    expect(guesses.slice(10)).toEqual(['429 TOO_MANY_WRONG_TOKENS', '429 TOO_MANY_WRONG_TOKENS']);
    expect(ask('10.1.2.4', 'guess')).toBe('401 TOKEN_INVALID');
    await clock.advance(6_000);
    expect(ask('10.1.2.3', 'guess')).toBe('401 TOKEN_INVALID');
    expect(ask('10.1.2.3', 'guess')).toBe('429 TOO_MANY_WRONG_TOKENS');
  });

  it('lets nobody who guesses lock out others who come by the same proxy', () => {
    const limiter = createLimiter(fakeClock());
    const ask = (token: string) => word(mayRead({ ...ELSEWHERE, token }, authWith(true), limiter));
    for (let n = 0; n < 100; n++) ask(`guess-${n}`);
    expect(ask('guess')).toBe('429 TOO_MANY_WRONG_TOKENS');
    expect(ask('admin-secret')).toBe('t-admin');
  });

  it('remembers a bounded number of peers', () => {
    const limiter = createLimiter(fakeClock());
    for (let n = 0; n < 10; n++) limiter.refused('10.0.0.1');
    expect(limiter.waitMs('10.0.0.1')).toBe(6_000);
    for (let n = 0; n < 1_000; n++) limiter.refused(`10.1.${n >> 8}.${n & 255}`);
    expect(limiter.waitMs('10.0.0.1')).toBe(0);
  });
});
