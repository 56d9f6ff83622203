import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/cause.ts';
import { BrokerError } from '../../src/domain/errors.ts';
import type { InstanceId } from '../../src/domain/ids.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { ADMIN, ALICE, type EngineBed, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { aClass, PLACEMENT } from '../support/fixtures.ts';
import { lasting, lastingBed, onLoss } from '../support/lasting-bed.ts';

/** Lists, boots and prices as on a market, in the costless world. */
const onMarket = { placement: { ...PLACEMENT, verified: false } };
const machines = Array.from({ length: 12 }, (_, n) => ({ machine: `m${n}`, host: `h${n}` }));
const BOOTING = { status: 'starting', detail: 'pulling layer 3 of 9' } as const;
const gone = () => new BrokerError('no-capacity', 'no_such_ask', { reason: 'OFFER_GONE' });

async function marketBed(over: Parameters<typeof aClass>[0] = {}): Promise<EngineBed> {
  const bed = await engineBed({ classes: [aClass({ ...onMarket, ...over })] });
  bed.world.knobs.machines = machines;
  return bed;
}

const acquire = (bed: EngineBed, over = {}) => bed.engine.sessions.acquire(ALICE, input(over), NEVER);
const booting = (bed: EngineBed) =>
  bed.until('it boots', () => [...bed.engine.mirror.all('instance')].find((i) => i.phase === 'booting')?.id ?? null);
const instanceOf = (bed: EngineBed, tag: InstanceId) => bed.engine.mirror.instance(tag);
const endOf = (bed: EngineBed, id: string) =>
  bed.until(
    'it has ended',
    async () => {
      const s = await bed.peek(id);
      return s?.phase === 'released' ? s : null;
    },
    2 * MINUTE,
  );

/** Every cause that an instance of the bed has been given up for, as it came. */
function causesOf(bed: EngineBed): Cause[] {
  const causes: Cause[] = [];
  bed.engine.mirror.listen((c) => {
    if (c.kind === 'instance' && c.after?.phase === 'destroying' && c.before?.phase !== 'destroying' && c.after.cause)
      causes.push(c.after.cause);
  });
  return causes;
}

describe('an offer that is gone', () => {
  it('is followed by the next one, and no attempt is used up', async () => {
    const bed = await marketBed({ startAttempts: 1 });
    bed.world.knobs.failCreates = Array.from({ length: 4 }, gone);
    const { session } = await bed.acquire();
    expect(session).toMatchObject({ phase: 'active', attempts: 1 });
    expect(session).not.toHaveProperty('offersGone');
    expect(bed.world.calls.create).toBe(5);
  });

  it('counts as a failed start when so many were gone one after another', async () => {
    const bed = await marketBed({ startAttempts: 1 });
    bed.world.knobs.failCreates = Array.from({ length: 5 }, gone);
    await expect(bed.acquire()).rejects.toMatchObject({ message: expect.stringContaining('no_such_ask') });
    expect(bed.world.calls.create).toBe(PLACEMENT.offerAttempts);
  });

  it('gives the session its place back, and the time that it still had to wait', async () => {
    const bed = await marketBed();
    bed.world.knobs.failCreates = [gone()];
    bed.world.knobs.bootSlowly = true;
    const { session } = await bed.acquire({ waitMs: 0, queueTimeoutMs: 5 * MINUTE });
    const before = bed.engine.mirror.session(session.id);
    await booting(bed);
    const after = bed.engine.mirror.session(session.id);
    expect(after).toMatchObject({ phase: 'starting', attempts: 1, offersGone: 1 });
    expect(after?.phase === 'starting' && after.queueBy).toBe(before && 'queueBy' in before && before.queueBy);
  });

  it('costs a session in use none of its replacements', async () => {
    const bed = await lastingBed({ classes: [lasting({ ...onMarket })] });
    bed.world.knobs.machines = machines;
    const { session } = await bed.acquire();
    bed.world.knobs.failCreates = [gone(), gone(), gone()];
    for (const tag of bed.world.tags()) bed.world.exit(tag, 'exit code 1');
    expect(onLoss.attempts).toBeLessThan(3);
    const after = await bed.until('another serves', () => {
      const s = bed.engine.mirror.session(session.id);
      return s?.phase === 'active' && s.replacements === 1 ? s : null;
    });
    expect(after).toMatchObject({ attempts: 2 });
    expect(after).not.toHaveProperty('offersGone');
  });
});

