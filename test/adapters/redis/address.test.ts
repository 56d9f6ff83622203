import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/adapters/redis/address.ts';

describe("Redis's address", () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://10.0.0.1:7000/3', { host: '10.0.0.1', port: 7000, db: 3 }],
    ['redis://[::1]:7000?db=2', { host: '::1', port: 7000, db: 2 }],
    ['redis://:se%40cret@h', { host: 'h', port: 6379, db: 0, password: 'se@cret' }],
    ['redis://secret@h', { host: 'h', port: 6379, db: 0, password: 'secret' }],
    ['redis://user:pa:ss@h', { host: 'h', port: 6379, db: 0, username: 'user', password: 'pa:ss' }],
    ['rediss://h', { host: 'h', port: 6379, db: 0, tls: {} }],
  ])('is understood as one server: %s', (url, expected) => {
    expect(parseAddress(url)).toEqual(expected);
  });

  it('is understood as sentinels with a master, a database and two logins', () => {
    const url = 'redis-sentinel://u:p@s1:26380,s2,[::1]:5/my-master?db=4&sentinelPassword=x%2Fy';
    expect(parseAddress(url)).toEqual({
      username: 'u',
      password: 'p',
      sentinels: [
        { host: 's1', port: 26380 },
        { host: 's2', port: 26379 },
        { host: '::1', port: 5 },
      ],
      name: 'my-master',
      db: 4,
      sentinelPassword: 'x/y',
      failoverDetector: true,
      enableTLSForSentinelMode: false,
    });
    expect(parseAddress('rediss-sentinel://s/m')).toMatchObject({ tls: {}, enableTLSForSentinelMode: true });
  });

  it.each([
    ['http://h', 'form is unknown'],
    ['redis://', 'form is unknown'],
    ['redis://:hidden@h:99999', 'host or port is malformed'],
    ['redis://:hidden@a:1,b:2', 'more than one host'],
    ['redis://:hidden@h/one', 'database is not a number'],
    ['redis://:hid%zzden@h', 'write %25'],
    ['redis://h?timeout=1', 'no option timeout'],
    ['redis-sentinel://:hidden@s1', 'name of the master'],
    ['redis-sentinel://s1/m?foo=1', 'no option foo'],
  ])('is refused with the reason and without the password: %s', (url, why) => {
    const parse = () => parseAddress(url);
    expect(parse).toThrow(why);
    expect(parse).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(parse).not.toThrow(/hidden/);
  });
});
