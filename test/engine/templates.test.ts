import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import type { InstanceId } from '../../src/domain/ids.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Marketplace } from '../../src/ports/marketplace.ts';
import { ADMIN, ALICE, type BedOptions, engineBed, input, NEVER } from '../support/engine-bed.ts';
import { list } from '../support/event-log.ts';
import { aClass } from '../support/fixtures.ts';
import { lasting } from '../support/lasting-bed.ts';

/** Templates as a test sets them, and how often they were read. */
function createFakeMarketplace() {
  const templates = new Map<string, string>();
  const fake = {
    templates,
    /** While set, every read fails with it. */
    fails: null as BrokerError | null,
    reads: 0,
    marketplace: {
      name: 'costless',
      async template(named, signal) {
        signal.throwIfAborted();
        fake.reads += 1;
        if (fake.fails !== null) throw fake.fails;
        const hash = templates.get(named);
        if (hash === undefined) throw new BrokerError('not-found', `there is no template ${named}`);
        return { hash, image: 'jupyter' };
      },
      async account(signal) {
        signal.throwIfAborted();
        return { creditMicros: 1_000_000 };
      },
    } satisfies Marketplace,
  };
  return fake;
}

const image = { image: '', template: 'lab', login: null };
const reserve = { ...aClass().reserve, target: 2 };

async function templateBed(over: Parameters<typeof aClass>[0] = {}, o: BedOptions = {}) {
  const fake = createFakeMarketplace();
  fake.templates.set('lab', '0123456789abcdef');
  const bed = await engineBed({ classes: [aClass({ image, ...over })], marketplaces: [fake.marketplace], ...o });
  bed.world.knobs.ownPorts = true;
  return { ...bed, fake };
}
type Bed = Awaited<ReturnType<typeof templateBed>>;

const recipes = (bed: Bed): readonly string[] => [...bed.engine.mirror.all('instance')].map((i) => i.recipe);
const instanceIds = (bed: Bed): readonly InstanceId[] => [...bed.engine.mirror.all('instance')].map((i) => i.id);
/** How many instances were given up as outdated, by the event log. */
async function outdated(bed: Bed): Promise<number> {
  const { events } = await list(bed, {}, { kinds: ['instance'] });
  return events.filter((e) => e.after === 'destroying' && e.reason === 'outdated').length;
}

describe('a class with a template', () => {
  it('makes its instances from the template as it is now', async () => {
    const bed = await templateBed();
    const { session } = await bed.acquire();
    expect(session.phase).toBe('active');
    expect(recipes(bed)).toEqual(['recipe-1-01234567']);
    expect([...bed.world.held.values()].map((h) => h.order.mark.recipe)).toEqual(['recipe-1-01234567']);
  });

  it('keeps who waits until the template can be read, and says why', async () => {
    const bed = await templateBed({}, { mayLead: false });
    bed.fake.fails = new BrokerError('unavailable', 'HTTP 503');
    await bed.replica({ mayLead: true });
    const waiting = bed.engine.sessions.acquire(ALICE, input(), NEVER);
    const why = 'template lab cannot be read: HTTP 503';
    await bed.until('it is told', async () => (await bed.engine.admin.status(ADMIN)).queues[0]?.waitingFor === why);
    expect(bed.world.calls.create).toBe(0);
    bed.fake.fails = null;
    expect((await bed.finish(waiting)).session.phase).toBe('active');
  });

  it('is read once a minute, however many sessions and instances there are', async () => {
    const bed = await templateBed({ reserve });
    await bed.until('the reserve is full', () => bed.ready() === 2);
    for (let n = 0; n < 10; n++) await bed.acquire();
    const before = bed.fake.reads;
    await bed.clock.advance(10 * MINUTE);
    expect(bed.fake.reads - before).toBeGreaterThanOrEqual(9);
    expect(bed.fake.reads - before).toBeLessThanOrEqual(11);
  });

  it('without a marketplace, or without a template, is made from what it says itself', async () => {
    const bed = await engineBed({ classes: [aClass({ image })] });
    await bed.acquire();
    const plain = await templateBed({ image: { ...image, image: 'jupyter', template: null } });
    await plain.acquire();
    expect(recipes(plain)).toEqual(['recipe-1']);
    expect([...bed.engine.mirror.all('instance')].map((i) => i.recipe)).toEqual(['recipe-1']);
    expect(plain.fake.reads).toBe(0);
  });
});

