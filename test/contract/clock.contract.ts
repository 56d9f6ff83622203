import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/ports/clock.ts';

export type ClockUnderTest = {
  readonly clock: Clock;
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>;
};

/** What every Clock keeps. @param make a clock that has had no jump yet */
export function clockContract(name: string, make: () => Promise<ClockUnderTest>): void {
  describe(`Clock contract: ${name}`, () => {
    const never = new AbortController().signal;

    it('moves the time of record and the monotonic time by as much as passes', async () => {
      const { clock, pass } = await make();
      const from = { now: clock.now(), monotonic: clock.monotonic() };
      await pass(50);
      expect(clock.monotonic() - from.monotonic).toBeGreaterThanOrEqual(50);
      const drift = clock.now() - from.now - (clock.monotonic() - from.monotonic);
      expect(Math.abs(drift)).toBeLessThan(20);
    });

    it('wakes a sleeper not before its time', async () => {
      const { clock, pass } = await make();
      const from = clock.monotonic();
      let woken = Number.NaN;
      const asleep = clock.sleep(30, never).then(() => {
        woken = clock.monotonic();
      });
      await pass(40);
      await asleep;
      expect(woken - from).toBeGreaterThanOrEqual(30);
    });

    it('wakes sleepers in the order of their times', async () => {
      const { clock, pass } = await make();
      const order: number[] = [];
      const all = [40, 10, 25].map((ms) => clock.sleep(ms, never).then(() => order.push(ms)));
      await pass(60);
      await Promise.all(all);
      expect(order).toEqual([10, 25, 40]);
    });

    it.each([0, -5])('does not sleep for %s ms', async (ms) => {
      const { clock } = await make();
      await expect(clock.sleep(ms, never)).resolves.toBeUndefined();
    });

    it('ends a sleep with an AbortError when its signal aborts, whatever the reason', async () => {
      const { clock } = await make();
      const stop = new AbortController();
      const asleep = clock.sleep(60_000, stop.signal);
      stop.abort(new Error('stopping'));
      await expect(asleep).rejects.toMatchObject({ name: 'AbortError' });
      await expect(clock.sleep(60_000, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('sleeps for longer than a timer can be set', async () => {
      const { clock, pass } = await make();
      const stop = new AbortController();
      const end = clock.sleep(2 ** 31 + 5, stop.signal).then(
        () => 'woke',
        () => 'aborted',
      );
      await pass(20);
      stop.abort();
      expect(await end).toBe('aborted');
    });

    it('has been steady for ever while nothing jumped', async () => {
      const { clock, pass } = await make();
      await pass(5);
      expect(clock.monotonic() - clock.steadySince()).toBeGreaterThan(60_000);
    });
  });
}
