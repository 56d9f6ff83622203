import { describe, expect, it } from 'vitest';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Seen } from '../../src/ports/compute-provider.ts';
import { ADMIN, ALICE, type BedOptions, type EngineBed, engineBed } from '../support/engine-bed.ts';
import { list } from '../support/event-log.ts';
import { aClass, PLACEMENT } from '../support/fixtures.ts';

const NO_PULL: Seen = { status: 'exited', detail: 'Error pulling image: unexpected EOF', cause: 'pull' };
const ANY_OFFER = { ...PLACEMENT, verified: false };
const SLOW: Seen = { status: 'starting', detail: 'loading' };

/** Machines m1, m2 … with `perHost` on each host; the market offers them at one price. */
async function market(machines: number, o: { perHost?: number; class?: Partial<SessionClass>; bed?: BedOptions } = {}) {
  const c = aClass({ placement: ANY_OFFER, startAttempts: 5, ...o.class });
  const bed = await engineBed({ classes: [c], ...o.bed });
  const perHost = o.perHost ?? 1;
  bed.world.knobs.machines = Array.from({ length: machines }, (_, n) => ({
    machine: `m${n + 1}`,
    host: `h${Math.floor(n / perHost) + 1}`,
  }));
  return bed;
}

const banned = async (bed: EngineBed) =>
  (await bed.finish(bed.engine.admin.hosts(ADMIN, { pageSize: 500, pageToken: '', provider: null, bannedOnly: true })))
    .hosts;
const machine = (bed: EngineBed, id: string) => bed.engine.mirror.machine('costless', id);
/** Where the instances that are there now run. */
const running = (bed: EngineBed) => bed.world.tags().map((tag) => bed.world.orderOf(tag)?.offer.machine);
const allMachines = (bed: EngineBed) => bed.world.knobs.machines.map((m) => m.machine);

describe('the registry of machines', () => {
  it('bans a machine with the failure that it is banned for, and the next start goes elsewhere', async () => {
    const bed = await market(3);
    bed.world.knobs.seenOn.set('m1', NO_PULL).set('m2', NO_PULL);
    const { session } = await bed.acquire();
    expect(session).toMatchObject({ phase: 'active', instance: { machine: 'm3' } });
    const hosts = await banned(bed);
    expect(hosts.map((h) => h.machine)).toEqual(['m1', 'm2']);
    expect(hosts[0]?.ban).toMatchObject({
      reason: 'pull-failed',
      by: 'instances',
      until: (hosts[0]?.ban?.at ?? 0) + 7 * DAY,
    });
    expect(hosts[0]?.ban?.evidence).toMatch(/^i-\w+ of class echo: .*unexpected EOF/);
    const lines = (await list(bed, {}, { kinds: ['host'] })).events;
    expect(lines).toMatchObject([
      { subject: 'costless:m1', after: 'banned', reason: 'pull-failed', actor: 'instances', class: 'echo' },
      { subject: 'costless:m2', after: 'banned' },
    ]);
    expect(lines[0]?.detail).toContain('unexpected EOF');
    // In the commit of the failure itself: the record that led to it changed at the same moment.
    const failures = (await list(bed, {}, { kinds: ['instance'] })).events.filter((e) => e.after === 'destroying');
    expect(failures[0]?.at).toBe(lines[0]?.at);
  });

  it('bans one that is not ready within the boot deadline, and keeps the time that was lost as a sample', async () => {
    const bed = await market(2);
    bed.world.knobs.seenOn.set('m1', SLOW);
    expect((await bed.acquire()).session).toMatchObject({ phase: 'active', instance: { machine: 'm2' } });
    expect(machine(bed, 'm1')).toMatchObject({ ban: { reason: 'slow-start' }, losses: [] });
    const [sample] = machine(bed, 'm1')?.starts ?? [];
    expect(sample?.ms).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(sample?.ms).toBeLessThan(2 * MINUTE + 10 * SECOND);
    expect(machine(bed, 'm2')).toMatchObject({ ban: null, starts: [{ ms: expect.any(Number) }] });
  });

  it('bans the host with its third machine, and rents none of its others', async () => {
    const bed = await market(5, { perHost: 4 });
    for (const id of ['m1', 'm2', 'm3']) bed.world.knobs.seenOn.set(id, NO_PULL);
    expect((await bed.acquire()).session).toMatchObject({ instance: { machine: 'm5', host: 'h2' } });
    const hosts = await banned(bed);
    expect(hosts[0]).toMatchObject({
      machine: '',
      host: 'h1',
      ban: { reason: 'banned-machines', evidence: expect.stringContaining('m1, m2, m3') },
    });
    expect(hosts.slice(1)).toMatchObject(
      ['m1', 'm2', 'm3'].map((id) => ({ machine: id, hostBan: { reason: 'banned-machines' } })),
    );
    expect(bed.engine.banned()).toEqual([{ provider: 'costless', machines: 3, hosts: 1 }]);
  });

  it('bans a machine for the fifth instance that is lost on it within an hour, ready or in use', async () => {
    const bed = await market(1, { class: { reserve: { ...aClass().reserve, maxFailures: 100 } } });
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 1));
    for (let n = 1; n <= 5; n++) {
      await bed.until(`${n} are ready`, () => bed.ready() === 1, HOUR);
      const [tag] = bed.world.tags();
      if (tag !== undefined) bed.world.exit(tag, 'killed by its host');
      await bed.until('it is noticed', () => machine(bed, 'm1')?.losses.length === n, MINUTE);
      expect(machine(bed, 'm1')?.ban?.reason).toBe(n < 5 ? undefined : 'losses');
    }
    await bed.clock.advance(10 * MINUTE);
    expect(bed.ready()).toBe(0);
    expect(bed.world.tags()).toEqual([]);
  });

  it('bans nobody for a failing of our own, for being outbid, or for what its client released', async () => {
    const bed = await market(3, { class: { startAttempts: 1 } });
    for (const cause of ['ours', 'preempted'] as const) {
      for (const id of allMachines(bed))
        bed.world.knobs.seenOn.set(id, { status: 'exited', detail: 'no such image', cause });
      await expect(bed.acquire()).rejects.toThrow('no such image');
    }
    bed.world.knobs.seenOn.clear();
    bed.world.knobs.bootSlowly = true;
    await bed.acquire({ requestId: 'gives-up', waitMs: 0 });
    await bed.until('it starts', () => bed.world.tags().length > 0);
    await bed.finish(bed.engine.sessions.release(ALICE, { by: 'request', requestId: 'gives-up' }));
    await bed.until('it is gone', () => bed.engine.mirror.size('instance') === 0);
    expect([...bed.engine.mirror.all('machine')]).toEqual([]);
    expect([...bed.engine.mirror.all('host')]).toEqual([]);
  });
});

