import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPool } from '../../src/engine/records/pool.ts';
import { anInstance, aProxy, instanceId, proxyId, sessionId } from '../support/fixtures.ts';

const any = () => true;
const first = () => 0;
const member = (n: number) => ({
  instance: anInstance('ready', { id: instanceId(n), proxy: proxyId(n), for: null }),
  proxy: aProxy('serving', { id: proxyId(n), instance: instanceId(n) }),
});
function filled(n: number) {
  const pool = createPool();
  for (let i = 1; i <= n; i++) pool.update(instanceId(i), 'echo', member(i).instance, member(i).proxy);
  return pool;
}

describe('the pool of a class', () => {
  it('has only members that are whole, nobody’s, and of use to anyone', () => {
    const pool = createPool();
    const { instance, proxy } = member(1);
    const update = (i: Parameters<typeof pool.update>[2], p: Parameters<typeof pool.update>[3]) => {
      pool.update(instanceId(1), 'echo', i, p);
      return pool.size('echo');
    };
    expect(update(instance, undefined)).toBe(0);
    expect(update(instance, aProxy('creating'))).toBe(0);
    expect(update({ ...instance, for: sessionId() }, proxy)).toBe(0);
    expect(update({ ...instance, personal: true }, proxy)).toBe(0);
    expect(update(anInstance('booting', { for: null }), proxy)).toBe(0);
    expect(update(instance, proxy)).toBe(1);
    expect(update(instance, proxy)).toBe(1);
    expect(update(instance, { ...proxy, session: sessionId() })).toBe(0);
    expect(update(instance, proxy)).toBe(1);
    expect(update(undefined, undefined)).toBe(0);
    expect(pool.size('gpu')).toBe(0);
  });

  it('hands nobody what another holds, until that lets go', () => {
    const pool = filled(2);
    const a = pool.hold('echo', any, 1, first);
    const b = pool.hold('echo', any, 1, first);
    expect(pool.hold('echo', any, 1, first)).toEqual([]);
    expect(a[0]?.instance.id).not.toBe(b[0]?.instance.id);
    pool.letGo(a);
    expect(pool.hold('echo', any, 1, first)).toEqual(a);
  });

  it('leaves something for others where few are free, and gives more candidates where many are', () => {
    expect(filled(3).hold('echo', any, 8, first)).toHaveLength(1);
    expect(filled(100).hold('echo', any, 8, first)).toHaveLength(8);
    expect(filled(100).hold('echo', any, 2, first)).toHaveLength(2);
    expect(filled(0).hold('echo', any, 2, first)).toEqual([]);
  });

  it('looks at every member for one that suits, from wherever it begins', () => {
    for (let start = 0; start < 5; start++) {
      const found = filled(5).hold(
        'echo',
        (m) => m.instance.id === instanceId(3),
        1,
        () => start,
      );
      expect(found.map((m) => m.instance.id)).toEqual([instanceId(3)]);
    }
  });

  it('agrees with a plain set after any changes', () => {
    const change = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const pool = createPool();
        const expected = new Set<string>();
        for (const [n, there] of changes) {
          const { instance, proxy } = member(n);
          pool.update(instance.id, 'echo', there ? instance : undefined, proxy);
          if (there) expected.add(instance.id);
          else expected.delete(instance.id);
          expect(pool.size('echo')).toBe(expected.size);
        }
        expect(holdAll(pool)).toEqual(expected);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

function holdAll(pool: ReturnType<typeof createPool>): ReadonlySet<string> {
  const found = new Set<string>();
  for (let [m] = pool.hold('echo', any, 1, first); m !== undefined; [m] = pool.hold('echo', any, 1, first))
    found.add(m.instance.id);
  return found;
}
