import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { HostQuery, HostTarget } from '../../src/engine/use-cases.ts';
import type { BanExchange, ForeignBan } from '../../src/ports/ban-exchange.ts';
import { ADMIN, ALICE, type EngineBed, engineBed } from '../support/engine-bed.ts';
import { list, told } from '../support/event-log.ts';
import { aClass, BANS, PLACEMENT } from '../support/fixtures.ts';

const CLASS = aClass({ placement: { ...PLACEMENT, verified: false } });
const at = (machine: string): HostTarget => ({ provider: 'costless', machine, host: '' });
const of = (host: string): HostTarget => ({ provider: 'costless', machine: '', host });
const hosts = (bed: EngineBed, over: Partial<HostQuery> = {}) =>
  bed.finish(
    bed.engine.admin.hosts(ADMIN, { pageSize: 100, pageToken: '', provider: null, bannedOnly: false, ...over }),
  );
const ban = (bed: EngineBed, target: HostTarget, termMs: number | null = null, reason = 'noisy') =>
  bed.finish(bed.engine.admin.banHost(ADMIN, target, termMs, reason));
const unban = (bed: EngineBed, target: HostTarget) => bed.finish(bed.engine.admin.unbanHost(ADMIN, target));
const onMachines = (bed: EngineBed, ...machines: readonly (readonly [string, string])[]): void => {
  bed.world.knobs.machines = machines.map(([machine, host]) => ({ machine, host }));
};
const running = (bed: EngineBed) => bed.world.tags().map((tag) => bed.world.orderOf(tag)?.offer.machine);

