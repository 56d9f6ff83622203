import { describe, expect, it } from 'vitest';
import { createAddressCheck } from '../../../src/adapters/vastai/addresses.ts';

const check = createAddressCheck([]);

describe('The address of an instance', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.63.0.1', '193.0.0.1', '2606:4700::1111', '2a00::1'])(
    'may be %s',
    (address) => expect(check(address)).toBeNull(),
  );

  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
  ])('must not be %s', (address) => expect(check(address)).toContain('is private'));

  it.each(['', 'localhost', 'metadata.internal', '10.0.0', '127.1', '0x7f000001', '2130706433', '8.8.8.8:80', '[::1]'])(
    'must be an address and not "%s"',
    (address) => expect(check(address)).toBe('its address is no IP address'),
  );

  it('may be private where that is allowed, and only there', () => {
    const some = createAddressCheck([
      { address: '10.8.0.0', prefix: 16 },
      { address: 'fd00::', prefix: 8 },
    ]);
    expect(some('10.8.3.4')).toBeNull();
    expect(some('fd12::1')).toBeNull();
    expect(some('10.9.0.1')).toContain('is private');
    expect(some('127.0.0.1')).toContain('is private');
    expect(some('8.8.8.8')).toBeNull();
  });

  it('is not let in by a network of the other family', () => {
    const everySix = createAddressCheck([{ address: '::', prefix: 0 }]);
    expect(everySix('10.0.0.1')).toContain('is private');
    expect(everySix('fe80::1')).toBeNull();
  });
});