describe('a class whose starts fail on every machine', () => {
  const broken = async (machines: number, over: Partial<SessionClass> = {}) => {
    const bed = await market(machines, { class: { startAttempts: 100, queueTimeoutMs: 4 * HOUR, ...over } });
    for (const id of allMachines(bed)) bed.world.knobs.seenOn.set(id, NO_PULL);
    return bed;
  };

  it('is suspected itself: four machines are banned, then one trial at a time is made, and it says why', async () => {
    const bed = await broken(40);
    const waiting = Array.from({ length: 12 }, (_, n) => `s${n}`);
    for (const requestId of waiting) await bed.acquire({ requestId, waitMs: 0 });
    await bed.until('it is suspected', () => bed.engine.mirror.history('echo')?.suspect !== undefined, MINUTE);
    await bed.clock.advance(10 * SECOND);
    expect((await banned(bed)).filter((h) => h.machine !== '')).toHaveLength(4);
    const told = await bed.finish(bed.engine.sessions.get(ALICE, { by: 'request', requestId: 's0' }));
    expect(told.session).toMatchObject({
      phase: 'queued',
      waitingFor: expect.stringMatching(/^the class backs off, .* machines were slow or failed.*unexpected EOF/),
      refused: { 'backing-off': 1 },
    });
    const made = bed.world.calls.create;
    const trials: number[] = [];
    for (let s = 0; s < 40 * 60; s += 5) {
      const before = bed.world.calls.create;
      await bed.clock.advance(5 * SECOND);
      expect(bed.world.calls.create - before).toBeLessThanOrEqual(1);
      if (bed.world.calls.create > before) trials.push(s);
    }
    const gaps = trials.slice(1).map((at, n) => at - (trials[n] ?? 0));
    expect(bed.world.calls.create - made).toBe(trials.length);
    // 30 s, doubled up to 10 min, and some seconds for each to be noticed.
    expect(trials.length).toBeGreaterThanOrEqual(6);
    expect(trials.length).toBeLessThanOrEqual(9);
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(600);
    expect((await banned(bed)).filter((h) => h.machine !== '')).toHaveLength(4);
    const [reserve] = await bed.finish(bed.engine.admin.reserves(ADMIN, 'echo'));
    expect(reserve).toMatchObject({ backingOff: true, lastFailure: expect.stringContaining('hardly the machines') });
  });

  it('serves everybody again with the first trial that comes up', async () => {
    const bed = await broken(40);
    for (const n of Array(10).keys()) await bed.acquire({ requestId: `w${n}`, waitMs: 0 });
    await bed.until('it is suspected', () => bed.engine.mirror.history('echo')?.suspect !== undefined, MINUTE);
    bed.world.knobs.seenOn.clear();
    await bed.until('all are active', () => bed.phases('session').active === 10, 30 * MINUTE);
    await bed.until('it is written down', () => bed.engine.mirror.history('echo')?.suspect === undefined);
  });

  it('goes on backing off under the next leader', async () => {
    const bed = await broken(40);
    for (const n of Array(8).keys()) await bed.acquire({ requestId: `x${n}`, waitMs: 0 });
    await bed.until('it is written down', async () => (await suspectOf(bed)) !== undefined, MINUTE);
    await bed.clock.advance(5 * SECOND);
    await bed.first.stop();
    const made = bed.world.calls.create;
    const second = await bed.replica();
    await bed.until('it leads', () => second.engine.isLeading());
    await bed.clock.advance(10 * SECOND);
    expect(bed.world.calls.create).toBe(made);
    expect([...second.engine.mirror.all('machine')].filter((m) => m.ban !== null)).toHaveLength(4);
  });

  it('gives its trial to whoever waits, and none to the reserve', async () => {
    const bed = await broken(40);
    for (const n of Array(8).keys()) await bed.acquire({ requestId: `z${n}`, waitMs: 0 });
    await bed.until('it is suspected', () => bed.engine.mirror.history('echo')?.suspect !== undefined, MINUTE);
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 3));
    const made = new Set<string | null>();
    const unlisten = bed.engine.mirror.listen((c) => {
      if (c.kind === 'instance' && c.before === undefined && c.after !== undefined) made.add(c.after.for);
    });
    await bed.clock.advance(10 * MINUTE);
    unlisten();
    expect(made.size).toBeGreaterThan(0);
    expect(made.has(null)).toBe(false);
  });

  it('holds back the next instance of a session whose own was lost, too', async () => {
    const bed = await market(40, {
      class: {
        proxy: 'stable',
        onLoss: { attempts: 50, withinMs: 4 * HOUR },
        startAttempts: 100,
        queueTimeoutMs: 4 * HOUR,
      },
    });
    const { session } = await bed.acquire();
    for (const id of allMachines(bed)) bed.world.knobs.seenOn.set(id, NO_PULL);
    const [tag] = bed.world.tags();
    if (tag !== undefined) bed.world.vanish(tag);
    const replacing = async () => {
      const now = (await bed.get(session.id)).session;
      return now.phase === 'active' ? now.replacing : undefined;
    };
    await bed.until('it is suspected', () => bed.engine.mirror.history('echo')?.suspect !== undefined, 10 * MINUTE);
    const told = async () => (await replacing())?.waitingFor?.startsWith('the class backs off');
    await bed.until('it was told why', told, MINUTE);
    const creates = bed.world.calls.create;
    await bed.clock.advance(25 * SECOND);
    expect(bed.world.calls.create).toBe(creates);
    bed.world.knobs.seenOn.clear();
    await bed.until('it has another', async () => (await replacing()) === undefined, 30 * MINUTE);
  });

  it('does not hold back another class', async () => {
    const bed = await broken(40);
    const other = aClass({ name: 'other', placement: ANY_OFFER });
    bed.classes.set([...bed.classes.current().values(), other]);
    for (const n of Array(8).keys()) await bed.acquire({ requestId: `y${n}`, waitMs: 0 });
    await bed.until('it is suspected', () => bed.engine.mirror.history('echo')?.suspect !== undefined, MINUTE);
    bed.world.knobs.seenOn.clear();
    expect((await bed.acquire({ class: 'other' })).session.phase).toBe('active');
  });
});

