import { randomBytes, randomInt } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Ids } from '../../ports/ids.ts';

/** Ids of this process sort in the order made, also within a millisecond and when the clock is set back. */
export function createIds(): Ids {
  const next = monotonicFactory();
  const id = (): string => next().toLowerCase();
  return {
    session: () => `s-${id()}`,
    instance: () => `i-${id()}`,
    proxy: () => `p-${id()}`,
    token: () => `t-${id()}`,
    secret: () => randomBytes(32).toString('base64url'),
    pick: (below) => randomInt(below),
  };
}
