import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrokerError, type ErrorCode, invalid } from '../../src/domain/errors.ts';
import { call, type Edge, failure, startEdge, stream } from './support.ts';

const CODES: Readonly<Record<ErrorCode, readonly [code: string, reason: string]>> = {
  invalid: ['INVALID_ARGUMENT', 'INVALID'],
  unauthenticated: ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
  denied: ['PERMISSION_DENIED', 'DENIED'],
  'not-found': ['NOT_FOUND', 'NOT_FOUND'],
  'already-exists': ['ALREADY_EXISTS', 'ALREADY_EXISTS'],
  precondition: ['FAILED_PRECONDITION', 'PRECONDITION'],
  aborted: ['ABORTED', 'ABORTED'],
  exhausted: ['RESOURCE_EXHAUSTED', 'EXHAUSTED'],
  conflict: ['UNAVAILABLE', 'CONFLICT'],
  unavailable: ['UNAVAILABLE', 'UNAVAILABLE'],
  'no-capacity': ['RESOURCE_EXHAUSTED', 'NO_CAPACITY'],
  'refused-by-provider': ['FAILED_PRECONDITION', 'REFUSED_BY_PROVIDER'],
  'outcome-unknown': ['UNKNOWN', 'OUTCOME_UNKNOWN'],
  unimplemented: ['UNIMPLEMENTED', 'UNIMPLEMENTED'],
};

describe('The error map', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const failedWith = async (err: unknown) => {
    edge.engine.failWith(err);
    try {
      return await failure(call(edge.client, 'GetSession', { id: 'any' }));
    } finally {
      edge.engine.failWith(null);
    }
  };

  it.each(Object.entries(CODES))('answers %s as %s with ErrorInfo', async (code, [status, reason]) => {
    const found = await failedWith(new BrokerError(code as ErrorCode, 'what went wrong'));
    expect(found).toMatchObject({ code: status, message: 'what went wrong', reason, domain: 'berth' });
    expect(found.retryMs).toBe(status === 'UNAVAILABLE' ? 1_000 : null);
  });

  it('carries every detail that an error has', async () => {
    const found = await failedWith(
      new BrokerError('exhausted', 'too many sessions', {
        reason: 'TENANT_SESSIONS',
        metadata: { limit: '10', used: '10' },
        quota: { subject: 'tenant:default', description: '10 of 10 sessions' },
        retryAfterMs: 2_500,
        violations: [{ field: 'class', description: 'is "x"; accepted: "echo"' }],
      }),
    );
    expect(found).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TENANT_SESSIONS',
      metadata: { limit: '10', used: '10' },
      quota: [{ subject: 'tenant:default', description: '10 of 10 sessions' }],
      retryMs: 2_500,
      fields: { class: 'is "x"; accepted: "echo"' },
    });
  });

  it('carries the same details on a stream', async () => {
    edge.engine.failWith(new BrokerError('not-found', 'no such session', { reason: 'SESSION_NOT_FOUND' }));
    const ended = new Promise((_, reject) =>
      stream(edge.client, 'WatchSession', { id: 'any' }).on('error', reject).resume(),
    );
    expect(await failure(ended)).toMatchObject({ code: 'NOT_FOUND', reason: 'SESSION_NOT_FOUND', domain: 'berth' });
    edge.engine.failWith(null);
  });

  it.each([
    ['umlauts and signs', 'Größe 100 % — «näher» 📡'],
    ['line breaks', 'first\nsecond\r\n\tthird'],
    ['percent escapes', '100%25 %zz %'],
  ])('brings %s to the client as they are', async (_, text) => {
    expect((await failedWith(new BrokerError('not-found', text))).message).toBe(text);
  });

  it('survives a message that is no valid Unicode', async () => {
    const half = '\ud83d';
    const found = await failedWith(
      new BrokerError('not-found', `half ${half}`, {
        metadata: { half },
        violations: [{ field: half, description: half }],
      }),
    );
    expect(found).toMatchObject({ code: 'NOT_FOUND', message: 'half \ufffd', metadata: { half: '\ufffd' } });
  });

  it('keeps the trailers below 8 KiB, whatever the error holds', async () => {
    const violations = Array.from({ length: 2_000 }, (_, i) => ({
      field: `field[${i}]`,
      description: '語'.repeat(500),
    }));
    const found = await failedWith(invalid(violations));
    expect(found.trailerBytes).toBeLessThan(7_900);
    expect(found.code).toBe('INVALID_ARGUMENT');
    expect(found.fields['field[0]']).toMatch(/^語{400}…$/);
    const shown = Object.keys(found.fields).length - 1;
    expect(found.fields['']).toBe(`and ${2_000 - shown} more`);
  });

  it('hides what it does not know, and logs it', async () => {
    const found = await failedWith(new TypeError('cannot read /etc/secret of undefined'));
    expect(found).toMatchObject({ code: 'INTERNAL', message: 'internal error', reason: 'INTERNAL', domain: 'berth' });
    const line = edge.lines.findLast((l) => l.level === 'warn');
    expect(line).toMatchObject({ message: 'rpc.failed', fields: { method: 'GetSession' } });
    expect(String(line?.fields.err)).toContain('/etc/secret');
  });

  it('hides also what is no error at all', async () => {
    for (const thrown of ['text', 42, undefined, { code: 5, details: 'inner' }])
      expect(await failedWith(thrown)).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
  });

  it('says nothing louder than debug about a client that is mistaken', async () => {
    const before = edge.lines.filter((l) => l.level === 'warn').length;
    await failure(call(edge.client, 'GetSession', { id: 'nobody' }));
    await failure(call(edge.client, 'GetSession', {}));
    expect(edge.lines.filter((l) => l.level === 'warn')).toHaveLength(before);
  });
});