const suspectOf = async (bed: EngineBed) =>
  ((await bed.store.read(['history/echo']))[0]?.value as { suspect?: unknown } | undefined)?.suspect;

describe('what is written of machines', () => {
  it('holds an admin who bans at the moment of the failure to no less than both', async () => {
    const bed = await market(2, { class: { startAttempts: 1 } });
    bed.world.knobs.seenOn.set('m1', SLOW).set('m2', SLOW);
    await bed.acquire({ requestId: 'slow', waitMs: 0 });
    await bed.until('it boots', () => running(bed).length === 1);
    const [at] = running(bed);
    const id = at ?? '';
    // Behind the leader's back: its mirror hears of it only after the failure is judged.
    const second = await bed.replica({ mayLead: false });
    const ban = second.engine.admin.banHost(ADMIN, { provider: 'costless', machine: id, host: '' }, HOUR, 'noisy');
    await bed.until('the start has failed', () => machine(bed, id)?.starts.length === 1, 5 * MINUTE);
    await bed.finish(ban);
    expect(machine(bed, id)).toMatchObject({ ban: { reason: 'admin', evidence: 'noisy' }, starts: { length: 1 } });
  });

  it('is dropped when there is nothing left to say, and not before', async () => {
    const bed = await market(1);
    await bed.acquire();
    expect(machine(bed, 'm1')).toBeDefined();
    bed.clock.jump(29 * DAY);
    await bed.clock.advance(2 * MINUTE);
    expect(machine(bed, 'm1')).toBeDefined();
    bed.clock.jump(2 * DAY);
    await bed.until('it is forgotten', () => machine(bed, 'm1') === undefined, 5 * MINUTE);
    expect(await bed.store.range('settings', { by: 'member', prefix: 'machine/', limit: 10 })).toEqual([]);
    expect(await bed.store.read(['machine/costless:m1'])).toEqual([null]);
  });
});