describe('a failing of our own', () => {
  const ours = () => new BrokerError('refused-by-provider', 'the image cannot be pulled: login refused');

  it('ends a replacement at once with its reason', async () => {
    const bed = await lastingBed({ classes: [lasting()] });
    const { session } = await bed.acquire();
    bed.world.knobs.failCreates = [ours()];
    for (const tag of bed.world.tags()) bed.world.exit(tag, 'exit code 1');
    expect(await endOf(bed, session.id)).toMatchObject({
      why: 'instance-lost',
      detail: 'the image cannot be pulled: login refused',
    });
    expect(bed.world.calls.create).toBe(2);
  });

  it('that shows only while the instance starts ends the session as well', async () => {
    const bed = await marketBed();
    bed.world.knobs.bootSlowly = true;
    const starting = acquire(bed);
    starting.catch(() => undefined);
    bed.world.exit(await booting(bed), 'manifest unknown', 'ours');
    await expect(bed.finish(starting)).rejects.toMatchObject({
      message: expect.stringMatching(/start-failed\): it ended while starting: manifest unknown$/),
    });
    expect(bed.world.calls.create).toBe(1);
  });
});

describe('why an instance was given up', () => {
  it.each<[Cause, string, (bed: EngineBed, tag: InstanceId) => void]>([
    ['exited', 'its program ends', (bed, tag) => bed.world.exit(tag, 'exit code 1')],
    ['pull', 'its provider says why', (bed, tag) => bed.world.exit(tag, 'pull failed', 'pull')],
    ['vanished', 'it is not there any more', (bed, tag) => bed.world.vanish(tag)],
    ['slow', 'it does not come up', () => undefined],
  ])('is written down as %s when %s', async (cause, _, happen) => {
    const bed = await marketBed({ startAttempts: 1, bootTimeoutMs: 30 * SECOND });
    const causes = causesOf(bed);
    bed.world.knobs.bootSlowly = true;
    const starting = acquire(bed);
    starting.catch(() => undefined);
    happen(bed, await booting(bed));
    await expect(bed.finish(starting)).rejects.toBeInstanceOf(BrokerError);
    expect(causes).toEqual([cause]);
  });

  it('is written down as unanswering for one that is silent', async () => {
    const bed = await marketBed({ reserve: { ...aClass().reserve, target: 1 } });
    const causes = causesOf(bed);
    await bed.until('one is ready', () => bed.ready() === 1);
    bed.prober.silent.add('127.0.0.1:9');
    await bed.until('it is given up', () => causes.length > 0, MINUTE);
    expect(causes).toEqual(['unanswering']);
  });
});

