import { CPUS, DISKS, DRIVERS, GPUS, type Gpu, PLACES } from './market-data.ts';
import { createRandom, type Random } from './random.ts';

/** How a machine treats those who rent it. All but `good` do so with the machine's own probability. */
export type Habit =
  | 'good'
  | 'slow_boot'
  | 'never_boots'
  | 'pull_error'
  | 'oci_error'
  | 'exits'
  | 'goes_offline'
  | 'port_dead'
  | 'late_ports';

export type Machine = {
  readonly id: number;
  readonly host: number;
  readonly gpu: Gpu;
  readonly gpus: number;
  readonly place: string | null;
  readonly datacenter: boolean;
  readonly verification: 'verified' | 'unverified' | 'deverified';
  readonly reliability: number;
  readonly staticIp: boolean;
  readonly ports: number;
  readonly cores: number | null;
  readonly coresEffective: number;
  readonly ramMib: number;
  readonly cpu: string;
  readonly diskGb: number;
  readonly diskBw: number;
  readonly disk: string;
  readonly driver: string;
  readonly cuda: number;
  /** Mb/s. */
  readonly down: number;
  readonly up: number;
  /** $/h and GPU. */
  readonly price: number;
  /** What interruptible renters must bid at least, $/h and GPU. */
  readonly minBid: number;
  /** $/GB and month. */
  readonly storage: number;
  /** $/GB. */
  readonly bandwidth: number;
  readonly listedFromMs: number;
  readonly listedUntilMs: number;
  /** Pulling and unpacking takes this many times what the line would allow. */
  readonly drag: number;
  habit: Habit;
  /** Of `habit` at each start. */
  habitProbability: number;
  rentable: boolean;
};

export type MarketOptions = {
  readonly seed: string;
  /** How many machines there are; offers are about twice as many. */
  readonly machines: number;
  /** 1: about a fifth of the machines are bad, as on the real market; 0: none. */
  readonly badness: number;
  readonly nowMs: number;
};

const DAY = 86_400_000;

const HABITS = [
  { habit: 'slow_boot', weight: 45 },
  { habit: 'never_boots', weight: 14 },
  { habit: 'pull_error', weight: 7 },
  { habit: 'oci_error', weight: 7 },
  { habit: 'exits', weight: 8 },
  { habit: 'goes_offline', weight: 5 },
  { habit: 'port_dead', weight: 8 },
  { habit: 'late_ports', weight: 6 },
] as const;

/** Hosts with one to eight machines each; a host's machines are alike in place, line and care. */
export function createMarket(o: MarketOptions): readonly Machine[] {
  const random = createRandom(`${o.seed}/market`);
  const machines: Machine[] = [];
  for (let host = 0; machines.length < o.machines; host++) {
    const owner = makeHost(50_000 + host * 137, random);
    const size = Math.min(o.machines - machines.length, owner.machines);
    for (let n = 0; n < size; n++) machines.push(makeMachine(12_000 + machines.length * 7, owner, o, random));
  }
  return machines;
}

type Host = ReturnType<typeof makeHost>;

function makeHost(id: number, random: Random) {
  const datacenter = random.next() < 0.25;
  return {
    id,
    datacenter,
    machines: 1 + Math.floor(random.next() ** 2 * (datacenter ? 12 : 6)),
    place: random.weighted(PLACES).name,
    gpu: random.weighted(GPUS),
    down: random.around(datacenter ? 2200 : 700, 0.7),
    /** 0: well kept, 1: neglected. */
    neglect: random.next() ** (datacenter ? 4 : 1.5),
    verified: random.next() < (datacenter ? 0.97 : 0.72),
    dear: random.around(1, 0.18),
  };
}

function makeMachine(id: number, host: Host, o: MarketOptions, random: Random): Machine {
  const gpu = random.next() < 0.8 ? host.gpu : random.weighted(GPUS);
  const gpus = random.pick(host.datacenter ? [1, 2, 4, 8, 8] : [1, 1, 1, 2, 2, 4]);
  const bad = random.next() < o.badness * (0.06 + 0.3 * host.neglect);
  const habit = random.weighted(HABITS).habit;
  const price = gpu.price * host.dear * random.around(1, 0.1);
  const cores = random.pick([16, 24, 32, 64, 96, 128]);
  const down = Math.max(20, host.down * random.around(1, 0.2));
  const newest = gpu.computeCap >= 1200 ? 3 : 0;
  return {
    id,
    host: host.id,
    gpu,
    gpus,
    place: host.place,
    datacenter: host.datacenter,
    verification: host.verified ? 'verified' : random.next() < 0.2 ? 'deverified' : 'unverified',
    reliability: round(Math.max(0.55, 1 - 0.12 * host.neglect * random.next() - 0.004 * random.next()), 7),
    staticIp: host.datacenter || random.next() < 0.4,
    ports: random.next() < 0.06 ? 0 : random.pick([50, 100, 200, 500, 999]),
    cores: random.next() < 0.03 ? null : cores,
    coresEffective: cores,
    ramMib: random.pick([32, 64, 128, 256, 512]) * 1007,
    cpu: random.pick(CPUS),
    diskGb: Math.round(random.around(700, 0.8)),
    diskBw: Math.round(random.around(2400, 0.6)),
    disk: random.pick(DISKS),
    driver: DRIVERS[Math.max(newest, random.int(DRIVERS.length))] ?? DRIVERS[0],
    cuda: newest > 0 ? random.pick([12.8, 12.9, 13]) : random.pick([12.2, 12.4, 12.6, 12.8, 12.8, 13]),
    down: round(down, 1),
    up: round(down * random.between(0.3, 1), 1),
    price: round(price, 6),
    minBid: round(price * random.between(0.45, 0.8), 6),
    storage: round(random.between(0.1, 0.3), 5),
    bandwidth: round(random.between(0, 0.02), 5),
    listedFromMs: o.nowMs - random.between(5, 400) * DAY,
    listedUntilMs: o.nowMs + random.between(0.3, 120) * DAY,
    drag: random.around(2.2 + 2 * host.neglect, 0.35),
    habit: bad ? habit : 'good',
    habitProbability: bad ? random.between(0.6, 1) : 0,
    rentable: random.next() > 0.03,
  };
}

export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
