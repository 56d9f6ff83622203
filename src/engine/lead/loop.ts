import type { Clock } from '../../ports/clock.ts';

type LoopOptions = {
  readonly clock: Clock;
  /** Pause after a pass that failed [ms]. */
  readonly backoffMs: number;
  readonly onError: (err: unknown) => void;
};

/** Runs `pass` until aborted. `pass` resolves to the delay before the next one [ms]. A pass that throws is reported
 *  and backs off; it never ends the loop. */
export async function runLoop(
  pass: (signal: AbortSignal) => Promise<number>,
  o: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const delayMs = await pass(signal).catch((err: unknown) => {
      if (!signal.aborted) o.onError(err);
      return o.backoffMs;
    });
    await o.clock.sleep(delayMs, signal).catch(() => undefined);
  }
}
