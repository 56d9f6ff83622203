import { describe, expect, it } from 'vitest';
import type { ActivityPolicy } from '../../src/domain/session-class.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { SessionView } from '../../src/engine/use-cases.ts';
import { type EngineBed, engineBed, NEVER } from '../support/engine-bed.ts';
import { aClass } from '../support/fixtures.ts';

const askedAt = (path: string, timeoutMs = SECOND): ActivityPolicy => ({
  connections: 'ignore',
  http: { port: 'http', path, json: 'n', timeoutMs },
});
const idling = (over: Parameters<typeof aClass>[0] = {}) =>
  aClass({ proxy: 'stable', idleTimeoutMs: 2 * MINUTE, ...over });
const isActive = async (bed: EngineBed, view: SessionView): Promise<boolean> =>
  (await bed.peek(view.session.id))?.phase === 'active';
const proxyOf = ({ session }: SessionView) => {
  if (session.phase !== 'active') throw new Error(`session ${session.id} is ${session.phase}`);
  return session.instance.proxy;
};
const silent = { answered: false, detail: 'no answer' } as const;

describe('looking for use', () => {
  it('goes on for the other proxies while one kind cannot be looked at', async () => {
    const bed = await engineBed({
      classes: [idling({ name: 'seen', proxy: 'direct', activity: askedAt('/n') }), idling({ name: 'unseen' })],
    });
    const seen = await bed.acquire({ class: 'seen' });
    const unseen = await bed.acquire({ class: 'unseen' });
    bed.stable.activity = async () => {
      throw new Error('nothing can be seen');
    };
    await bed.until('it has ended', async () => !(await isActive(bed, seen)), 3 * MINUTE);
    expect(await isActive(bed, unseen)).toBe(true);
    expect(bed.first.errors.some((e) => e.loop === 'activity')).toBe(true);
  });

  it('ends the sessions of other classes on time while the instances of one hang', async () => {
    const bed = await engineBed({
      maxInstances: 300,
      classes: [
        idling({ name: 'slow', activity: askedAt('/slow', MINUTE) }),
        idling({ name: 'quick', activity: askedAt('/quick') }),
        idling({ name: 'plain' }),
      ],
    });
    bed.instanceHttp.answer = async ({ path, timeoutMs }) => {
      if (path === '/slow') await bed.clock.sleep(timeoutMs, NEVER);
      return silent;
    };
    for (let n = 0; n < 200; n++) await bed.acquire({ class: 'slow' });
    const others = [await bed.acquire({ class: 'quick' }), await bed.acquire({ class: 'plain' })];
    await bed.clock.advance(2 * MINUTE + 20 * SECOND);
    for (const view of others) expect(await bed.peek(view.session.id)).toMatchObject({ why: 'idle' });
  });

  it('takes what came while an instance was asked for not yet seen', async () => {
    const bed = await engineBed({ maxInstances: 200, classes: [idling({ activity: askedAt('/slow', MINUTE) })] });
    for (let n = 0; n < 150; n++) await bed.acquire();
    const view = await bed.acquire();
    bed.instanceHttp.answer = async ({ timeoutMs }) => {
      await bed.clock.sleep(timeoutMs, NEVER);
      return silent;
    };
    // A look began long before this request, and comes to the session's instance after its deadline.
    await bed.clock.advance(2 * MINUTE - 10 * SECOND);
    bed.stable.uses.set(proxyOf(view), { lastEndedAt: bed.clock.now(), connections: 0, lastDataAt: null });
    await bed.clock.advance(115 * SECOND);
    expect(await isActive(bed, view)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view)), 10 * MINUTE);
  });

  it('sees in a counter what was done while nobody led', async () => {
    const bed = await engineBed({ classes: [idling({ activity: askedAt('/n') })] });
    let n = 1;
    bed.instanceHttp.answer = () => ({ answered: true, status: 200, body: JSON.stringify({ n }) });
    const view = await bed.acquire();
    await bed.clock.advance(100 * SECOND);
    await bed.first.stop();
    n = 2;
    const second = await bed.replica();
    await bed.until('the second leads', () => second.engine.isLeading());
    await bed.clock.advance(MINUTE);
    expect(await isActive(bed, view)).toBe(true);
    await bed.until('it has ended', async () => !(await isActive(bed, view)), 5 * MINUTE);
  });

  it('loses no change of a counter that was not worth a write', async () => {
    const bed = await engineBed({ classes: [idling({ activity: askedAt('/n'), idleTimeoutMs: 10 * MINUTE })] });
    let n = 1;
    bed.instanceHttp.answer = () => ({ answered: true, status: 200, body: JSON.stringify({ n }) });
    const view = await bed.acquire();
    await bed.clock.advance(40 * SECOND);
    n = 2;
    const usedAt = bed.clock.now();
    await bed.until('it has ended', async () => !(await isActive(bed, view)), 12 * MINUTE);
    expect(bed.clock.now() - usedAt).toBeGreaterThanOrEqual(10 * MINUTE);
  });
});
