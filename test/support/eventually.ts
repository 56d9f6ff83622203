import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again until `look` gives something other than null, undefined or false. For what happens in other processes
 * and so cannot be stepped.
 * @param withinMs fails after this, telling what was awaited
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(5);
  }
}