describe('bans by admins', () => {
  it('hold for machines and hosts, are told, and end when they are lifted', async () => {
    const bed = await engineBed({ classes: [CLASS] });
    onMachines(bed, ['m1', 'h1'], ['m2', 'h2'], ['m3', 'h3']);
    expect(await ban(bed, at('m1'), HOUR)).toMatchObject({
      machine: 'm1',
      ban: { reason: 'admin', evidence: 'noisy', by: 'root', until: bed.clock.now() + HOUR },
    });
    expect(await ban(bed, of('h2'))).toMatchObject({
      machine: '',
      host: 'h2',
      ban: { until: bed.clock.now() + BANS.termMs },
    });
    expect((await bed.acquire()).session).toMatchObject({ instance: { machine: 'm3' } });
    expect(await unban(bed, at('m1'))).toMatchObject({ ban: null });
    expect((await bed.acquire()).session).toMatchObject({ instance: { machine: 'm1' } });
    const lines = (await list(bed, {}, { kinds: ['host'] })).events;
    expect(lines.map((e) => [e.subject, told(e)])).toEqual([
      ['costless:m1', 'host >banned root admin'],
      ['costless:host:h2', 'host >banned root admin'],
      ['costless:m1', 'host banned> root admin'],
    ]);
    expect(lines[0]?.detail).toContain('noisy');
  });

  it('end by themselves', async () => {
    const bed = await engineBed({ classes: [CLASS] });
    onMachines(bed, ['m1', 'h1']);
    await ban(bed, at('m1'), MINUTE);
    const waiting = await bed.acquire({ waitMs: 0 });
    const refused = async () => {
      const { session } = await bed.get(waiting.session.id);
      return session.phase === 'queued' ? session.refused : undefined;
    };
    expect(await bed.until('it was told why it waits', refused)).toEqual({ 'machine-banned': 1 });
    await bed.until(
      'it is rented',
      async () => (await bed.get(waiting.session.id)).session.phase === 'active',
      2 * MINUTE,
    );
    expect((await hosts(bed, { bannedOnly: true })).hosts).toEqual([]);
  });

  it('leave what runs alone, but replace reserve members that nobody has', async () => {
    const bed = await engineBed({ classes: [CLASS] });
    onMachines(bed, ['m1', 'h1'], ['n1', 'h1']);
    const { session } = await bed.acquire();
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 1));
    await bed.until('a member is ready', () => bed.ready() === 1);
    // Nothing else is to be done: the ban alone makes it look again.
    await bed.clock.advance(MINUTE);
    onMachines(bed, ['m1', 'h1'], ['n1', 'h1'], ['m2', 'h2']);
    await ban(bed, of('h1'));
    await bed.until('it was replaced', () => bed.ready() === 1 && running(bed).includes('m2'), 2 * SECOND);
    expect(running(bed).toSorted()).toEqual(['m1', 'm2']);
    expect((await bed.get(session.id)).session).toMatchObject({ phase: 'active', instance: { machine: 'm1' } });
    const ended = (await list(bed, {}, { kinds: ['instance'] })).events.filter((e) => e.after === 'destroying');
    expect(ended).toMatchObject([{ reason: 'outdated', actor: 'reserve' }]);
  });

  it('are forgiven with what led to them: no single loss brings one back', async () => {
    const bed = await engineBed({ classes: [{ ...CLASS, reserve: { ...CLASS.reserve, maxFailures: 100 } }] });
    onMachines(bed, ['m1', 'h1']);
    await bed.finish(bed.engine.admin.setReserve(ADMIN, 'echo', 1));
    const lose = async (losses: number): Promise<void> => {
      await bed.until('one is ready', () => bed.ready() === 1, MINUTE);
      for (const tag of bed.world.tags()) bed.world.vanish(tag);
      await bed.until(
        'it was noticed',
        () => bed.engine.mirror.machine('costless', 'm1')?.losses.length === losses,
        MINUTE,
      );
    };
    for (let n = 1; n <= 5; n++) await lose(n);
    expect((await hosts(bed, { bannedOnly: true })).hosts).toMatchObject([{ machine: 'm1', losses: 5 }]);
    expect(await unban(bed, at('m1'))).toMatchObject({ ban: null, losses: 0 });
    await lose(1);
    expect((await hosts(bed, { bannedOnly: true })).hosts).toEqual([]);
  });

  it('of two admins and a replica at once are all written, one after the other', async () => {
    const bed = await engineBed({ classes: [CLASS] });
    const second = await bed.replica({ mayLead: false });
    const calls = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? bed.engine : second.engine).admin.banHost(ADMIN, at('m1'), HOUR + n * MINUTE, `reason ${n}`),
    );
    expect(await bed.finish(Promise.all(calls))).toHaveLength(20);
    expect((await list(bed, {}, { kinds: ['host'] })).events.length).toBeGreaterThan(0);
    const [stored] = await bed.store.read(['machine/costless:m1']);
    expect(stored).toMatchObject({ revision: 20, value: { ban: { reason: 'admin' } } });
    for (const { mirror } of [bed.engine, second.engine])
      await bed.until('it is known there', () => mirror.revision('machine', 'costless:m1') === 20);
    const evidence = [bed.engine, second.engine].map((e) => e.mirror.machine('costless', 'm1')?.ban?.evidence);
    expect(new Set(evidence).size).toBe(1);
  });

  it('are for admins alone, and refuse what they cannot be about', async () => {
    const bed = await engineBed({ classes: [CLASS] });
    const { admin } = bed.engine;
    const query = { pageSize: 1, pageToken: '', provider: null, bannedOnly: false };
    const denied: readonly (() => Promise<unknown>)[] = [
      () => admin.hosts(ALICE, query),
      () => admin.banHost(ALICE, at('m1'), null, ''),
      () => admin.unbanHost(ALICE, at('m1')),
    ];
    for (const call of denied) await expect(bed.finish(call())).rejects.toMatchObject({ code: 'denied' });
    const refused: readonly (readonly [HostTarget, number | null, string])[] = [
      [{ provider: 'nope', machine: 'm1', host: '' }, null, 'provider'],
      [{ provider: 'costless', machine: '', host: '' }, null, 'machine_id'],
      [{ provider: 'costless', machine: 'm1', host: 'h1' }, null, 'machine_id'],
      [at('a/b'), null, 'machine_id'],
      [of('x'.repeat(65)), null, 'host_id'],
      [at('m1'), MINUTE - 1, 'term'],
      [at('m1'), 3_650 * DAY + 1, 'term'],
    ];
    for (const [target, term, field] of refused)
      await expect(bed.finish(admin.banHost(ADMIN, target, term, ''))).rejects.toMatchObject({
        code: 'invalid',
        details: { violations: expect.arrayContaining([expect.objectContaining({ field })]) },
      });
    await expect(bed.finish(admin.hosts(ADMIN, { ...query, pageToken: 'zzz' }))).rejects.toMatchObject({
      code: 'invalid',
    });
    expect([...bed.engine.mirror.all('machine'), ...bed.engine.mirror.all('host')]).toEqual([]);
    expect(await unban(bed, at('never-seen'))).toMatchObject({ machine: 'never-seen', ban: null });
  });
});

describe('the list of machines and hosts', () => {
  it('tells start times, losses and bans, hosts first, and comes in pages that miss nobody', async () => {
    const bed = await engineBed({ classes: [CLASS] });
    for (const n of Array(25).keys()) await ban(bed, n % 5 === 0 ? of(`h${n}`) : at(`m${String(n).padStart(2, '0')}`));
    onMachines(bed, ['x1', 'h-free']);
    await bed.acquire();
    const seen: string[] = [];
    let pages = 0;
    for (let pageToken = ''; ; pages++) {
      const page = await hosts(bed, { pageSize: 4, pageToken });
      seen.push(...page.hosts.map((h) => (h.machine === '' ? `host ${h.host}` : h.machine)));
      if (page.nextPageToken === '') break;
      pageToken = page.nextPageToken;
    }
    expect(pages).toBe(6);
    expect(new Set(seen).size).toBe(26);
    expect(seen.slice(0, 5).every((s) => s.startsWith('host '))).toBe(true);
    const free = (await hosts(bed)).hosts.find((h) => h.machine === 'x1');
    expect(free).toMatchObject({ host: 'h-free', ban: null, hostBan: null, starts: 1, losses: 0 });
    expect(free?.startP50Ms).toBe(free?.startP90Ms);
    expect(free?.startP50Ms).not.toBeNull();
    expect((await hosts(bed, { bannedOnly: true })).hosts).toHaveLength(25);
    await expect(hosts(bed, { provider: 'other' })).rejects.toMatchObject({
      code: 'invalid',
      message: 'provider: "other" is not configured; accepted: costless',
    });
    expect(bed.engine.banned()).toEqual([{ provider: 'costless', machines: 20, hosts: 5 }]);
  });
});

