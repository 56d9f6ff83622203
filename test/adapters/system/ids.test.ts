import { describe, expect, it } from 'vitest';
import { createIds } from '../../../src/adapters/system/ids.ts';
import { isInstanceId, isProxyId, isSessionId } from '../../../src/domain/ids.ts';
import { fakeIds } from '../../support/fake-ids.ts';

describe.each([
  ['system', () => createIds()],
  ['fake', () => fakeIds()],
])('The %s ids', (_, make) => {
  it('have the form that the domain knows', () => {
    const ids = make();
    expect(isSessionId(ids.session())).toBe(true);
    expect(isInstanceId(ids.instance())).toBe(true);
    expect(isProxyId(ids.proxy())).toBe(true);
    expect(ids.token()).toMatch(/^t-[0-9a-z]{26}$/);
    expect(ids.secret()).toMatch(/^[A-Za-z0-9_.-]{20,}$/);
  });

  it('sort in the order made and never repeat', () => {
    const ids = make();
    const made = Array.from({ length: 5_000 }, () => ids.session());
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(5_000);
  });

  it('pick every number below the bound and no other', () => {
    const ids = make();
    const picked = new Set(Array.from({ length: 500 }, () => ids.pick(5)));
    expect([...picked].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(ids.pick(1)).toBe(0);
  });
});

describe('The ids', () => {
  it('make secrets of 256 bits that differ', () => {
    const ids = createIds();
    const secret = ids.secret();
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(ids.secret()).not.toBe(secret);
  });

  it('of two fakes differ when their seeds do, and are the same otherwise', () => {
    expect(fakeIds(1).session()).toBe(fakeIds(1).session());
    expect(fakeIds(1).session()).not.toBe(fakeIds(2).session());
  });
});
