import { Gauge, type Registry } from 'prom-client';

/** What is paid at one provider now; micro-dollars, and per hour where it is a price. null: not known here. */
export type MoneyNow = {
  readonly provider: string;
  readonly session: number;
  readonly reserve: number;
  readonly destroying: number;
  readonly untracked: number | null;
  readonly credit: number | null;
  readonly oldestDestroyingMs: number;
  readonly mostDestroyRequests: number;
};

const USES = ['session', 'reserve', 'destroying'] as const;

/** Gauges of what berth pays for. Few: a provider is named in the configuration. */
export function addMoneyGauges(registry: Registry, money: () => readonly MoneyNow[]): void {
  const registers = [registry];
  new Gauge({
    name: 'berth_dollars_per_hour',
    help: 'Price of the instances that sessions have, that the reserve keeps, and that are being destroyed',
    labelNames: ['provider', 'use'],
    registers,
    collect() {
      this.reset();
      for (const m of money()) for (const use of USES) this.set({ provider: m.provider, use }, m[use] / 1e6);
    },
  });
  /** A value that is not known has no line: 0 would say that all is well. */
  const byProvider = (name: string, help: string, of: (m: MoneyNow) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const m of money()) {
          const value = of(m);
          if (value !== null) this.set({ provider: m.provider }, value);
        }
      },
    });
  byProvider(
    'berth_untracked_dollars_per_hour',
    'Price of what carries our tag at the provider and has no record; told by the leader. Alert when above 0 for minutes',
    (m) => (m.untracked === null ? null : m.untracked / 1e6),
  );
  byProvider('berth_credit_dollars', 'Prepaid money that is left; told by the leader', (m) =>
    m.credit === null ? null : m.credit / 1e6,
  );
  byProvider(
    'berth_instances_destroying_oldest_seconds',
    'How long the instance that has been destroyed for longest is not proven gone',
    (m) => m.oldestDestroyingMs / 1_000,
  );
  byProvider(
    'berth_instance_destroy_requests_most',
    'How often the end of one living instance was asked for, at most; told by the leader',
    (m) => m.mostDestroyRequests,
  );
}
