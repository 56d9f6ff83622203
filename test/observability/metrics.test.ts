import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/domain/errors.ts';
import { measuredProvider, measuredStore } from '../../src/observability/measured.ts';
import { createMetrics, type Metrics, type Watched } from '../../src/observability/metrics.ts';
import type { ComputeProvider } from '../../src/ports/compute-provider.ts';
import type { Store } from '../../src/ports/store.ts';

const create = () => createMetrics({ processMetrics: false });

/** The value of one line of the exposition; undefined when it is not there. */
async function value(metrics: Metrics, line: string): Promise<number | undefined> {
  const found = (await metrics.text()).split('\n').find((l) => l.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

const watched = (more: Partial<Watched> = {}): Watched => ({
  sessions: () => ({}),
  instances: () => ({}),
  reserves: () => [],
  leads: () => false,
  banned: () => [],
  money: () => [],
  ...more,
});

describe('metrics', () => {
  it('count acquires and their time by class, outcome and source', async () => {
    const m = create();
    m.acquire('echo', 'active', 'reserve', 2);
    m.acquire('echo', 'active', 'reserve', 400);
    m.acquire('echo', 'refused', 'none', 1);
    expect(await value(m, 'berth_acquires_total{class="echo",outcome="active",source="reserve"}')).toBe(2);
    expect(await value(m, 'berth_acquires_total{class="echo",outcome="refused",source="none"}')).toBe(1);
    expect(await value(m, 'berth_acquire_duration_seconds_sum{class="echo",source="reserve"}')).toBeCloseTo(0.402);
    expect(await value(m, 'berth_acquire_duration_seconds_bucket{le="0.0025",class="echo",source="reserve"}')).toBe(1);
  });

  it('measure how long a record was in the phase that it left', async () => {
    const m = create();
    m.moved('session', undefined, 1_000);
    m.moved('session', { class: 'echo', phase: 'queued', since: 1_000 }, 1_250);
    m.moved('instance', { class: 'echo', phase: 'booting', since: 5_000 }, 4_000);
    expect(await value(m, 'berth_session_phase_duration_seconds_sum{class="echo",phase="queued"}')).toBe(0.25);
    expect(await value(m, 'berth_session_phase_duration_seconds_count{class="echo",phase="queued"}')).toBe(1);
    expect(await value(m, 'berth_instance_phase_duration_seconds_sum{class="echo",phase="booting"}')).toBe(0);
  });

  it('show the phases as they are at the scrape, and forget those that are empty', async () => {
    const m = create();
    let sessions: Record<string, number> = { active: 3, queued: 1 };
    m.watch(watched({ sessions: () => sessions, instances: () => ({ ready: 2 }), leads: () => true }));
    expect([
      await value(m, 'berth_sessions{phase="active"}'),
      await value(m, 'berth_sessions{phase="queued"}'),
    ]).toEqual([3, 1]);
    expect([await value(m, 'berth_instances{phase="ready"}'), await value(m, 'berth_leader')]).toEqual([2, 1]);
    sessions = { active: 4 };
    expect([
      await value(m, 'berth_sessions{phase="active"}'),
      await value(m, 'berth_sessions{phase="queued"}'),
    ]).toEqual([4, undefined]);
  });

  it('show the reserve of each class', async () => {
    const m = create();
    m.watch(watched({ reserves: () => [{ class: 'echo', target: 4, ready: 3, starting: 1 }] }));
    const seen = await Promise.all(
      ['target', 'ready', 'starting'].map((part) => value(m, `berth_reserve_${part}{class="echo"}`)),
    );
    expect(seen).toEqual([4, 3, 1]);
  });

  it('show who is banned now, and count the bans by reason', async () => {
    const m = create();
    let banned = [{ provider: 'vastai', machines: 3, hosts: 1 }];
    m.watch(watched({ banned: () => banned }));
    expect(await value(m, 'berth_banned{provider="vastai",kind="machine"}')).toBe(3);
    expect(await value(m, 'berth_banned{provider="vastai",kind="host"}')).toBe(1);
    banned = [];
    expect(await value(m, 'berth_banned{provider="vastai",kind="machine"}')).toBeUndefined();
    m.banned('vastai', 'machine', 'slow-start');
    m.banned('vastai', 'machine', 'slow-start');
    expect(await value(m, 'berth_bans_total{provider="vastai",kind="machine",reason="slow-start"}')).toBe(2);
  });

  it('show what is paid for, in dollars, and no line for what is not known', async () => {
    const m = create();
    const now = { session: 1_500_000, reserve: 250_000, destroying: 0, oldestDestroyingMs: 90_000 };
    m.watch(
      watched({
        money: () => [
          { ...now, provider: 'vastai', untracked: 750_000, credit: 42_000_000, mostDestroyRequests: 3 },
          { ...now, provider: 'process', untracked: null, credit: null, mostDestroyRequests: 0 },
        ],
      }),
    );
    expect(await value(m, 'berth_dollars_per_hour{provider="vastai",use="session"}')).toBe(1.5);
    expect(await value(m, 'berth_dollars_per_hour{provider="vastai",use="reserve"}')).toBe(0.25);
    expect(await value(m, 'berth_dollars_per_hour{provider="vastai",use="destroying"}')).toBe(0);
    expect(await value(m, 'berth_untracked_dollars_per_hour{provider="vastai"}')).toBe(0.75);
    expect(await value(m, 'berth_credit_dollars{provider="vastai"}')).toBe(42);
    expect(await value(m, 'berth_instances_destroying_oldest_seconds{provider="vastai"}')).toBe(90);
    expect(await value(m, 'berth_instance_destroy_requests_most{provider="vastai"}')).toBe(3);
    expect(await value(m, 'berth_untracked_dollars_per_hour{provider="process"}')).toBeUndefined();
    expect(await value(m, 'berth_credit_dollars{provider="process"}')).toBeUndefined();
    m.cost('gpu', 1_250_000);
    m.cost('gpu', 250_000);
    expect(await value(m, 'berth_cost_dollars_total{class="gpu"}')).toBe(1.5);
  });

  it('show the health of the loops', async () => {
    const m = create();
    m.loopPass('instances', 1_700_000_000_500);
    m.loopFailure('instances');
    expect(await value(m, 'berth_loop_passes_total{loop="instances"}')).toBe(1);
    expect(await value(m, 'berth_loop_failures_total{loop="instances"}')).toBe(1);
    expect(await value(m, 'berth_loop_last_pass_timestamp_seconds{loop="instances"}')).toBe(1_700_000_000.5);
  });

  it('do not grow without end when class names come from outside', async () => {
    const m = create();
    for (let i = 0; i < 5_000; i++) m.acquire(`made-up-${i}`, 'refused', 'none', 1);
    const lines = (await m.text()).split('\n').filter((l) => l.startsWith('berth_acquires_total{'));
    expect(lines).toHaveLength(2_001);
    expect(await value(m, 'berth_acquires_total{class="other",outcome="other",source="other"}')).toBe(3_000);
  });

  it('of two brokers in one process do not mix', async () => {
    const [a, b] = [create(), create()];
    a.orphan('process');
    expect([
      await value(a, 'berth_orphans_total{provider="process"}'),
      await value(b, 'berth_orphans_total{provider="process"}'),
    ]).toEqual([1, undefined]);
  });

  it('include the process unless told otherwise', async () => {
    expect(await value(createMetrics(), 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(await value(create(), 'process_resident_memory_bytes')).toBeUndefined();
  });
});

describe('a measured port', () => {
  const time = { monotonic: () => 0 };

  it('counts commits by what became of them, and hands everything through', async () => {
    const m = create();
    const answers = [
      async () => ({ committed: true, chosen: -1 }) as const,
      async () => ({ committed: false, why: { kind: 'candidates' } }) as const,
      async () => Promise.reject(new BrokerError('unavailable', 'away')),
      async () => Promise.reject(new Error('odd')),
    ];
    let turn = 0;
    const store = measuredStore({ commit: () => answers[turn++]?.() } as unknown as Store, m, time);
    expect(await store.commit({})).toEqual({ committed: true, chosen: -1 });
    expect(await store.commit({})).toMatchObject({ committed: false });
    await expect(store.commit({})).rejects.toThrow('away');
    await expect(store.commit({})).rejects.toThrow('odd');
    for (const outcome of ['committed', 'refused', 'unavailable', 'error'])
      expect(await value(m, `berth_store_commit_duration_seconds_count{outcome="${outcome}"}`)).toBe(1);
  });

  it('times the calls to a provider by what became of them', async () => {
    const m = create();
    let now = 0;
    const provider = measuredProvider(
      {
        name: 'process',
        listOwned: async () => {
          now += 1_500;
          return [];
        },
        create: async () => Promise.reject(new BrokerError('no-capacity', 'full')),
        destroy: async () => Promise.reject(AbortSignal.abort().reason),
      } as unknown as ComputeProvider,
      m,
      { monotonic: () => now },
    );
    const { signal } = new AbortController();
    expect(await provider.listOwned(signal)).toEqual([]);
    await expect(provider.create({} as never, signal)).rejects.toThrow('full');
    await expect(provider.destroy({} as never, signal)).rejects.toThrow();
    const name = 'berth_provider_call_duration_seconds';
    expect(await value(m, `${name}_sum{provider="process",call="list-owned",outcome="ok"}`)).toBe(1.5);
    expect(await value(m, `${name}_count{provider="process",call="create",outcome="no-capacity"}`)).toBe(1);
    expect(await value(m, `${name}_count{provider="process",call="destroy",outcome="cancelled"}`)).toBe(1);
  });
});
