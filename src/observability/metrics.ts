import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { addMoneyGauges, type MoneyNow } from './money-gauges.ts';

/** What the gauges show; asked for at each scrape, so it must be cheap. Names of phases and classes are few. */
export type Watched = {
  readonly sessions: () => Readonly<Partial<Record<string, number>>>;
  readonly instances: () => Readonly<Partial<Record<string, number>>>;
  readonly reserves: () => readonly {
    readonly class: string;
    readonly target: number;
    readonly ready: number;
    readonly starting: number;
  }[];
  readonly leads: () => boolean;
  readonly money: () => readonly MoneyNow[];
  /** Machines and hosts that are banned now, by provider. */
  readonly banned: () => readonly { readonly provider: string; readonly machines: number; readonly hosts: number }[];
};

type Phased = { readonly class: string; readonly phase: string; readonly since: number };

/** Where calls are counted. All functions are cheap enough for the hot path and never throw; all times in ms. */
export type Metrics = {
  /** @param source `reserve`, `cold`, or `none` where there was no session */
  acquire(className: string, outcome: string, source: string, durationMs: number): void;
  /** A committed change of phase: how long the record was in the phase before. */
  moved(kind: 'session' | 'instance', before: Phased | undefined, at: number): void;
  loopPass(loop: string, at: number): void;
  loopFailure(loop: string): void;
  /** An instance that no record knew was found at its provider. */
  orphan(provider: string): void;
  /** A session of the class has ended. */
  cost(className: string, micros: number): void;
  /** @param kind `machine` or `host` */
  banned(provider: string, kind: string, reason: string): void;
  /** @param outcome `committed`, `refused`, or the code of the error */
  storeCommit(outcome: string, durationMs: number): void;
  providerCall(provider: string, call: string, outcome: string, durationMs: number): void;
  /** @param code as in gRPC, such as `OK` */
  rpc(method: string, code: string, durationMs: number): void;
  /** Says where the gauges look; once. */
  watch(watched: Watched): void;
  /** For /metrics. */
  text(): Promise<string>;
  readonly contentType: string;
};

// Warm answers take about a millisecond, cold ones up to many minutes.
const CALL_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const PHASE_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400];
const COMMIT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

/** Label values come from outside (a class that was asked for); beyond this many, all others share one. */
const MAX_CHILDREN = 2_000;

/** Metrics of one broker, in a registry of its own: two brokers in one process do not mix.
 *  @param processMetrics memory, CPU and event loop of the process; off where many brokers share one */