describe('a template that changes', () => {
  it('replaces the reserve, and leaves alone what is in use', async () => {
    const bed = await templateBed({ reserve });
    await bed.until('the reserve is full', () => bed.ready() === 2);
    const { session } = await bed.acquire();
    await bed.until('the reserve is full again', () => bed.ready() === 2);
    bed.fake.templates.set('lab', 'fedcba9876543210');
    const isNew = () => recipes(bed).filter((r) => r === 'recipe-1-fedcba98').length === 2 && bed.ready() === 2;
    await bed.until('the reserve is new', isNew, 2 * MINUTE);
    expect((await bed.get(session.id)).session).toMatchObject({
      phase: 'active',
      instance: { id: session.phase === 'active' && session.instance.id },
    });
    const old = () => recipes(bed).filter((r) => r === 'recipe-1-01234567').length;
    await bed.until('the others are gone', () => old() === 1);
  });

  it('calls nothing outdated while it cannot be read, or is gone', async () => {
    const bed = await templateBed({ reserve });
    await bed.until('the reserve is full', () => bed.ready() === 2);
    const before = instanceIds(bed);
    bed.fake.fails = new BrokerError('unavailable', 'HTTP 503');
    await bed.clock.advance(5 * MINUTE);
    bed.fake.fails = null;
    bed.fake.templates.delete('lab');
    await bed.clock.advance(5 * MINUTE);
    expect(instanceIds(bed)).toEqual(before);
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 3));
    await bed.until('it is told', async () => {
      const [view] = await bed.engine.admin.reserves(ADMIN, 'echo');
      return view?.lastFailure === 'template lab cannot be read: there is no template lab';
    });
    expect(instanceIds(bed)).toEqual(before);
  });

  it('goes on with what was read when it cannot be reached for a while', async () => {
    const bed = await templateBed();
    await bed.acquire();
    bed.fake.fails = new BrokerError('unavailable', 'HTTP 503');
    await bed.clock.advance(3 * MINUTE);
    await bed.acquire();
    expect(recipes(bed)).toEqual(['recipe-1-01234567', 'recipe-1-01234567']);
  });

  it('replaces what is in use, one at a time, where the class says so', async () => {
    const bed = await templateBed({}, { classes: [lasting({ image, replaceOutdated: true })] });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await bed.acquire()).session.id);
    for (const id of ids) await bed.get(id);
    const endpoints = ids.map((id) => bed.engine.mirror.session(id)).map((s) => s?.phase === 'active' && s.endpoint);
    bed.fake.templates.set('lab', 'fedcba9876543210');
    let most = 0;
    bed.engine.mirror.listen(() => {
      most = Math.max(most, bed.engine.mirror.replacing('echo').length);
    });
    await bed.until(
      'all are new',
      () =>
        ids.every((id) => {
          const s = bed.engine.mirror.session(id);
          return s?.phase === 'active' && s.replacements === 1 && s.replacing === undefined;
        }),
      3 * MINUTE,
    );
    expect(most).toBe(1);
    expect(recipes(bed).filter((r) => r === 'recipe-1-fedcba98')).toHaveLength(3);
    expect(ids.map((id) => bed.engine.mirror.session(id)).map((s) => s?.phase === 'active' && s.endpoint)).toEqual(
      endpoints,
    );
    expect(await outdated(bed)).toBe(3);
    await bed.clock.advance(5 * SECOND);
    expect(await outdated(bed)).toBe(3);
  });

  it('replaces nothing in use while nothing may be rented', async () => {
    const bed = await templateBed({}, { classes: [lasting({ image, replaceOutdated: true })] });
    const { session } = await bed.acquire();
    await bed.get(session.id);
    await bed.finish(bed.engine.admin.setRenting(ADMIN, false, 'too dear'));
    bed.fake.templates.set('lab', 'fedcba9876543210');
    await bed.clock.advance(3 * MINUTE);
    expect(await outdated(bed)).toBe(0);
    await bed.finish(bed.engine.admin.setRenting(ADMIN, true, ''));
    await bed.until('it is replaced', async () => (await outdated(bed)) === 1);
  });
});
