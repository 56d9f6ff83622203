import { modelKey, type Wanted, wantedOf } from '../../domain/placement.ts';
import type { Search } from '../../domain/search.ts';
import { LEAST_DISK_GB, MIB, toDiskGb } from './units.ts';

/** Whatever `limit` says, as seen in 2026-09. */
export const ROW_CAP = 64;
/** A "24 GB" card has 24,564 MiB: what is a little short is compared by whoever chooses. */
const NEARLY = 0.98;

/** One comparison with its operator: bare values are refused. */
type Test = Readonly<Record<string, unknown>>;
export type Query = Readonly<Record<string, unknown>>;

/** What is asked for, class and caller together. */
export type Asked = {
  readonly wanted: Wanted;
  /** In order of preference, as the API writes them. Empty: any. */
  readonly models: readonly string[];
  readonly interruptible: boolean;
  readonly diskGb: number;
};

export function askedOf(search: Search): Asked {
  const { resources, need, placement } = search;
  const wanted = wantedOf(search);
  return {
    wanted,
    models: spelled(wanted.models, [...(placement?.gpuModels ?? []), ...(need.gpuModels ?? []), resources.gpuModel]),
    interruptible: wanted.mayBeTakenBack && (placement?.interruptible ?? need.interruptible ?? false),
    diskGb: toDiskGb(resources.disk),
  };
}

/** Models are compared without case, but the API knows only its own: the class's spelling is the most likely to be. */
function spelled(keys: readonly string[], names: readonly string[]): readonly string[] {
  return keys.map((key) => (names.find((n) => modelKey(n) === key) ?? key).trim().replaceAll('_', ' '));
}

/** A search as Vast.ai's body, cheapest first. What it filters is looked at again by whoever chooses: the server does
 *  not honour every filter. A class's own query comes last, but for what the prices and pages depend on. */
export function queryOf(search: Search, asked: Asked, fromDph: number | null = null): Query {
  const query = { ...filtersOf(search, asked), ...search.placement?.query };
  const from = fromDph === null ? {} : { dph_total: { ...asTest(query.dph_total), gte: fromDph } };
  return { ...query, ...from, ...termsOf(asked) };
}

/** What there is at all of these models: asked where nothing does, to tell people why. */
export const laxQueryOf = (asked: Asked): Query => ({
  verified: { eq: 'any' },
  rentable: { eq: true },
  rented: { eq: 'any' },
  ...(asked.models.length === 0 ? {} : { gpu_name: { in: asked.models } }),
  ...termsOf({ ...asked, diskGb: LEAST_DISK_GB }),
});

const termsOf = ({ interruptible, diskGb }: Asked): Query => ({
  type: interruptible ? 'bid' : 'on-demand',
  allocated_storage: diskGb,
  order: [['dph_total', 'asc']],
  limit: ROW_CAP,
});

const asTest = (value: unknown): Test => (typeof value === 'object' && value !== null ? (value as Test) : {});

function filtersOf(search: Search, { wanted, models, interruptible }: Asked): Record<string, Test> {
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
  least('cpu_cores_effective', Math.max(r.cpu.request, need.cpuLimit ?? 0));
  least('cpu_ram', Math.floor(Math.max(r.memory.request, need.memoryLimit ?? 0) / MIB));
  least('direct_port_count', ports);
  least('reliability', wanted.minReliability);
  least('inet_down', p?.minDownMbps ?? 0);
  least('cuda_max_good', p?.minCuda ?? 0);
  least('duration', Math.ceil((p?.minRemainingMs ?? 0) / 1000));
  among('geolocation', 'in', regionsOf(wanted));
  among('machine_id', 'notin', numbersIn(avoid.machines));
  among('host_id', 'notin', numbersIn(avoid.hosts));
  if (p?.datacenter === true) filters.datacenter = { eq: true };
  // Of what can be bid for it is the least bid: what would be paid is compared by whoever chooses.
  const most = wanted.maxMicrosPerHour;
  if (most !== null && !interruptible) filters.dph_total = { lte: most / 1e6 };
  return filters;
}

/** Countries that are in each of the sets. None in all of them is not anywhere. */
function regionsOf({ regions: [first, ...others] }: Wanted): readonly string[] {
  if (first === undefined) return [];
  const codes = [...first].filter((code) => others.every((set) => set.has(code)));
  return codes.length > 0 ? codes : ['none'];
}

/** Some come from elsewhere: "1e3" is nobody's id, and not that of 1000. */
const numbersIn = (ids: ReadonlySet<string>): readonly number[] =>
  [...ids].filter((id) => /^\d{1,15}$/.test(id)).map(Number);
