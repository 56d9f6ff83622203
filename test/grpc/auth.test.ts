import { Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Authenticator } from '../../src/engine/use-cases.ts';
import { createAuth, isLoopback } from '../../src/grpc/auth.ts';
import { bearer, call, type Edge, failure, startEdge, stream } from './support.ts';

const REMOTE = '192.0.2.7:4711';
const LOCAL = '127.0.0.1:4711';

const tokens = (secrets: readonly string[]): Authenticator => ({
  tokensExist: () => secrets.length > 0,
  callerOf: (secret) => (secrets.includes(secret) ? { tenant: 'acme', role: 'client', name: 't-1' } : null),
});

describe('Who calls', () => {
  const ask = (o: Partial<Parameters<typeof createAuth>[0]>, peer: string, metadata = new Metadata()) =>
    createAuth({ auth: tokens([]), encrypted: false, unixSocket: false, insecure: false, ...o })({
      metadata,
      getPeer: () => peer,
    });
  const refusal = (run: () => unknown): unknown => {
    try {
      run();
    } catch (err) {
      return err;
    }
    return null;
  };
  const refused = (reason: string) => ({ code: 'unauthenticated', details: { reason } });

  it('is the admin of tenant default on this machine while there are no tokens', () => {
    const admin = { tenant: 'default', role: 'admin', name: 'local' };
    for (const peer of [LOCAL, '127.1.2.3:1', '::1:4711', '::ffff:127.0.0.1:4711'])
      expect(ask({}, peer)).toEqual(admin);
    expect(ask({ unixSocket: true, encrypted: true }, 'unknown')).toEqual(admin);
  });

  it('is nobody from elsewhere while there are no tokens, and is told what to do', () => {
    const err = refusal(() => ask({}, REMOTE));
    expect(err).toMatchObject(refused('NO_TOKENS'));
    expect(String(err)).toContain('berth token create');
    expect(refusal(() => ask({ encrypted: true, insecure: true }, REMOTE, bearer('x')))).toMatchObject(
      refused('NO_TOKENS'),
    );
    expect(refusal(() => ask({}, 'unknown'))).toMatchObject(refused('NO_TOKENS'));
  });

  it('is whom the token belongs to, also on this machine', () => {
    const acme = { tenant: 'acme', role: 'client', name: 't-1' };
    const auth = tokens(['good']);
    expect(ask({ auth }, LOCAL, bearer('good'))).toEqual(acme);
    expect(ask({ auth, encrypted: true }, REMOTE, bearer('good'))).toEqual(acme);
    expect(ask({ auth, insecure: true }, REMOTE, bearer('good'))).toEqual(acme);
    expect(refusal(() => ask({ auth }, LOCAL))).toMatchObject(refused('TOKEN_MISSING'));
  });

  it('is not asked for a token over plaintext from another machine', () => {
    expect(refusal(() => ask({ auth: tokens(['good']) }, REMOTE, bearer('good')))).toMatchObject(
      refused('TOKEN_OVER_PLAINTEXT'),
    );
  });

  it('is nobody with a token that is wrong, empty, huge or of another scheme', () => {
    const auth = tokens(['good', 'x'.repeat(600)]);
    const other = new Metadata();
    other.set('authorization', 'Basic good');
    expect(refusal(() => ask({ auth }, LOCAL, bearer('bad')))).toMatchObject(refused('TOKEN_INVALID'));
    expect(refusal(() => ask({ auth }, LOCAL, bearer('x'.repeat(600))))).toMatchObject(refused('TOKEN_INVALID'));
    expect(refusal(() => ask({ auth }, LOCAL, bearer(' ')))).toMatchObject(refused('TOKEN_MISSING'));
    expect(refusal(() => ask({ auth }, LOCAL, other))).toMatchObject(refused('TOKEN_MISSING'));
  });

  it('is on this machine only with an address of the loopback', () => {
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1:1']) expect(isLoopback(peer)).toBe(true);
    for (const peer of [
      '',
      'unknown',
      '128.0.0.1:1',
      '::1:1:2',
      '::ffff:192.0.2.1:1',
      '127.evil.example:1',
      '1127.0.0.1:1',
    ])
      expect(isLoopback(peer), peer).toBe(false);
  });
});

describe('Tokens, over a real socket,', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  const create = async (tenant: string, role: string, metadata?: Metadata) =>
    (
      await call(
        edge.client,
        'CreateToken',
        { tenant, role, note: 'for a test' },
        metadata === undefined ? {} : { metadata },
      )
    ).secret as string;

  it('close the door behind the first one', async () => {
    edge = await startEdge();
    const root = bearer(await create('ops', 'ROLE_ADMIN'));
    expect(await failure(call(edge.client, 'ListTokens', {}))).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
      domain: 'berth',
    });
    const listed = await call(edge.client, 'ListTokens', {}, { metadata: root });
    expect(listed.tokens).toMatchObject([{ tenant: 'ops', role: 'ROLE_ADMIN', note: 'for a test' }]);
    expect(JSON.stringify(listed)).not.toContain('secret-of');
    await call(edge.client, 'RevokeToken', { id: listed.tokens[0].id }, { metadata: root });
    expect((await call(edge.client, 'ListTokens', {})).tokens).toEqual([]);
  });

  it('of a client open its tenant, and nothing of the admin but the classes and its quotas', async () => {
    edge = await startEdge();
    const root = bearer(await create('ops', 'ROLE_ADMIN'));
    const acme = bearer(await create('acme', 'ROLE_CLIENT', root));
    const { session } = await call(edge.client, 'AcquireSession', { class: 'echo' }, { metadata: acme });
    expect(session.tenant).toBe('acme');
    expect((await call(edge.client, 'ListClasses', {}, { metadata: acme })).classes).toHaveLength(1);
    expect((await call(edge.client, 'GetQuotas', {}, { metadata: acme })).quotas).toMatchObject([{ tenant: 'acme' }]);
    const adminOnly = ['SetReserve', 'GetReserve', 'TerminateSession', 'GetStatus', 'CreateToken', 'ListTokens'];
    for (const name of [...adminOnly, 'RevokeToken', 'ListInstances', 'ListEvents'])
      expect(await failure(call(edge.client, name, {}, { metadata: acme })), name).toMatchObject({
        code: 'PERMISSION_DENIED',
        reason: 'ADMIN_ONLY',
      });
    expect(await failure(call(edge.client, 'ListSessions', { tenant: 'ops' }, { metadata: acme }))).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    const own = await call(edge.client, 'ListSessions', { tenant: 'acme' }, { metadata: acme });
    expect(own.sessions).toHaveLength(1);
  });

  it('are asked for by streams too, and show up in no log', async () => {
    edge = await startEdge();
    const secret = await create('ops', 'ROLE_ADMIN');
    const ended = (metadata: Metadata) =>
      failure(
        new Promise((_, reject) =>
          stream(edge.client, 'WatchSession', { id: 's' }, { metadata }).on('error', reject).resume(),
        ),
      );
    expect(await ended(bearer(`${secret}x`))).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID' });
    expect(await ended(bearer(secret))).toMatchObject({ code: 'NOT_FOUND' });
    expect(JSON.stringify(edge.lines)).not.toContain(secret);
  });
});
