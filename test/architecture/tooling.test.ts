import { describe, expect, it } from 'vitest';
import { differences, fillIn } from '../support/drift.ts';
import { installCommand, redisMajor } from '../support/ensure-tools.ts';

describe('The drift checks', () => {
  it('tell apart what is missing, outdated and left over', () => {
    const committed = new Map([
      ['same.ts', 'a'],
      ['old.ts', 'b'],
      ['extra.ts', 'c'],
    ]);
    const wanted = new Map([
      ['same.ts', 'a'],
      ['old.ts', 'B'],
      ['new.ts', 'd'],
    ]);
    expect(differences(committed, wanted)).toEqual(['left over: extra.ts', 'missing: new.ts', 'outdated: old.ts']);
    expect(differences(committed, committed)).toEqual([]);
  });

  it('replace only what is between their marks, and refuse a page without them', () => {
    const page = 'before\n<!-- begin x -->\nold\n<!-- end x -->\nafter\n';
    expect(fillIn(page, 'x', 'new')).toBe('before\n<!-- begin x -->\nnew\n<!-- end x -->\nafter\n');
    expect(fillIn(fillIn(page, 'x', 'new'), 'x', 'new')).toBe(fillIn(page, 'x', 'new'));
    expect(() => fillIn(page, 'y', 'new')).toThrow('begin y');
  });
});

describe('The search for tools', () => {
  it('reads the version that Redis prints', () => {
    expect(redisMajor('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64')).toBe(7);
    expect(redisMajor('Redis server v=8.0.2 sha=0 malloc=jemalloc')).toBe(8);
    expect(redisMajor('')).toBeNull();
  });

  it('installs as root or by a sudo that asks nothing, and never otherwise', () => {
    expect(installCommand({ root: true, sudo: false })?.[0]).toBe('apt-get');
    expect(installCommand({ root: false, sudo: true })?.slice(0, 2)).toEqual(['sudo', '-n']);
    expect(installCommand({ root: false, sudo: false })).toBeNull();
  });
});
