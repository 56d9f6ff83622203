import { describe, expect, it, onTestFinished } from 'vitest';
import { runLoop } from '../../src/engine/lead/loop.ts';
import { createWakeable } from '../../src/engine/lead/wakeable.ts';
import { createWorkqueue } from '../../src/engine/lead/workqueue.ts';
import { fakeClock } from '../support/fake-clock.ts';

type Look = (key: string, signal: AbortSignal) => Promise<number | null>;

function bed(look: Look, concurrency = 2) {
  const clock = fakeClock();
  const errors: string[] = [];
  const looks: [string, number][] = [];
  const stop = new AbortController();
  const queue = createWorkqueue<string>({
    clock,
    concurrency,
    backoffMs: 100,
    async look(key, signal) {
      looks.push([key, clock.monotonic()]);
      return look(key, signal);
    },
    onError: (_err, key) => errors.push(key),
  });
  const running = queue.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  return { clock, queue, looks, errors, end, stop };
}
const gate = () => Promise.withResolvers<null>();

describe('a workqueue', () => {
  it('looks once however often it was woken before', async () => {
    const { clock, queue, looks } = bed(async () => null);
    for (let n = 0; n < 10; n++) queue.wake('a');
    queue.wake('b');
    await clock.advance(1_000);
    expect(looks).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
  });

  it('looks again after a wake during the look, and never at one key twice at once', async () => {
    const gates = [gate(), gate(), gate()];
    let now = 0;
    let most = 0;
    let n = 0;
    const { clock, queue, looks } = bed(async () => {
      most = Math.max(most, ++now);
      await gates[n++]?.promise;
      now -= 1;
      return null;
    });
    queue.wake('a');
    await clock.settle();
    queue.wake('a');
    queue.wake('a');
    await clock.settle();
    expect(looks).toHaveLength(1);
    for (const g of gates) g.resolve(null);
    await clock.settle();
    expect(looks).toHaveLength(2);
    expect(most).toBe(1);
  });

  it('looks at no more keys at once than it may', async () => {
    const held = gate();
    const { clock, queue, looks } = bed(async () => held.promise, 3);
    for (const key of 'abcdefgh') queue.wake(key);
    await clock.settle();
    expect(looks).toHaveLength(3);
    held.resolve(null);
    await clock.settle();
    expect(looks).toHaveLength(8);
  });

  it('looks again when a look says so, in the order of their times', async () => {
    const first: Record<string, number> = { a: 300, b: 100, c: 200 };
    const { clock, queue, looks } = bed(async (key) => {
      const at = first[key] ?? null;
      delete first[key];
      return at;
    });
    for (const key of 'abc') queue.wake(key);
    await clock.advance(1_000);
    expect(looks.slice(3)).toEqual([
      ['b', 100],
      ['c', 200],
      ['a', 300],
    ]);
  });

  it('holds only the last said time of a key', async () => {
    const times = [500, 200];
    const { clock, queue, looks } = bed(async () => times.shift() ?? null);
    queue.wake('a');
    await clock.advance(100);
    queue.wake('a');
    await clock.advance(1_000);
    expect(looks.map(([, at]) => at)).toEqual([0, 100, 200]);
  });

  it('waits longer than any single sleep for a look that is far away', async () => {
    const times = [3_600_000];
    const { clock, queue, looks } = bed(async () => times.shift() ?? null);
    queue.wake('a');
    await clock.advance(3_599_000);
    expect(looks).toHaveLength(1);
    await clock.advance(1_000);
    expect(looks[1]).toEqual(['a', 3_600_000]);
  });

  it('looks again after a failure, after pauses that double up to a bound, until one works', async () => {
    let failing = 9;
    const { clock, queue, looks, errors } = bed(async () => {
      if (failing-- > 0) throw new Error('no');
      return null;
    });
    queue.wake('a');
    await clock.advance(60_000);
    const pauses = looks.map(([, at], n) => at - (looks[n - 1]?.[1] ?? 0));
    expect(pauses).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 6_400, 6_400]);
    expect(errors).toHaveLength(9);
    failing = 1;
    queue.wake('a');
    await clock.advance(1_000);
    expect((looks.at(-1)?.[1] ?? 0) - (looks.at(-2)?.[1] ?? 0)).toBe(100);
  });

  it('does not let one key that fails keep the others', async () => {
    const { clock, queue, looks } = bed(async (key) => {
      if (key === 'bad') throw new Error('no');
      return null;
    }, 1);
    queue.wake('bad');
    queue.wake('good');
    await clock.settle();
    expect(looks.map(([key]) => key)).toEqual(['bad', 'good']);
  });

  it('forgets a key that is no more', async () => {
    const { clock, queue, looks } = bed(async () => 100);
    queue.wake('a');
    await clock.settle();
    queue.forget('a');
    await clock.advance(10_000);
    expect(looks).toHaveLength(1);
  });

  it('waits for looks under way when it is stopped, and starts no other', async () => {
    const held = gate();
    const { clock, queue, looks, end } = bed(async () => held.promise, 1);
    queue.wake('a');
    queue.wake('b');
    await clock.settle();
    let ended = false;
    const ending = end().then(() => {
      ended = true;
    });
    await clock.settle();
    expect(ended).toBe(false);
    held.resolve(null);
    await ending;
    expect(looks.map(([key]) => key)).toEqual(['a']);
    expect(clock.sleepers()).toBe(0);
  });

  it('does not grow with the looks that were put off', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const queue = createWorkqueue<string>({
      clock,
      concurrency: 1,
      backoffMs: 100,
      look: async () => clock.monotonic() + 86_400_000,
      onError: () => undefined,
    });
    const running = queue.run(stop.signal);
    for (let n = 0; n < 5_000; n++) {
      queue.wake('a');
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(queue.size()).toBeLessThan(200);
    stop.abort();
    await running;
  });
});

describe('a sleep that can be woken', () => {
  it('ends early, and does not lose a wake that came before it', async () => {
    const clock = fakeClock();
    const sleeper = createWakeable(clock);
    const never = new AbortController().signal;
    let woken = 0;
    const sleep = () => sleeper.sleep(1_000, never).then(() => woken++);
    void sleep();
    await clock.settle();
    expect(woken).toBe(0);
    sleeper.wake();
    await clock.settle();
    expect(woken).toBe(1);
    expect(clock.sleepers()).toBe(0);
    sleeper.wake();
    sleeper.wake();
    await sleep();
    const last = sleep();
    await clock.settle();
    expect(woken).toBe(2);
    await clock.advance(1_000);
    await last;
    expect(woken).toBe(3);
  });

  it('ends without an error when its signal aborts, before or during it', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const sleeper = createWakeable(clock);
    const sleep = sleeper.sleep(1_000, stop.signal);
    await clock.settle();
    stop.abort();
    await sleep;
    await sleeper.sleep(1_000, stop.signal);
    expect(clock.sleepers()).toBe(0);
  });
});

describe('a loop', () => {
  it('sleeps as long as its pass says, survives a pass that throws, and ends with its signal', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const passes: number[] = [];
    const errors: unknown[] = [];
    const running = runLoop(
      async () => {
        passes.push(clock.monotonic());
        if (passes.length === 2) throw new Error('no');
        return 1_000;
      },
      { clock, backoffMs: 50, onError: (err) => errors.push(err) },
      stop.signal,
    );
    await clock.advance(3_000);
    expect(passes).toEqual([0, 1_000, 1_050, 2_050]);
    expect(errors).toHaveLength(1);
    stop.abort();
    await running;
    expect(clock.sleepers()).toBe(0);
  });
});
