import { costOf, type Instance, rateOf } from './instance.ts';
import { living, type World } from './world.ts';

/** $ spent since the start, by everything that was ever rented. */
export function spent(w: World): number {
  const now = w.clock.now();
  let sum = 0;
  for (const i of w.instances.values()) sum += costOf(i, now);
  return sum;
}

export const credit = (w: World): number => w.account.granted - spent(w);

/** $/h at this moment. */
export const spendRate = (w: World): number => living(w).reduce((sum, i) => sum + rateOf(i), 0);

/** Starts or stops billing the GPUs, as the status now says. */
export function meter(i: Instance, atMs: number): void {
  const billed = i.goneMs === null && i.actual === 'running';
  if (billed && i.gpuSinceMs === null) i.gpuSinceMs = atMs;
  if (billed || i.gpuSinceMs === null) return;
  i.gpuMs += atMs - i.gpuSinceMs;
  i.gpuSinceMs = null;
}

/** Looks again when the credit will be used up. @param onEmpty stops what runs; the disks go on costing */
export function watchCredit(w: World, onEmpty: (atMs: number) => void): void {
  w.creditTimer?.();
  w.creditTimer = null;
  if (!living(w).some((i) => i.gpuSinceMs !== null)) return;
  const left = credit(w);
  if (left <= 1e-9) {
    onEmpty(w.clock.now());
    return;
  }
  const hours = left / spendRate(w);
  w.creditTimer = w.clock.at(w.clock.now() + Math.ceil(hours * 3_600_000) + 1, () => watchCredit(w, onEmpty));
}
