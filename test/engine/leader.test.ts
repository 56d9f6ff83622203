import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { SECOND } from '../../src/domain/time.ts';
import type { Commit, Store } from '../../src/ports/store.ts';
import { ADMIN, ALICE, engineBed, input, NEVER } from '../support/engine-bed.ts';

type Bed = Awaited<ReturnType<typeof engineBed>>;
const away = () => new BrokerError('unavailable', 'the store is away');

/** A way to the bed's store that can be cut, as for a replica whose network is. */
function line(bed: Bed) {
  const state = { cut: false, commits: [] as Commit[] };
  const through = <T>(call: () => Promise<T>): Promise<T> => (state.cut ? Promise.reject(away()) : call());
  const store: Store = {
    ...bed.store,
    read: (keys) => through(() => bed.store.read(keys)),
    range: (set, range) => through(() => bed.store.range(set, range)),
    commit(commit) {
      state.commits.push(commit);
      return through(() => bed.store.commit(commit));
    },
  };
  return { store, state };
}

describe('the leader', () => {
  it('is one of two replicas, and both serve', async () => {
    const bed = await engineBed();
    const second = await bed.replica();
    await bed.clock.advance(60 * SECOND);
    expect([bed.engine.isLeading(), second.engine.isLeading()]).toEqual([true, false]);
    const { session } = await bed.finish(second.engine.sessions.acquire(ALICE, input(), NEVER));
    expect(session.phase).toBe('active');
    expect((await bed.finish(second.engine.admin.status(ADMIN))).leaderId).toBe('replica-1');
  });

  it('that stops is followed at once', async () => {
    const bed = await engineBed();
    const second = await bed.replica();
    await bed.first.stop();
    await bed.until('the other leads', () => second.engine.isLeading(), SECOND);
    expect((await bed.finish(second.engine.admin.status(ADMIN))).leaderId).toBe('replica-2');
  });

  it('that died is followed at once where nobody else can be at the store', async () => {
    const bed = await engineBed({ mayLead: false });
    await bed.store.commit({
      put: [{ key: 'lease/leader', was: 0, value: { v: 1, holder: 'dead', released: false, beat: 7 } }],
    });
    const next = await bed.replica({ mayLead: true, alone: true });
    await bed.until('it leads', () => next.engine.isLeading(), SECOND);
  });

  it('that is cut off is followed when its lease is over, and no sooner', async () => {
    const bed = await engineBed({ mayLead: false });
    const { store, state } = line(bed);
    const first = await bed.replica({ mayLead: true, store });
    await bed.until('it leads', () => first.engine.isLeading());
    const second = await bed.replica({ mayLead: true });
    await bed.clock.advance(20 * SECOND);
    state.cut = true;
    const cutAt = bed.clock.monotonic();
    await bed.until('the other leads', () => second.engine.isLeading());
    const took = bed.clock.monotonic() - cutAt;
    expect(took).toBeGreaterThan(11 * SECOND);
    expect(took).toBeLessThan(20 * SECOND);
    expect(first.engine.isLeading()).toBe(false);
  });

  it('comes back as a follower after it was cut off', async () => {
    const bed = await engineBed({ mayLead: false });
    const { store, state } = line(bed);
    const first = await bed.replica({ mayLead: true, store });
    await bed.until('it leads', () => first.engine.isLeading());
    const second = await bed.replica({ mayLead: true });
    state.cut = true;
    await bed.until('the other leads', () => second.engine.isLeading());
    state.cut = false;
    await bed.clock.advance(60 * SECOND);
    expect([first.engine.isLeading(), second.engine.isLeading()]).toEqual([false, true]);
    const { session } = await bed.finish(first.engine.sessions.acquire(ALICE, input(), NEVER));
    expect(session.phase).toBe('active');
  });

  it('fences everything that its loops write', async () => {
    const bed = await engineBed({ mayLead: false });
    const { store, state } = line(bed);
    const first = await bed.replica({ mayLead: true, store });
    await bed.until('it leads', () => first.engine.isLeading());
    await bed.finish(first.engine.admin.setReserve(ADMIN, 'echo', 2));
    await bed.until('two are ready', () => first.engine.mirror.pool.size('echo') === 2);
    const { session } = await bed.finish(first.engine.sessions.acquire(ALICE, input(), NEVER));
    await bed.finish(first.engine.sessions.release(ALICE, { by: 'id', id: session.id }));
    await bed.clock.advance(20 * SECOND);
    const fenced = state.commits.filter((c) => c.expect?.some((e) => e.key === 'epoch/leader'));
    const rest = state.commits.filter((c) => !fenced.includes(c));
    const keysOf = (c: Commit) => [...(c.put ?? []), ...(c.oneOf?.[0]?.put ?? [])].map((p) => p.key.split('/')[0]);
    // Taking over, the admin's word, the claim, the release: what calls write themselves.
    expect(rest.map((c) => [...new Set(keysOf(c))].sort().join())).toEqual([
      'epoch,lease',
      'reserve',
      'instance,proxy,request,session',
      'session',
    ]);
    expect(fenced.length).toBeGreaterThan(10);
  });

  it('changes nothing more once another has taken over, however late its commits arrive', async () => {
    const bed = await engineBed({ mayLead: false });
    let hold: Promise<void> | null = null;
    const store: Store = {
      ...bed.store,
      async commit(c) {
        if (hold !== null) await hold;
        return bed.store.commit(c);
      },
    };
    const first = await bed.replica({ mayLead: true, store });
    await bed.until('it leads', () => first.engine.isLeading());
    let go = (): void => undefined;
    hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const second = await bed.replica({ mayLead: true });
    const call = second.engine.sessions.acquire(ALICE, input(), NEVER);
    await bed.until('the other leads', () => second.engine.isLeading());
    const { session } = await bed.finish(call);
    hold = null;
    go();
    await bed.clock.advance(10 * SECOND);
    expect(first.engine.isLeading()).toBe(false);
    expect(session).toMatchObject({ phase: 'active', attempts: 1 });
    expect(bed.world.calls.create).toBe(1);
    expect(bed.world.tags()).toHaveLength(1);
  });

  it('leads again by itself when the store went away just as its term began', async () => {
    const bed = await engineBed({ mayLead: false });
    const { store, state } = line(bed);
    const commit = store.commit;
    let once = true;
    const flaky: Store = {
      ...store,
      async commit(c) {
        const result = await commit(c);
        if (once && c.put?.some((p) => p.key === 'epoch/leader')) state.cut = true;
        return result;
      },
    };
    const replica = await bed.replica({ mayLead: true, store: flaky });
    await bed.until('the term has failed', () => replica.errors.some((e) => e.loop === 'leader'));
    expect(replica.engine.isLeading()).toBe(false);
    once = false;
    state.cut = false;
    await bed.until('it leads', () => replica.engine.isLeading());
    expect((await bed.finish(replica.engine.sessions.acquire(ALICE, input(), NEVER))).session.phase).toBe('active');
  });

  it('asks for no instance that its lease might not outlive', async () => {
    const bed = await engineBed({ mayLead: false });
    let renews = true;
    const store: Store = {
      ...bed.store,
      commit: (c) =>
        !renews && c.put?.some((p) => p.key === 'lease/leader') ? Promise.reject(away()) : bed.store.commit(c),
    };
    const first = await bed.replica({ mayLead: true, store });
    await bed.until('it leads', () => first.engine.isLeading());
    renews = false;
    await bed.clock.advance(8 * SECOND);
    const { session } = await bed.finish(first.engine.sessions.acquire(ALICE, input({ waitMs: 0 }), NEVER));
    await bed.clock.advance(2 * SECOND);
    expect(first.engine.isLeading()).toBe(true);
    expect(Object.fromEntries(first.engine.mirror.phases('instance'))).toEqual({ intended: 1 });
    renews = true;
    await bed.until('it is active', () => first.engine.mirror.session(session.id)?.phase === 'active');
    expect(bed.world.calls.create).toBe(1);
  });
});
