import type { Ask } from './asks.ts';
import { type Machine, round } from './market.ts';

/** `ports`: the machine's habit is nobody's business; everything else is on the wire. */
export type OfferRow = Readonly<Record<string, unknown>> & {
  readonly id: number;
  readonly dph_total: number;
  readonly rented: boolean;
};

export type PriceTerms = {
  /** GB that the price is for. */
  readonly storageGb: number;
  readonly bid: boolean;
};

/** Vast.ai counts 30 days of 24 hours. */
const HOURS_PER_MONTH = 720;

export const storagePerHour = (m: Machine, gb: number): number => (gb * m.storage) / HOURS_PER_MONTH;

/** @param rented whether the caller has an instance on the machine already */
export function offerRow(ask: Ask, terms: PriceTerms, rented: boolean, nowMs: number): OfferRow {
  const { machine: m, gpus } = ask;
  const share = gpus / m.gpus;
  const minBid = round(m.minBid * gpus, 6);
  const base = terms.bid ? minBid : round(m.price * gpus, 6);
  const disk = storagePerHour(m, terms.storageGb);
  const total = round(base + disk, 8);
  const dlperf = m.gpu.dlperf * gpus;
  const flops = m.gpu.tflops * gpus;
  const reliability = m.reliability;
  const price = {
    gpuCostPerHour: base,
    diskHour: disk,
    totalHour: total,
    discountTotalHour: 0,
    discountedTotalPerHour: total,
  };
  return {
    id: ask.id,
    ask_contract_id: ask.id,
    bundle_id: m.id * 10 + gpus,
    bundled_results: null,
    machine_id: m.id,
    host_id: m.host,
    hostname: null,
    hosting_type: m.datacenter ? 1 : 0,
    num_gpus: gpus,
    gpu_name: m.gpu.name,
    gpu_ram: m.gpu.ramMib,
    gpu_total_ram: m.gpu.ramMib * gpus,
    gpu_frac: share,
    gpu_arch: 'nvidia',
    gpu_max_power: m.gpu.watts,
    gpu_mem_bw: m.gpu.memBw,
    gpu_display_active: false,
    cuda_max_good: m.cuda,
    driver_version: m.driver,
    driver_vers: driverNumber(m.driver),
    compute_cap: m.gpu.computeCap,
    dlperf,
    total_flops: flops,
    dlperf_per_dphtotal: round(dlperf / total, 4),
    flops_per_dphtotal: round(flops / total, 4),
    score: round((100 * dlperf * reliability ** 4) / (50 + 100 * total), 6),
    cpu_cores: m.cores,
    cpu_cores_effective: round(m.coresEffective * share, 1),
    cpu_ram: m.ramMib,
    cpu_name: m.cpu,
    cpu_arch: 'amd64',
    cpu_ghz: 3.4,
    has_avx: 1,
    disk_space: Math.floor(m.diskGb * share),
    disk_bw: m.diskBw,
    disk_name: m.disk,
    pcie_bw: 12.3,
    pci_gen: 4,
    inet_up: m.up,
    inet_down: m.down,
    inet_up_cost: m.bandwidth,
    inet_down_cost: m.bandwidth,
    direct_port_count: Math.floor(m.ports * share),
    static_ip: m.staticIp,
    public_ipaddr: '127.0.0.1',
    geolocation: m.place,
    geolocode: null,
    rentable: m.rentable,
    rented,
    external: false,
    verification: m.verification,
    vericode: m.verification === 'verified' ? 1 : 0,
    reliability,
    reliability2: reliability,
    expected_reliability: reliability,
    error_description: null,
    vms_enabled: false,
    os_version: '22.04',
    start_date: m.listedFromMs / 1000,
    end_date: m.listedUntilMs / 1000,
    duration: (m.listedUntilMs - nowMs) / 1000,
    is_bid: terms.bid,
    min_bid: minBid,
    dph_base: base,
    dph_total: total,
    storage_cost: m.storage,
    storage_total_cost: round(disk, 8),
    platform_fee: 0.25,
    discount_rate: 0,
    search: price,
    instance: price,
  };
}

/** "535.86.05" is 535086005. */
export const driverNumber = (version: string): number =>
  Number(
    version
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join(''),
  );
