import { offerRow, type PriceTerms } from './offer-row.ts';
import { byOrder, holds, isObject, type Order, parseTests, type Row, type Test } from './operators.ts';
import { json, type Reply, refuse } from './reply.ts';
import { living, type World } from './world.ts';

/** Whatever `limit` says. */
export const ROW_CAP = 64;

/** Not columns. */
const CONTROL = new Set([
  'order',
  'type',
  'limit',
  'allocated_storage',
  'disable_bundling',
  'extra_ids',
  'sort_option',
  'target_reliability',
  'template_id',
  'gpu_option',
  'show_incompatible',
]);
/** Official clients send these bare. */
const MAY_BE_BARE = new Set(['external', 'has_avx']);
const TYPES = new Set(['on-demand', 'ondemand', 'bid', 'reserved', 'ask']);
const DEFAULT_STORAGE_GB = 8;
const DEFAULTS = { verified: { eq: true }, rentable: { eq: true }, rented: { eq: false } };

type Column = { readonly to: string; readonly value?: (want: unknown, nowMs: number) => unknown };
const each = (one: (v: unknown) => unknown) => (want: unknown) => (Array.isArray(want) ? want.map(one) : one(want));
const isTrue = (v: unknown): boolean => v === true || v === 1 || v === '1' || String(v).toLowerCase() === 'true';
const toFlag = each((v) => (isTrue(v) ? 1 : 0));

/** Names and values that the server turns into columns. */
const COLUMNS: Readonly<Record<string, Column>> = {
  datacenter: { to: 'hosting_type', value: toFlag },
  verified: { to: 'vericode', value: toFlag },
  duration: { to: 'end_date', value: (want, nowMs) => nowMs / 1000 + Number(want) },
  geolocation: { to: 'country', value: each((v) => (typeof v === 'string' ? v.trim().slice(-2).toUpperCase() : v)) },
  reliability2: { to: 'reliability' },
  dphtotal: { to: 'dph_total' },
  gpu_totalram: { to: 'gpu_total_ram' },
  cpu_ram_GB: { to: 'cpu_ram', value: each((v) => Number(v) * 1000) },
  gpu_ram_GB: { to: 'gpu_ram', value: each((v) => Number(v) * 1000) },
  gpu_total_ram_GB: { to: 'gpu_total_ram', value: each((v) => Number(v) * 1000) },
  ubuntu_version: { to: 'os_version' },
  driver_version: { to: 'driver_vers' },
  has_avx: { to: 'has_avx', value: toFlag },
};

/** POST bundles, GET bundles?q= and PUT search/asks. */
export function search(w: World, query: unknown): Reply {
  if (!isObject(query)) return refuse(400, 'bad_request', 'q: Input should be a valid dictionary');
  const now = w.clock.now();
  const terms = termsOf(query);
  const mine = new Set(living(w).map((i) => i.machine.id));
  const rows: Row[] = [];
  for (const ask of w.asks.all()) {
    if (ask.machine.listedUntilMs <= now) continue;
    const row = offerRow(ask, terms, mine.has(ask.machine.id), now);
    rows.push({ ...row, country: ask.machine.place?.slice(-2) ?? null });
  }
  const tests = testsOf(w, query, rows[0] ?? {}, now);
  const found = rows.filter((row) => tests.every((t) => holds(row, t)));
  found.sort(byOrder(orderOf(query.order)));
  const offers = found.slice(0, limitOf(query.limit)).map(({ country: _, ...row }) => row);
  const [only] = offers;
  return json({ offers: w.switches.single_offer_as_object && offers.length === 1 ? only : offers });
}

function termsOf(query: Row): PriceTerms {
  const type = query.type ?? 'on-demand';
  if (typeof type !== 'string' || !TYPES.has(type))
    return refuse(400, 'bad_request', 'q.type: Input should be a known type');
  const gb = Number(query.allocated_storage ?? DEFAULT_STORAGE_GB);
  return { bid: type === 'bid', storageGb: Number.isFinite(gb) ? gb : DEFAULT_STORAGE_GB };
}

function testsOf(w: World, query: Row, columns: Row, nowMs: number): readonly Test[] {
  const tests = Object.entries({ ...DEFAULTS, ...query })
    .filter(([name]) => !CONTROL.has(name))
    .flatMap(([name, raw]) => {
      const column = COLUMNS[name] ?? { to: name };
      const wanted = MAY_BE_BARE.has(name) && !isObject(raw) ? { eq: raw } : raw;
      const parsed = parseTests(name, wanted, 'bad_request', 'q');
      // No error is known for what is no column; the figures tell of it.
      if (!(column.to in columns)) w.ignoredFilters.add(name);
      return column.to in columns
        ? parsed.map((t) => ({ ...t, field: column.to, want: column.value?.(t.want, nowMs) ?? t.want }))
        : [];
    });
  // Seen in 2026: a filter on `id` finds nothing; `ask_contract_id` is what works.
  const fixed = tests.map((t) => (t.field === 'id' ? { field: 'id', op: 'in', want: [] } : t));
  return [
    ...fixed,
    ...atLeast('disk_space', query.allocated_storage),
    ...atLeast('expected_reliability', query.target_reliability),
  ];
}

const atLeast = (field: string, want: unknown): readonly Test[] =>
  want === undefined ? [] : [{ field, op: 'gte', want }];

function orderOf(raw: unknown): Order {
  if (raw === undefined || raw === null) return [['score', true]];
  if (!Array.isArray(raw)) return refuse(400, 'bad_request', 'q.order: Input should be a valid list');
  return raw.map((pair: unknown) => {
    const [field, way] = Array.isArray(pair) ? pair : [];
    if (typeof field !== 'string' || (way !== 'asc' && way !== 'desc'))
      return refuse(400, 'bad_request', 'q.order: Input should be a list of [field, "asc" or "desc"]');
    return [COLUMNS[field]?.to ?? field, way === 'desc'] as const;
  });
}

function limitOf(raw: unknown): number {
  const limit = Number(raw ?? ROW_CAP);
  return limit >= 1 ? Math.min(ROW_CAP, Math.floor(limit)) : ROW_CAP;
}
