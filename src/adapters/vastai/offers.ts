import type { Offer } from '../../domain/offer.ts';
import { addRefused, modelKey, sift } from '../../domain/placement.ts';
import type { Search } from '../../domain/search.ts';
import type { Refused } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Offers } from '../../ports/compute-provider.ts';
import type { Api } from './api.ts';
import { CallFailed } from './problems.ts';
import { type Asked, askedOf, laxQueryOf, type Query, queryOf, ROW_CAP } from './query.ts';
import { GB, MIB, toMicros } from './units.ts';
import { OffersWire, OfferWire } from './wire.ts';

const HOURS_PER_MONTH = 720;
/** Over the least bid: who bids just that is the first to be outbid. */
const BID_FACTOR = 1.1;
/** The API takes no less [$ per hour]. */
const LEAST_BID = 0.001;
/** Searches that one question may take beyond the first: they are 10 a minute, and so many a day. */
const MORE_SEARCHES = 3;

/** The country's code at the end of a host's own words for its place; empty: it says none. */
export const regionOf = (geolocation: string | null | undefined): string =>
  /(?:^|[^A-Za-z])([A-Za-z]{2})\s*$/.exec(geolocation ?? '')?.[1]?.toUpperCase() ?? '';

type Found = {
  readonly offers: Map<string, Offer>;
  unreadable: number;
};

/** All that may do, each ask once. A search shows at most 64, so the models that it hides are asked for one by one, else
 *  one page more. */
export async function findOffers(api: Api, search: Search, nowMs: EpochMs, signal: AbortSignal): Promise<Offers> {
  const asked = askedOf(search);
  const found: Found = { offers: new Map(), unreadable: 0 };
  const take = (query: Query) => takeFrom(api, query, asked, found, signal);
  const first = await take(queryOf(search, asked));
  const more = await takeMore(first, search, asked, take);
  const unreadable: Refused = found.unreadable === 0 ? {} : { unreadable: found.unreadable };
  const offers = [...found.offers.values()];
  if (offers.length > 0) return { offers, refused: unreadable, ...(more ? { more } : {}) };
  return { offers: [], refused: addRefused(unreadable, await whyNone(api, asked, nowMs, signal)) };
}

type Taken = { readonly rows: readonly OfferWire[]; readonly isFull: boolean };

/** What the first 64 hide. @returns whether something may still be hidden; so it is also when no more may be asked */
async function takeMore(
  { rows, isFull }: Taken,
  search: Search,
  asked: Asked,
  take: (query: Query) => Promise<Taken>,
): Promise<boolean> {
  const last = rows.at(-1);
  if (!isFull || last === undefined) return false;
  const names = new Set(rows.map((row) => modelKey(row.gpu_name)));
  const hidden = asked.models.filter((m) => !names.has(modelKey(m))).slice(0, MORE_SEARCHES);
  try {
    for (const model of hidden) await take(queryOf(search, { ...asked, models: [model] }));
    return hidden.length > 0 || (await take(queryOf(search, asked, last.dph_total))).isFull;
  } catch (err) {
    if (!(err instanceof CallFailed) || err.problem.kind === 'aborted') throw err;
    return true;
  }
}

/** What the server's filters have kept back, named by the rules that would have refused it. */
async function whyNone(api: Api, asked: Asked, now: EpochMs, signal: AbortSignal): Promise<Refused> {
  const found: Found = { offers: new Map(), unreadable: 0 };
  try {
    await takeFrom(api, laxQueryOf(asked), asked, found, signal);
  } catch (err) {
    // That there is nothing is known: only the reason is not.
    if (!(err instanceof CallFailed) || err.problem.kind === 'aborted') throw err;
  }
  const limits = { now, capLeftMicros: null, taken: new Set<string>() };
  const { refused } = sift([...found.offers.values()], asked.wanted, limits);
  return Object.keys(refused).length > 0 ? refused : { search: 1 };
}

async function takeFrom(api: Api, query: Query, asked: Asked, found: Found, signal: AbortSignal): Promise<Taken> {
  const all = await ask(api, query, signal);
  const rows = all.flatMap((row): readonly OfferWire[] => {
    const parsed = OfferWire.safeParse(row);
    return parsed.success ? [parsed.data] : [];
  });
  found.unreadable += all.length - rows.length;
  for (const offer of rows.map((row) => toOffer(row, asked))) found.offers.set(offer.id, offer);
  return { rows, isFull: all.length >= ROW_CAP };
}

async function ask(api: Api, query: Query, signal: AbortSignal): Promise<readonly unknown[]> {
  const body = await api.call({ lane: 'search', method: 'POST', path: '/api/v0/bundles/', body: query }, signal);
  const read = OffersWire.safeParse(body);
  if (read.success) return read.data.offers;
  throw new CallFailed({ kind: 'odd', text: "Vast.ai's answer to a search has no offers in it" });
}

function toOffer(row: OfferWire, { diskGb, interruptible: forBids }: Asked): Offer {
  const disk = Math.min(diskGb, row.disk_space) * GB;
  const storageDph = row.storage_total_cost ?? (diskGb * (row.storage_cost ?? 0)) / HOURS_PER_MONTH;
  // Whatever the row says: what is found in a search for bids and rented without one is paid in full.
  const interruptible = forBids || row.is_bid === true;
  const storage = toMicros(storageDph);
  // What is found in a search for bids is the least bid with the disk.
  const least = row.min_bid ?? Math.max(0, row.dph_total - storageDph);
  const cores = row.cpu_cores_effective ?? 0;
  const memory = (row.cpu_ram ?? 0) * MIB;
  return {
    id: `${row.ask_contract_id ?? row.id}`,
    granted: {
      cpu: { request: cores, limit: cores },
      memory: { request: memory, limit: memory },
      gpuModel: row.gpu_name.replaceAll('_', ' '),
      gpuCount: row.num_gpus,
      gpuMemory: row.gpu_ram * MIB,
      disk,
    },
    microsPerHour: interruptible
      ? toMicros(Math.max(LEAST_BID, least * BID_FACTOR)) + storage
      : toMicros(row.dph_total),
    storageMicrosPerHour: storage,
    machine: `${row.machine_id}`,
    host: `${row.host_id}`,
    region: regionOf(row.geolocation),
    verified: row.verification === 'verified',
    datacenter: row.hosting_type === 1,
    interruptible,
    ...told('reliability', row.reliability2 ?? row.reliability),
    ...told('downMbps', row.inet_down),
    ...told('cuda', row.cuda_max_good),
    ...told('directPorts', row.direct_port_count),
    ...told('endsAt', typeof row.end_date === 'number' ? Math.floor(row.end_date * 1000) : null),
  };
}

const told = <K extends string>(name: K, value: number | null | undefined): { readonly [P in K]?: number } =>
  value === null || value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: number });
