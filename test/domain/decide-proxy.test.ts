import { describe, expect, it } from 'vitest';
import { decideProxy, type ProxySeenNow } from '../../src/domain/decide-proxy.ts';
import { ADDRESSES, anInstance, aProxy, ENDPOINT, sessionId, T0 } from '../support/fixtures.ts';

const unknown: ProxySeenNow = { status: 'unknown' };
const absent: ProxySeenNow = { status: 'absent' };
const serving: ProxySeenNow = { status: 'serving', endpoint: ENDPOINT };
const over = [undefined, anInstance('destroying'), anInstance('gone')];

describe('a proxy that is being made', () => {
  const creating = aProxy('creating');

  it('waits for its instance to have an address', () => {
    for (const i of [anInstance('intended'), anInstance('requested'), anInstance('booting')])
      expect(decideProxy(creating, i, unknown, T0)).toEqual({});
  });

  it('is pointed at the address of its instance', () => {
    const booting = anInstance('booting', { addresses: ADDRESSES });
    expect(decideProxy(creating, booting, unknown, T0)).toEqual({ ask: 'ensure', upstream: ADDRESSES });
  });

  it('serves once its endpoint accepts connections and its upstream is known', () => {
    expect(decideProxy(creating, anInstance('ready'), serving, T0 + 1).proxy).toMatchObject({
      phase: 'serving',
      endpoint: ENDPOINT,
      upstream: ADDRESSES,
      since: T0 + 1,
    });
    expect(decideProxy(creating, anInstance('booting'), serving, T0).proxy).toBeUndefined();
  });

  it.each(over)('is removed when its instance is over', (i) => {
    expect(decideProxy(creating, i, unknown, T0)).toMatchObject({ proxy: { phase: 'deleting' }, ask: 'remove' });
  });
});

describe('a serving proxy', () => {
  it.each(over)('is removed with its instance in the reserve', (i) => {
    expect(decideProxy(aProxy('serving'), i, unknown, T0)).toMatchObject({
      proxy: { phase: 'deleting' },
      ask: 'remove',
    });
  });

  it.each(over)('is left to the session that has it', (i) => {
    expect(decideProxy(aProxy('serving', { session: sessionId() }), i, unknown, T0)).toEqual({});
  });

  it('stays while its instance lives', () => {
    expect(decideProxy(aProxy('serving'), anInstance('ready'), unknown, T0)).toEqual({});
  });
});

describe('a proxy that is being removed', () => {
  it('is asked to go until it is absent', () => {
    for (const seen of [unknown, serving])
      expect(decideProxy(aProxy('deleting'), undefined, seen, T0)).toEqual({ ask: 'remove' });
    expect(decideProxy(aProxy('deleting'), undefined, absent, T0).proxy).toMatchObject({ phase: 'gone' });
  });

  it('is over once it is gone', () => {
    expect(decideProxy(aProxy('gone'), undefined, serving, T0)).toEqual({});
  });
});
