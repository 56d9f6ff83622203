import { describe, expect, it } from 'vitest';
import { createLane, type Lane } from '../../../src/adapters/vastai/lanes.ts';
import type { Problem } from '../../../src/adapters/vastai/problems.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { never } from './world.ts';

const LIMITED: Problem = { kind: 'limited', text: 'too many calls' };

/** Asks for a turn; when it came, in ms since the clock began. */
function turn(lane: Lane, clock: FakeClock, at: number[], signal = never): Promise<void> {
  return lane.turn(signal).then(() => void at.push(Math.round(clock.monotonic())));
}

describe('A lane of calls', () => {
  it('keeps the least time between two calls, in the order asked', async () => {
    const clock = fakeClock();
    const lane = createLane('create', 1, clock);
    const at: number[] = [];
    const all = [1, 2, 3].map(() => turn(lane, clock, at));
    await clock.advance(20_000);
    await Promise.all(all);
    expect(at).toEqual([0, 4600, 9200]);
  });

  it('counts from when a call has left, where making its connection took long', async () => {
    const clock = fakeClock();
    const lane = createLane('list', 1, clock);
    const at: number[] = [];
    await turn(lane, clock, at);
    const second = turn(lane, clock, at);
    await clock.advance(300);
    lane.left();
    await clock.advance(2_000);
    await second;
    expect(at).toEqual([0, 1330]);
  });

  it('lets a call through at once that comes after the pause', async () => {
    const clock = fakeClock();
    const lane = createLane('destroy', 1, clock);
    const at: number[] = [];
    await turn(lane, clock, at);
    await clock.advance(60_000);
    await turn(lane, clock, at);
    expect(at).toEqual([0, 60_000]);
  });

  it('scales every pause with the pace', () => {
    expect(createLane('create', 0.1, fakeClock()).gapMs()).toBeCloseTo(469);
    expect(createLane('search', 2, fakeClock()).gapMs()).toBeCloseTo(12_250);
  });

  it('leaves no gap for a call that was aborted while it waited', async () => {
    const clock = fakeClock();
    const lane = createLane('destroy', 1, clock);
    const at: number[] = [];
    const stop = new AbortController();
    const first = turn(lane, clock, at);
    const second = turn(lane, clock, at, stop.signal);
    const third = turn(lane, clock, at);
    await clock.advance(1_000);
    stop.abort();
    await expect(second).rejects.toThrow();
    await clock.advance(10_000);
    await Promise.all([first, third]);
    expect(at).toEqual([0, 3070]);
    expect(clock.sleepers()).toBe(0);
  });

  it('keeps the order when one in the middle is aborted before its turn to wait', async () => {
    const clock = fakeClock();
    const lane = createLane('list', 1, clock);
    const at: number[] = [];
    const stop = new AbortController();
    const all = [
      turn(lane, clock, at),
      turn(lane, clock, at),
      turn(lane, clock, at, stop.signal),
      turn(lane, clock, at),
    ];
    stop.abort();
    await expect(all[2]).rejects.toThrow();
    await clock.advance(10_000);
    await Promise.all([all[0], all[1], all[3]]);
    expect(at).toEqual([0, 1030, 2060]);
  });

  it('does nothing for a signal that is aborted already', async () => {
    const clock = fakeClock();
    const lane = createLane('list', 1, clock);
    await expect(lane.turn(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    const at: number[] = [];
    await turn(lane, clock, at);
    expect(at).toEqual([0]);
  });

  it('refuses calls at once for as long as a 429 says', async () => {
    const clock = fakeClock();
    const lane = createLane('list', 1, clock);
    expect(lane.limited({ ...LIMITED, retryAfterMs: 9_000 })).toBe(9_000);
    await clock.advance(4_000);
    await expect(lane.turn(never)).rejects.toMatchObject({ problem: { kind: 'limited', retryAfterMs: 5_000 } });
    await clock.advance(5_000);
    await lane.turn(never);
  });

  it('refuses also those who were waiting when the 429 came', async () => {
    const clock = fakeClock();
    const lane = createLane('create', 1, clock);
    await lane.turn(never);
    const waiting = expect(lane.turn(never)).rejects.toMatchObject({ problem: { kind: 'limited' } });
    lane.limited(LIMITED);
    await clock.advance(5_000);
    await waiting;
  });

  it('waits longer after each 429 that says nothing, up to 120 s, and begins anew once a call came through', () => {
    const lane = createLane('create', 1, fakeClock());
    const pauses = [1, 2, 3, 4, 5, 6].map(() => lane.limited(LIMITED) / 1000);
    expect(pauses).toEqual([12, 24, 48, 96, 120, 120]);
    lane.passed();
    expect(lane.limited(LIMITED)).toBe(12_000);
  });

  it('leaves more between calls after each 429, and less again once many came through', () => {
    const lane = createLane('list', 1, fakeClock());
    const least = lane.gapMs();
    lane.limited(LIMITED);
    lane.limited(LIMITED);
    expect(lane.gapMs()).toBeCloseTo(least * 1.21);
    for (let n = 0; n < 50; n++) lane.passed();
    expect(lane.gapMs()).toBeCloseTo(least * 1.1);
    for (let n = 0; n < 500; n++) lane.passed();
    expect(lane.gapMs()).toBe(least);
    for (let n = 0; n < 50; n++) lane.limited(LIMITED);
    expect(lane.gapMs()).toBe(least * 4);
  });

  it('does not believe that destroying must wait for a day', () => {
    const lane = createLane('destroy', 1, fakeClock());
    expect(lane.limited({ ...LIMITED, retryAfterMs: 86_400_000 })).toBe(600_000);
  });
});
