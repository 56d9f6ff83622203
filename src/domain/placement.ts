import type { Offer } from './offer.ts';
import { codesOf } from './regions.ts';
import { hasGpuMemory, limitBelow, type Micros } from './resources.ts';
import type { Search } from './search.ts';
import type { Refused } from './session.ts';
import type { EpochMs } from './time.ts';

/** What an offer is held against: class and requirements as one, the narrower of the two in each. */
export type Wanted = {
  readonly search: Search;
  /** As compared, in order of preference. Empty: any. */
  readonly models: readonly string[];
  /** Country codes of which an offer must be in each set. */
  readonly regions: readonly ReadonlySet<string>[];
  /** null: only the cap. */
  readonly maxMicrosPerHour: Micros | null;
  readonly minReliability: number;
  readonly mayBeTakenBack: boolean;
};

/** What does not follow from the search. */
export type Limits = {
  readonly now: EpochMs;
  /** What the provider's cap leaves. null: there is none. */
  readonly capLeftMicros: Micros | null;
  /** Ids of offers that are somebody's already. */
  readonly taken: ReadonlySet<string>;
};

type Context = Limits & Wanted;
type Rule = { readonly name: string; readonly when: (o: Offer, c: Context) => boolean };

/** As models are compared: markets write `RTX_4090` and `RTX 4090` for the same. */
export const modelKey = (model: string): string => model.trim().replaceAll('_', ' ').toLowerCase();

/** Why an offer is not to be rented; first match wins. The name is what clients, logs and metrics tell. What an offer
 *  does not tell never meets a demand, unless the rule says why. */
const REJECT = [
  // Without a name there is nothing that could be banned: so it is with a provider without machines.
  { name: 'machine-banned', when: (o, c) => o.machine !== '' && c.search.avoid.machines.has(o.machine) },
  { name: 'host-banned', when: (o, c) => o.host !== '' && c.search.avoid.hosts.has(o.host) },
  { name: 'gpu-model', when: (o, c) => c.models.length > 0 && !c.models.includes(modelKey(o.granted.gpuModel)) },
  { name: 'gpu-count', when: (o, c) => o.granted.gpuCount < c.search.resources.gpuCount },
  { name: 'gpu-memory', when: (o, c) => !hasGpuMemory(o.granted.gpuMemory, c.search.resources.gpuMemory) },
  {
    name: 'cpu',
    when: (o, { search }) =>
      o.granted.cpu.request < search.resources.cpu.request || limitBelow(o.granted.cpu.limit, search.need.cpuLimit),
  },
  {
    name: 'memory',
    when: (o, { search }) =>
      o.granted.memory.request < search.resources.memory.request ||
      limitBelow(o.granted.memory.limit, search.need.memoryLimit),
  },
  { name: 'disk', when: (o, c) => o.granted.disk < c.search.resources.disk },
  { name: 'region', when: (o, c) => c.regions.some((codes) => !codes.has(o.region.toUpperCase())) },
  { name: 'price', when: (o, c) => c.maxMicrosPerHour !== null && o.microsPerHour > c.maxMicrosPerHour },
  { name: 'price-cap', when: (o, c) => c.capLeftMicros !== null && o.microsPerHour > c.capLeftMicros },
  { name: 'reliability', when: (o, c) => c.minReliability > 0 && (o.reliability ?? 0) < c.minReliability },
  { name: 'download', when: (o, { search: { placement: p } }) => p !== null && (o.downMbps ?? 0) < p.minDownMbps },
  { name: 'cuda', when: (o, { search: { placement: p } }) => p !== null && (o.cuda ?? 0) < p.minCuda },
  // A provider that does not count ports has enough of them.
  { name: 'ports', when: (o, c) => o.directPorts !== undefined && o.directPorts < c.search.ports },
  { name: 'unverified', when: (o, { search: { placement: p } }) => p?.verified === true && o.verified !== true },
  {
    name: 'not-datacenter',
    when: (o, { search: { placement: p } }) => p?.datacenter === true && o.datacenter !== true,
  },
  // Without an end it lasts.
  {
    name: 'ends-soon',
    when: (o, { search: { placement: p }, now }) =>
      p !== null && o.endsAt !== undefined && o.endsAt < now + p.minRemainingMs,
  },
  // Only a market that takes back says so.
  { name: 'interruptible', when: (o, c) => o.interruptible === true && !c.mayBeTakenBack },
  { name: 'taken', when: (o, c) => c.taken.has(o.id) },
] as const satisfies readonly Rule[];

export type RejectRule = (typeof REJECT)[number]['name'];

/** What class and requirements want together: requirements narrow, they never allow what the class does not. */
export function wantedOf(search: Search): Wanted {
  const { need, placement } = search;
  const prices = [placement?.maxMicrosPerHour ?? null, need.maxMicrosPerHour ?? null].filter((p) => p !== null);
  return {
    search,
    models: modelsOf(search),
    regions: [placement?.regions ?? [], need.regions ?? []]
      .map(codesOf)
      .flatMap((c) => (c.length > 0 ? [new Set(c)] : [])),
    maxMicrosPerHour: prices.length > 0 ? Math.min(...prices) : null,
    // Without a market nothing is told of machines, and there is only the one.
    minReliability: placement === null ? 0 : Math.max(placement.minReliability, need.minReliability ?? 0),
    mayBeTakenBack: placement?.interruptible !== false && need.interruptible !== false,
  };
}

/** The caller's order goes before the class's; a model that the class does not have is none. */
function modelsOf({ need, placement, resources }: Search): readonly string[] {
  const own = (placement?.gpuModels ?? (resources.gpuModel === '' ? [] : [resources.gpuModel])).map(modelKey);
  if (need.gpuModels === undefined || need.gpuModels.length === 0) return own;
  const asked = need.gpuModels.map(modelKey);
  if (placement === null || own.length === 0) return asked;
  const both = asked.filter((m) => own.includes(m));
  // Not empty, which would mean any: no machine has this.
  return both.length > 0 ? both : ['none of the models'];
}

/** The name of the first rule that refuses the offer; null: it does. */
export const rejectReason = (o: Offer, c: Context): RejectRule | null => REJECT.find((r) => r.when(o, c))?.name ?? null;

/** Which offers do, in the order told, and how many were refused by which rule. */
export function sift(
  offers: readonly Offer[],
  wanted: Wanted,
  limits: Limits,
): { readonly suitable: readonly Offer[]; readonly refused: Refused } {
  const refused: Record<string, number> = {};
  const context = { ...wanted, ...limits };
  const suitable = offers.filter((o) => {
    const rule = rejectReason(o, context);
    if (rule !== null) refused[rule] = (refused[rule] ?? 0) + 1;
    return rule === null;
  });
  return { suitable, refused };
}

/** What was refused here beside what was refused elsewhere. */
export function addRefused(a: Refused, b: Refused): Refused {
  const sum: Record<string, number> = { ...a };
  for (const [rule, n] of Object.entries(b)) sum[rule] = (sum[rule] ?? 0) + n;
  return sum;
}

/** Such as `price 12, region 3`: the most frequent first. */
export const refusedInWords = (refused: Refused): string =>
  Object.entries(refused)
    .sort(([, a], [, b]) => b - a)
    .map(([rule, n]) => `${rule} ${n}`)
    .join(', ');