export function createMetrics({ processMetrics = true }: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  const acquires = counter('berth_acquires_total', 'AcquireSession calls answered', ['class', 'outcome', 'source']);
  const acquireTime = histogram(
    'berth_acquire_duration_seconds',
    'How long AcquireSession took, waiting included',
    ['class', 'source'],
    CALL_BUCKETS,
  );
  const phaseTime = {
    session: histogram(
      'berth_session_phase_duration_seconds',
      'How long sessions were in a phase that they have left',
      ['class', 'phase'],
      PHASE_BUCKETS,
    ),
    instance: histogram(
      'berth_instance_phase_duration_seconds',
      'How long instances were in a phase that they have left',
      ['class', 'phase'],
      PHASE_BUCKETS,
    ),
  };
  const passes = counter('berth_loop_passes_total', 'Passes of a loop of the leader', ['loop']);
  const failures = counter('berth_loop_failures_total', 'Passes that failed', ['loop']);
  const lastPass = new Gauge({
    name: 'berth_loop_last_pass_timestamp_seconds',
    help: 'When a loop last finished a pass',
    labelNames: ['loop'],
    registers,
  });
  const orphans = counter('berth_orphans_total', 'Instances found at a provider that no record knew', ['provider']);
  const spent = counter('berth_cost_dollars_total', 'Cost of the sessions that this replica saw end', ['class']);
  const bans = counter('berth_bans_total', 'Machines and hosts banned', ['provider', 'kind', 'reason']);
  const commitTime = histogram(
    'berth_store_commit_duration_seconds',
    'Commits to the store',
    ['outcome'],
    COMMIT_BUCKETS,
  );
  const callTime = histogram(
    'berth_provider_call_duration_seconds',
    'Calls to providers',
    ['provider', 'call', 'outcome'],
    CALL_BUCKETS,
  );
  const rpcTime = histogram('berth_rpc_duration_seconds', 'gRPC calls served', ['method', 'code'], CALL_BUCKETS);

  const acquiresOf = children((c: string, o: string, s: string) => acquires.labels(c, o, s));
  const acquireTimeOf = children((c: string, s: string) => acquireTime.labels(c, s));
  const phaseTimeOf = {
    session: children((c: string, p: string) => phaseTime.session.labels(c, p)),
    instance: children((c: string, p: string) => phaseTime.instance.labels(c, p)),
  };
  const commitTimeOf = children((o: string) => commitTime.labels(o));
  const callTimeOf = children((p: string, c: string, o: string) => callTime.labels(p, c, o));
  const rpcTimeOf = children((m: string, c: string) => rpcTime.labels(m, c));

  return {
    acquire(className, outcome, source, durationMs) {
      acquiresOf(className, outcome, source).inc();
      acquireTimeOf(className, source).observe(durationMs / 1_000);
    },
    moved(kind, before, at) {
      if (before !== undefined)
        phaseTimeOf[kind](before.class, before.phase).observe(Math.max(0, at - before.since) / 1_000);
    },
    loopPass(loop, at) {
      passes.inc({ loop });
      lastPass.set({ loop }, at / 1_000);
    },
    loopFailure: (loop) => failures.inc({ loop }),
    cost: (className, micros) => spent.inc({ class: className }, micros / 1e6),
    orphan: (provider) => orphans.inc({ provider }),
    banned: (provider, kind, reason) => bans.inc({ provider, kind, reason }),
    storeCommit: (outcome, durationMs) => commitTimeOf(outcome).observe(durationMs / 1_000),
    providerCall: (provider, call, outcome, durationMs) =>
      callTimeOf(provider, call, outcome).observe(durationMs / 1_000),
    rpc: (method, code, durationMs) => rpcTimeOf(method, code).observe(durationMs / 1_000),
    watch: (watched) => addGauges(registry, watched),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Looks a labelled child up once per set of values: `labels()` builds objects and checks names on each call. */
function children<V extends readonly string[], C>(make: (...values: V) => C): (...values: V) => C {
  const made = new Map<string, C>();
  return (...values: V): C => {
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\0');
    const known = made.get(key);
    if (known !== undefined) return known;
    const full = made.size >= MAX_CHILDREN;
    const child = full ? make(...(values.map(() => 'other') as unknown as V)) : make(...values);
    if (!full) made.set(key, child);
    return child;
  };
}

function addGauges(registry: Registry, watched: Watched): void {
  const registers = [registry];
  addMoneyGauges(registry, watched.money);
  const byPhase = (name: string, help: string, counts: () => Readonly<Partial<Record<string, number>>>) =>
    new Gauge({
      name,
      help,
      labelNames: ['phase'],
      registers,
      collect() {
        // A phase that nothing is in any more must not keep its last number.
        this.reset();
        for (const [phase, count] of Object.entries(counts())) this.set({ phase }, count ?? 0);
      },
    });
  byPhase('berth_sessions', 'Sessions by phase', watched.sessions);
  byPhase('berth_instances', 'Instances by phase', watched.instances);

  for (const part of ['target', 'ready', 'starting'] as const)
    new Gauge({
      name: `berth_reserve_${part}`,
      help: { target: 'Ready instances to keep', ready: 'Ready instances', starting: 'Instances on their way' }[part],
      labelNames: ['class'],
      registers,
      collect() {
        this.reset();
        for (const reserve of watched.reserves()) this.set({ class: reserve.class }, reserve[part]);
      },
    });
  new Gauge({
    name: 'berth_banned',
    help: 'Machines and hosts that are not rented now',
    labelNames: ['provider', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const { provider, machines, hosts } of watched.banned()) {
        this.set({ provider, kind: 'machine' }, machines);
        this.set({ provider, kind: 'host' }, hosts);
      }
    },
  });
  new Gauge({
    name: 'berth_leader',
    help: 'Whether this replica reconciles',
    registers,
    collect() {
      this.set(watched.leads() ? 1 : 0);
    },
  });
}
