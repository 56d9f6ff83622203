import { describe, expect, it } from 'vitest';
import { isWorthWriting, toldUse, usedAt } from '../../src/domain/activity.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { aSession, T0, TERMS } from '../support/fixtures.ts';

const now = T0 + 10 * MINUTE;
const use = (lastEndedAt: number | null, connections: number, lastDataAt: number | null) => ({
  lastEndedAt,
  connections,
  lastDataAt,
});
const counting = (connections: 'open' | 'data' | 'ignore') => ({ connections, http: null });

describe('the last use of a session, as its proxy shows it', () => {
  it.each([
    ['nothing ever came', use(null, 0, null), 'open', null],
    ['a request ended', use(T0, 0, null), 'open', T0],
    ['a request ended in what is the future here', use(now + SECOND, 0, null), 'open', now],
    ['a connection is open', use(T0, 1, T0 + SECOND), 'open', now],
    ['data moved on an open connection', use(T0, 1, T0 + SECOND), 'data', T0 + SECOND],
    ['a request ended after data moved elsewhere', use(T0 + MINUTE, 1, T0 + SECOND), 'data', T0 + MINUTE],
    ['a connection is open and nobody tells of its data', use(null, 1, null), 'data', now],
    ['open connections do not count', use(T0, 3, now), 'ignore', T0],
    ['open connections do not count and no request ended', use(null, 3, now), 'ignore', null],
  ] as const)('%s', (_, seen, connections, expected) => {
    expect(usedAt(seen, counting(connections), now)).toBe(expected);
  });
});

describe('what an instance says of its use', () => {
  it.each([
    ['a time', '{"last_activity": "2026-01-01T00:00:00.000Z"}', 'last_activity', { at: Date.UTC(2026, 0, 1) }],
    ['a time with an offset', '{"at": "2026-01-01T02:00:00+02:00"}', 'at', { at: Date.UTC(2026, 0, 1) }],
    ['a number inside', '{"a": [{"n": 7}]}', 'a.0.n', { value: '7' }],
    ['true', '{"busy": true}', 'busy', { value: 'true' }],
    ['a text that is no time', '{"at": "yesterday"}', 'at', null],
    ['nothing there', '{"a": {}}', 'a.b', null],
    ['a name that every object has', '{}', 'constructor', null],
    ['null', '{"at": null}', 'at', null],
    ['no JSON', '<html>', 'at', null],
  ])('%s', (_, body, path, expected) => {
    expect(toldUse(body, path)).toEqual(expected);
  });
});

describe('a use is written down', () => {
  const idle = { ...TERMS, idleTimeoutMs: 10 * MINUTE };
  const worth = (over: Parameters<typeof aSession<'active'>>[1], at: number, seenAt = at) =>
    isWorthWriting(aSession('active', { terms: idle, ...over }), at, 15 * SECOND, seenAt);

  it.each([
    ['not when it is no news', {}, T0, T0 + 5 * SECOND, false],
    ['not when nothing depends on it', {}, T0 + 30 * SECOND, T0 + 30 * SECOND, false],
    ['when it confirms the session', { confirmBy: T0 + MINUTE }, T0 + SECOND, T0 + SECOND, true],
    ['when people would wonder', {}, T0 + MINUTE, T0 + MINUTE, true],
    ['when the end is near', {}, T0 + 10 * SECOND, T0 + 9 * MINUTE, true],
    [
      'when it takes a warning back',
      { warning: { reason: 'idle', endAt: T0 + 10 * MINUTE } },
      T0 + SECOND,
      T0 + 9 * MINUTE,
      true,
    ],
  ] as const)('%s', (_, over, at, seenAt, expected) => {
    expect(worth(over, at, seenAt)).toBe(expected);
  });
});
