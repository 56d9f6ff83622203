import { FAULTS } from './faults.ts';
import { costOf, type Instance, rateOf } from './instance.ts';
import { instanceRow } from './instance-row.ts';
import { type Machine, round } from './market.ts';
import { credit, spendRate, spent } from './meter.ts';
import { LIMITS, SEARCHES_PER_MINUTE } from './rates.ts';
import { living, type World } from './world.ts';

/** What the page and the tests see: not the API's view of it, but how it is. */
export function stateOf(w: World, recent: number) {
  const gone = [...w.instances.values()].filter((i) => i.goneMs !== null);
  return {
    now_ms: w.clock.now(),
    frozen: w.clock.isFrozen(),
    seed: w.settings.seed,
    boot_factor: w.bootFactor,
    limits: w.limits,
    intervals_s: LIMITS,
    searches_per_minute: SEARCHES_PER_MINUTE,
    searches_today: w.rates.searches.used,
    switches: w.switches,
    meter: meterOf(w),
    market: {
      machines: w.asks.machines.length,
      hosts: new Set(w.asks.machines.map((m) => m.host)).size,
      offers: [...w.asks.all()].length,
    },
    instances: [...living(w), ...gone.slice(recent === 0 ? gone.length : -recent)].map((i) => shown(w, i)),
    ever: w.instances.size,
    endpoints: Object.fromEntries(w.stats),
    faults: w.faults.all(),
    fault_kinds: FAULTS,
    ignored_filters: [...w.ignoredFilters],
    legacy_key_uses: w.account.legacyKeyUses,
  };
}

/** $ and $/h. */
export const meterOf = (w: World) => ({
  alive: living(w).length,
  dollars_per_hour: round(spendRate(w), 6),
  spent: round(spent(w), 8),
  credit: round(credit(w), 8),
});

const shown = (w: World, i: Instance) => ({
  id: i.id,
  ask_id: i.askId,
  label: i.label,
  machine_id: i.machine.id,
  host_id: i.machine.host,
  gpu: `${i.gpus}x ${i.machine.gpu.name}`,
  image: i.image,
  env: Object.fromEntries(i.order.env),
  actual: i.actual,
  intended: i.intended,
  cur: i.cur,
  msg: instanceRow(w, i).status_msg,
  fault: i.fault,
  ports: Object.fromEntries(i.ports),
  pid: i.program?.pid ?? null,
  cost: round(costOf(i, w.clock.now()), 8),
  dollars_per_hour: round(rateOf(i), 6),
  created_ms: i.createdMs,
  ran_from_ms: i.ranFromMs,
  gone_ms: i.goneMs,
  destroyed: i.destroyed,
});

export const machineOf = (w: World) => (m: Machine) => ({
  id: m.id,
  host_id: m.host,
  gpu: `${m.gpus}x ${m.gpu.name}`,
  free: w.asks.free(m),
  place: m.place,
  verification: m.verification,
  reliability: m.reliability,
  price: m.price,
  down_mbps: m.down,
  habit: m.habit,
  habit_probability: m.habitProbability,
  rentable: m.rentable,
});
