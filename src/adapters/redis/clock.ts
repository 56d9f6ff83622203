import type { EpochMs } from '../../domain/time.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

/** Between two measurements [ms]. */
const MEASURE_EVERY = 10 * SECOND;
/** A measurement that took longer says too little [ms]. */
const LONGEST_ROUND_TRIP = SECOND;
/** As `Clock.steadySince` has it [ms]. */
const JUMP = MINUTE;

/**
 * Redis's time, told by this machine's monotonic clock plus an offset that is measured again and again. While Redis
 * is away the last offset holds.
 * @param serverTime asks Redis for its time [ms]
 * @param signal stops the measuring; the last offset stays
 * @throws what `serverTime` throws in the first measurement
 */
export async function createRedisClock(
  system: Clock,
  serverTime: () => Promise<EpochMs>,
  signal: AbortSignal,
): Promise<Clock> {
  let { offset } = await measure(system, serverTime);
  let steadySince = Number.NEGATIVE_INFINITY;

  async function keepMeasuring(): Promise<void> {
    while (await slept(system, signal)) {
      const measured = await measure(system, serverTime).catch(() => null);
      if (measured === null || measured.tookMs > LONGEST_ROUND_TRIP) continue;
      if (Math.abs(measured.offset - offset) > JUMP) steadySince = system.monotonic();
      offset = measured.offset;
    }
  }
  void keepMeasuring();

  return {
    now: () => Math.round(system.monotonic() + offset),
    monotonic: system.monotonic,
    sleep: system.sleep,
    steadySince: () => steadySince,
  };
}

const slept = (system: Clock, signal: AbortSignal): Promise<boolean> =>
  system.sleep(MEASURE_EVERY, signal).then(
    () => true,
    () => false,
  );

/** What to add to the monotonic time. Redis looked at its clock somewhere between question and answer. */
async function measure(system: Clock, serverTime: () => Promise<EpochMs>) {
  const asked = system.monotonic();
  const time = await serverTime();
  const answered = system.monotonic();
  return { offset: time - (asked + answered) / 2, tookMs: answered - asked };
}
