import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { createHistoryKeeper } from '../../src/engine/reconcile/history.ts';
import type { Follower } from '../../src/engine/records/follow.ts';
import { createMirror } from '../../src/engine/records/mirror.ts';
import { changeableClasses } from '../support/engine-bed.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aClass, anInstance, instanceId } from '../support/fixtures.ts';

async function keeper() {
  const store = await openSqliteStore(':memory:');
  onTestFinished(() => store.close());
  const clock = fakeClock();
  const mirror = createMirror();
  const follower = { refresh: async () => undefined } as unknown as Follower;
  return {
    clock,
    mirror,
    history: createHistoryKeeper({ store, clock, mirror, follower, classes: changeableClasses([aClass()]) }),
  };
}

/** Starts on so many machines that fail. */
function failOn(machines: number, { history, clock }: Awaited<ReturnType<typeof keeper>>): void {
  for (let n = 1; n <= machines; n++) {
    const id = instanceId(n);
    history.started('echo', { machine: `m${n}`, slow: true, at: clock.now() });
    const before = anInstance('booting', { id, createdAt: clock.now() - 1 });
    history.learn({ kind: 'instance', before, after: anInstance('destroying', { id, why: 'boot-timeout' }) });
  }
}

describe('the starts of a class', () => {
  it('are let through as many as are asked for, until it is suspected', async () => {
    const k = await keeper();
    failOn(4, k);
    expect([k.history.enter('echo'), k.history.enter('echo')]).toEqual([expect.any(Function), expect.any(Function)]);
    failOn(5, k);
    expect(k.history.enter('echo')).toMatch(
      /^the class backs off, the next trial start is at .*5 of the last 5 machines/,
    );
  });

  it('are trials of which the second waits until the first is over, also while that is only being intended', async () => {
    const k = await keeper();
    failOn(5, k);
    await k.clock.advance(aClass().reserve.retryMs);
    const first = k.history.enter('echo');
    expect(first).toEqual(expect.any(Function));
    expect(k.history.enter('echo')).toMatch(/until its trial start has come up/);
    // Intended: from now on its record tells.
    const trial = anInstance('intended', { id: instanceId(9), createdAt: k.clock.now() });
    k.mirror.apply('instance', trial.id, 1, trial);
    if (typeof first === 'function') first();
    expect(k.history.enter('echo')).toMatch(/until its trial start has come up/);
    k.mirror.apply('instance', trial.id, 2, undefined);
    expect(k.history.enter('echo')).toEqual(expect.any(Function));
  });
});
