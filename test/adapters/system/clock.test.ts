import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { clockContract } from '../../contract/clock.contract.ts';
import { fakeClock } from '../../support/fake-clock.ts';

clockContract('the machine', async () => {
  const clock = createSystemClock();
  return { clock, pass: (ms) => clock.sleep(ms, new AbortController().signal) };
});

clockContract('fake', async () => {
  const clock = fakeClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

describe('The system clock', () => {
  function settable() {
    const time = { wall: 1_000_000, monotonic: 5_000 };
    const clock = createSystemClock({ wall: () => time.wall, monotonic: () => time.monotonic });
    const pass = (wallMs: number, monotonicMs: number) => {
      time.wall += wallMs;
      time.monotonic += monotonicMs;
    };
    return { clock, pass };
  }

  it('is the time of day', () => {
    expect(Math.abs(createSystemClock().now() - Date.now())).toBeLessThan(50);
  });

  it.each([
    ['forwards', 61_000],
    ['backwards', -61_000],
  ])('tells since when it is steady after a jump %s', (_, jump) => {
    const { clock, pass } = settable();
    pass(10_000, 10_000);
    expect(clock.steadySince()).toBe(Number.NEGATIVE_INFINITY);
    pass(jump, 0);
    clock.now();
    pass(20_000, 20_000);
    expect(clock.steadySince()).toBe(15_000);
    expect(clock.monotonic() - clock.steadySince()).toBe(20_000);
  });

  it('takes a correction of up to a minute for no jump', () => {
    const { clock, pass } = settable();
    for (let i = 0; i < 10; i++) {
      pass(59_000, 0);
      clock.now();
    }
    expect(clock.steadySince()).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('The fake clock', () => {
  it('lets a woken sleeper sleep again within the same advance', async () => {
    const clock = fakeClock(1_000);
    const woken: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10, new AbortController().signal);
        woken.push(clock.now());
      }
    })();
    await clock.advance(35);
    await loop;
    expect(woken).toEqual([1_010, 1_020, 1_030]);
    expect([clock.now(), clock.sleepers()]).toEqual([1_035, 0]);
  });

  it('jumps without waking anybody', async () => {
    const clock = fakeClock(1_000);
    await clock.advance(500);
    clock.jump(90_000);
    expect([clock.now(), clock.monotonic(), clock.steadySince()]).toEqual([91_500, 500, 500]);
  });
});