/** The blacklist of the other provisioner, in memory; `away` while it cannot be reached. */
function fakeExchange() {
  const bans = new Map<string, ForeignBan>();
  const state = { away: false, bans };
  const asked = (): void => {
    if (state.away) throw new Error('connect ECONNREFUSED');
  };
  const exchange: BanExchange = {
    async read() {
      asked();
      return [...bans.values()];
    },
    async write(host, reason) {
      asked();
      bans.set(host, { host, reason, until: null });
    },
    async remove(host) {
      asked();
      bans.delete(host);
    },
  };
  return { state, exchange };
}

describe('the blacklist of the provisioner that berth replaces', () => {
  const open = async (write: boolean) => {
    const their = fakeExchange();
    const banExchange = { exchange: their.exchange, provider: 'costless', write };
    const bed = await engineBed({ classes: [CLASS], banExchange });
    return { bed, their: their.state };
  };
  const host = (bed: EngineBed, id: string) => bed.engine.mirror.host('costless', id);

  it('holds here as long as its bans stand there', async () => {
    const { bed, their } = await open(false);
    onMachines(bed, ['m1', 'h1'], ['m2', 'h2']);
    their.bans.set('h1', { host: 'h1', reason: 'slow_startup', until: bed.clock.now() + DAY });
    await bed.until('it was read', () => host(bed, 'h1')?.ban?.reason === 'legacy', 2 * MINUTE);
    expect((await bed.acquire()).session).toMatchObject({ instance: { machine: 'm2' } });
    expect((await hosts(bed, { bannedOnly: true })).hosts).toMatchObject([
      { host: 'h1', ban: { reason: 'legacy', by: 'blacklist', evidence: expect.stringContaining('slow_startup') } },
    ]);
    their.bans.delete('h1');
    await bed.until(
      'it is open again',
      async () => (await hosts(bed, { bannedOnly: true })).hosts.length === 0,
      2 * MINUTE,
    );
    expect(their.bans.size).toBe(0);
  });

  it('gives way to an admin who lifts one of its bans, also where it is only read', async () => {
    const { bed, their } = await open(false);
    their.bans.set('h1', { host: 'h1', reason: 'restarts', until: bed.clock.now() + DAY });
    await bed.until('it was read', () => host(bed, 'h1')?.ban?.reason === 'legacy', 2 * MINUTE);
    await unban(bed, of('h1'));
    await bed.clock.advance(5 * MINUTE);
    expect(host(bed, 'h1')?.ban).toBeNull();
    expect(their.bans.has('h1')).toBe(true);
  });

  it('is told of our bans on request, and of their end', async () => {
    const { bed, their } = await open(true);
    await ban(bed, of('h9'), DAY);
    await ban(bed, at('m9'), DAY);
    await bed.until('it was told', () => their.bans.get('h9')?.reason === 'slow_startup', 2 * MINUTE);
    expect([...their.bans.keys()]).toEqual(['h9']);
    await unban(bed, of('h9'));
    await bed.until('it was taken away', () => their.bans.size === 0, 2 * MINUTE);
    await bed.clock.advance(3 * MINUTE);
    expect(host(bed, 'h9')?.ban ?? null).toBeNull();
  });

  it('is not written unasked', async () => {
    const { bed, their } = await open(false);
    await ban(bed, of('h9'), DAY);
    await bed.clock.advance(3 * MINUTE);
    expect(their.bans.size).toBe(0);
  });

  it('that is away is told as an error, and nothing else suffers', async () => {
    const { bed, their } = await open(true);
    their.bans.set('h1', { host: 'h1', reason: 'slow_startup', until: bed.clock.now() + DAY });
    await bed.until('it was read', () => host(bed, 'h1')?.ban?.reason === 'legacy', 2 * MINUTE);
    their.away = true;
    onMachines(bed, ['m1', 'h1'], ['m2', 'h2']);
    await bed.until('it is told', () => bed.first.errors.some((e) => e.loop === 'hosts'), 3 * MINUTE);
    const { loops } = await bed.finish(bed.engine.admin.status(ADMIN));
    expect(loops.find((l) => l.name === 'hosts')).toMatchObject({ lastError: expect.stringContaining('ECONNREFUSED') });
    // What was read of it still holds: an absent answer is no pardon.
    expect((await bed.acquire()).session).toMatchObject({ phase: 'active', instance: { machine: 'm2' } });
    const before = bed.first.errors.length;
    await bed.clock.advance(MINUTE);
    expect(bed.first.errors.length - before).toBeLessThanOrEqual(5);
    their.away = false;
    their.bans.delete('h1');
    await bed.until(
      'it is read again',
      () => host(bed, 'h1')?.ban === null || host(bed, 'h1') === undefined,
      2 * MINUTE,
    );
  });
});
