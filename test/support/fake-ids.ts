import type { Ids } from '../../src/ports/ids.ts';

/** The same ids and the same chance in every run. @param seed another one for another replica */
export function fakeIds(seed = 1): Ids {
  let made = 0;
  let state = seed >>> 0;
  const id = (): string => `${seed.toString(36).padStart(4, '0')}${(++made).toString(36).padStart(22, '0')}`;
  // mulberry32
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    session: () => `s-${id()}`,
    instance: () => `i-${id()}`,
    proxy: () => `p-${id()}`,
    token: () => `t-${id()}`,
    secret: () => `secret-${id()}`,
    pick: (below) => Math.floor(random() * below),
  };
}