describe('an instance that its provider starts again', () => {
  const RUNNING = (bed: EngineBed, host = '127.0.0.1') => ({
    status: 'running' as const,
    addresses: bed.world.addressesFor(aClass().ports).map((a) => ({ ...a, host })),
  });

  it('is waited for, and nobody is given it meanwhile', async () => {
    const bed = await marketBed({ reserve: { ...aClass().reserve, target: 1 } });
    const tag = await bed.until('one is ready', () => bed.ready() === 1 && bed.world.tags()[0]);
    bed.world.show(tag, BOOTING);
    await bed.until('it is noticed', () => bed.ready() === 0);
    expect(instanceOf(bed, tag)).toMatchObject({ phase: 'ready', interruptedAt: expect.any(Number) });
    await bed.clock.advance(MINUTE);
    bed.world.show(tag, RUNNING(bed));
    await bed.until('it is to be had again', () => bed.ready() === 1);
    expect(instanceOf(bed, tag)).not.toHaveProperty('interruptedAt');
    expect(bed.world.tags()).toEqual([tag]);
  });

  it('has the time of a start, and is lost as restarted then', async () => {
    const bed = await marketBed({ bootTimeoutMs: MINUTE });
    const causes = causesOf(bed);
    const { session } = await bed.acquire();
    for (const tag of bed.world.tags()) bed.world.show(tag, BOOTING);
    const begun = bed.clock.now();
    const end = await endOf(bed, session.id);
    expect(end).toMatchObject({ why: 'instance-lost', detail: expect.stringContaining('not back within 60 s') });
    expect(bed.clock.now() - begun).toBeGreaterThanOrEqual(MINUTE);
    expect(causes).toEqual(['restarted']);
  });

  it('is not given up for its first unanswered probes when it runs again', async () => {
    const bed = await marketBed({ bootTimeoutMs: 2 * MINUTE, reserve: { ...aClass().reserve, target: 1 } });
    const tag = await bed.until('one is ready', () => bed.ready() === 1 && bed.world.tags()[0]);
    bed.world.show(tag, BOOTING);
    await bed.until('it is noticed', () => bed.ready() === 0);
    bed.prober.silent.add('127.0.0.1:9');
    bed.world.show(tag, RUNNING(bed));
    await bed.clock.advance(MINUTE);
    expect(instanceOf(bed, tag)?.phase).toBe('ready');
    bed.prober.silent.clear();
    await bed.until('it is to be had again', () => bed.ready() === 1);
  });

  it('may come back elsewhere: its proxy leads there and the session goes on', async () => {
    const bed = await lastingBed({ classes: [lasting()] });
    const { session } = await bed.acquire();
    if (session.phase !== 'active') throw new Error('not active');
    const { id, proxy } = session.instance;
    bed.world.show(id, RUNNING(bed, '127.0.0.7'));
    await bed.until('its proxy leads there', () => bed.stable.upstreams.get(proxy)?.[0]?.host === '127.0.0.7');
    expect((await bed.get(session.id)).session).toMatchObject({ phase: 'active', endpoint: session.endpoint });
    expect(bed.engine.mirror.session(session.id)).not.toHaveProperty('replacing');
  });

  it('elsewhere is lost to a session that was given its own address', async () => {
    const bed = await marketBed();
    const { session } = await bed.acquire();
    for (const tag of bed.world.tags()) bed.world.show(tag, RUNNING(bed, '127.0.0.7'));
    expect(await endOf(bed, session.id)).toMatchObject({ why: 'instance-lost', detail: 'its address has changed' });
  });

  it('elsewhere is told to whoever claims it then', async () => {
    const bed = await marketBed({ reserve: { ...aClass().reserve, target: 1 } });
    const tag = await bed.until('one is ready', () => bed.ready() === 1 && bed.world.tags()[0]);
    bed.world.show(tag, RUNNING(bed, '127.0.0.7'));
    await bed.until('its proxy has followed', () => {
      const i = instanceOf(bed, tag);
      return i?.phase === 'ready' && i.addresses[0]?.host === '127.0.0.7' && bed.ready() === 1;
    });
    const { session } = await bed.acquire();
    expect(session).toMatchObject({ endpoint: { ports: [{ host: '127.0.0.7' }] }, instance: { id: tag } });
  });
});

