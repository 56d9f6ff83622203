import { randomBytes, randomInt } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Ids } from '../../ports/ids.ts';

/** Ids of this process sort in the order made, also within a millisecond and when the clock is set back. */
export function createIds(): Ids {
  const next = monotonicFactory(createChance());
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

/** Bytes of chance asked of the system at once: one at a time costs more than all the rest of an id. */
const POOL = 4_096;

/** Numbers from 0 to below 1, as fine as an id's characters need. */
function createChance(): () => number {
  let pool = randomBytes(POOL);
  let used = 0;
  return () => {
    if (used === POOL) {
      pool = randomBytes(POOL);
      used = 0;
    }
    return pool.readUInt8(used++) / 256;
  };
}
