import { codesOf } from '../../domain/regions.ts';
import type { Search } from '../../domain/search.ts';

/** Whatever `limit` says, as seen in 2026-09. */
export const ROW_CAP = 64;
const GB = 1e9;
const MIB = 2 ** 20;
/** Vast.ai's least. */
const LEAST_DISK_GB = 8;
/** A "24 GB" card has 24,564 MiB: what is a little short is compared by whoever chooses. */
const NEARLY = 0.98;

/** One comparison with its operator: bare values are refused. */
type Test = Readonly<Record<string, unknown>>;
export type Query = Readonly<Record<string, unknown>>;

/** What is asked for, all sources together: a caller may narrow what a class says. */
export type Asked = {
  /** In order of preference, as the API writes them. Empty: any. */
  readonly models: readonly string[];
  readonly interruptible: boolean;
  readonly diskGb: number;
};

export function askedOf({ resources, need, placement }: Search): Asked {
  const own = placement?.gpuModels ?? [];
  const models = [need.gpuModels ?? [], own, [resources.gpuModel]].find((m) => m.some((name) => name !== '')) ?? [];
  return {
    models: models.filter((m) => m !== '').map((m) => m.replaceAll('_', ' ')),
    interruptible: need.interruptible ?? placement?.interruptible ?? false,
    diskGb: Math.max(LEAST_DISK_GB, Math.ceil(resources.disk / GB)),
  };
}

/** A search as Vast.ai's body, cheapest first. What it filters is looked at again by whoever chooses: the server does
 *  not honour every filter. A class's own query comes last, but for what the prices and pages depend on. */
export function queryOf(search: Search, models: readonly string[], fromDph: number | null = null): Query {
  const { interruptible, diskGb } = askedOf(search);
  const query = { ...filtersOf(search, models, interruptible), ...search.placement?.query };
  return {
    ...query,
    ...(fromDph === null ? {} : { dph_total: { ...asTest(query.dph_total), gte: fromDph } }),
    type: interruptible ? 'bid' : 'on-demand',
    allocated_storage: diskGb,
    order: [['dph_total', 'asc']],
    limit: ROW_CAP,
  };
}

const asTest = (value: unknown): Test => (typeof value === 'object' && value !== null ? (value as Test) : {});

function filtersOf(search: Search, models: readonly string[], interruptible: boolean): Record<string, Test> {
  const { resources: r, need, placement: p, ports, avoid } = search;
  const filters: Record<string, Test> = {
    // The server's defaults would hide machines that we rent already, and let no unverified one through.
    verified: { eq: p?.verified === false ? 'any' : true },
    rentable: { eq: true },
    rented: { eq: 'any' },
    external: { eq: false },
  };
  const least = (column: string, value: number): void => {
    if (value > 0) filters[column] = { gte: value };
  };
  const among = (column: string, op: 'in' | 'notin', values: readonly (string | number)[]): void => {
    if (values.length > 0) filters[column] = { [op]: values };
  };
  if (r.gpuCount > 0) filters.num_gpus = { eq: r.gpuCount };
  among('gpu_name', 'in', models);
  least('gpu_ram', Math.floor((r.gpuMemory / MIB) * NEARLY));
  least('cpu_cores_effective', Math.max(r.cpu.request, r.cpu.limit));
  least('cpu_ram', Math.floor(Math.max(r.memory.request, r.memory.limit) / MIB));
  least('direct_port_count', ports);
  least('reliability', Math.max(p?.minReliability ?? 0, need.minReliability ?? 0));
  least('inet_down', p?.minDownMbps ?? 0);
  least('cuda_max_good', p?.minCuda ?? 0);
  least('duration', Math.ceil((p?.minRemainingMs ?? 0) / 1000));
  among('geolocation', 'in', regionsOf(search));
  among('machine_id', 'notin', numbersIn(avoid.machines));
  among('host_id', 'notin', numbersIn(avoid.hosts));
  if (p?.datacenter === true) filters.datacenter = { eq: true };
  // Of what can be bid for it is the least bid: what would be paid is compared by whoever chooses.
  const most = Math.min(
    p?.maxMicrosPerHour ?? Number.POSITIVE_INFINITY,
    need.maxMicrosPerHour ?? Number.POSITIVE_INFINITY,
  );
  if (Number.isFinite(most) && !interruptible) filters.dph_total = { lte: most / 1e6 };
  return filters;
}

function regionsOf({ need, placement }: Search): readonly string[] {
  return codesOf((need.regions ?? []).length > 0 ? (need.regions ?? []) : (placement?.regions ?? []));
}

const numbersIn = (ids: ReadonlySet<string>): readonly number[] =>
  [...ids].map(Number).filter((n) => Number.isSafeInteger(n));