describe('a start', () => {
  it('tells who watches how far it is, each step once', async () => {
    const bed = await marketBed();
    bed.world.knobs.bootSlowly = true;
    bed.prober.silent.add('127.0.0.1:9');
    const { session } = await bed.acquire({ waitMs: 0 });
    const told: string[] = [];
    const watching = (async () => {
      for await (const view of bed.engine.sessions.watch(ALICE, { by: 'id', id: session.id }, 0, NEVER)) {
        told.push(view.progress);
        if (view.session.phase === 'active') return;
      }
    })();
    const tag = await booting(bed);
    const saw = (text: string) => bed.until(`it is told: ${text}`, () => told.at(-1) === text);
    await saw('booting: boots slowly');
    for (const detail of ['pulling layer 3 of 9', 'pulling layer 8 of 9']) {
      bed.world.show(tag, { status: 'starting', detail });
      await saw(`booting: ${detail}`);
    }
    bed.world.show(tag, { status: 'running', addresses: [] });
    await saw('waits for its ports');
    bed.world.boot(tag);
    await saw('probing: connection refused');
    bed.prober.silent.clear();
    await bed.finish(watching);
    const steps = told.filter((text, n) => text !== told[n - 1]);
    expect(new Set(steps).size).toBe(steps.length);
    expect(told.length).toBeLessThanOrEqual(steps.length + 3);
  });

  it('tells a watcher of a text that changes all the time once a second', async () => {
    const bed = await marketBed();
    bed.world.knobs.bootSlowly = true;
    const { session } = await bed.acquire({ waitMs: 0 });
    const tag = await booting(bed);
    let told = 0;
    const stop = new AbortController();
    const watching = (async () => {
      for await (const _ of bed.engine.sessions.watch(ALICE, { by: 'id', id: session.id }, 0, stop.signal)) told += 1;
    })();
    for (let n = 0; n < 100; n++) {
      bed.world.show(tag, { status: 'starting', detail: `${n} %` });
      await bed.clock.advance(100);
    }
    stop.abort();
    await expect(bed.finish(watching)).rejects.toMatchObject({ name: 'AbortError' });
    expect(told).toBeGreaterThan(8);
    expect(told).toBeLessThan(13);
  });

  it('that replaces a lost instance is told, too', async () => {
    const bed = await lastingBed({ classes: [lasting()] });
    const { session } = await bed.acquire();
    bed.world.knobs.bootSlowly = true;
    for (const tag of bed.world.tags()) bed.world.exit(tag, 'exit code 1');
    await bed.until('it is told', async () => (await bed.get(session.id)).progress === 'booting: boots slowly');
  });
});

describe('what a session costs on a market', () => {
  const PRICE = 3_600_000;
  const STORAGE = 360_000;
  const costOf = async (bed: EngineBed, id: string): Promise<number> => (await bed.get(id)).costMicros;

  it('is storage from when it is rented, and all of it from when it runs', async () => {
    const bed = await marketBed({ bootTimeoutMs: HOUR });
    Object.assign(bed.world.knobs, { microsPerHour: PRICE, storageMicrosPerHour: STORAGE, bootSlowly: true });
    const { session } = await bed.acquire({ waitMs: 0 });
    const tag = await booting(bed);
    const rentedAt = bed.clock.now();
    await bed.clock.advance(10 * MINUTE);
    const booted = STORAGE / 6;
    expect(Math.abs((await costOf(bed, session.id)) - booted)).toBeLessThan(1_000);
    bed.world.boot(tag);
    await bed.until('it is active', async () => (await bed.get(session.id)).session.phase === 'active');
    await bed.clock.advance(10 * MINUTE);
    const running = booted + PRICE / 6;
    const cost = await costOf(bed, session.id);
    expect(Math.abs(cost - running)).toBeLessThan(2_000);
    const { instances } = await bed.engine.admin.instances(ADMIN, { pageSize: 10, pageToken: '', class: null });
    expect(instances.map((i) => i.costMicros)).toEqual([cost]);
    expect(cost).toBeLessThan(((bed.clock.now() - rentedAt) * PRICE) / HOUR);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    expect((await endOf(bed, session.id)).costMicros).toBeGreaterThanOrEqual(cost);
  });

  it('is all of it from the claim on for one from the reserve', async () => {
    const bed = await marketBed();
    Object.assign(bed.world.knobs, { microsPerHour: PRICE, storageMicrosPerHour: STORAGE });
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 1));
    await bed.until('one is ready', () => bed.ready() === 1);
    await bed.clock.advance(30 * MINUTE);
    const { session } = await bed.acquire();
    await bed.clock.advance(10 * SECOND);
    expect(Math.abs((await costOf(bed, session.id)) - PRICE / 360)).toBeLessThan(100);
  });
});
