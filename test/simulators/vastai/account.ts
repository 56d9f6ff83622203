import { costOf } from './instance.ts';
import { round } from './market.ts';
import { GPUS } from './market-data.ts';
import { credit } from './meter.ts';
import { holds, isObject, parseTests, type Row } from './operators.ts';
import { json, type Reply, refuse } from './reply.ts';
import type { World } from './world.ts';

/** GET users/current. It tells the key, too: clients must not log it. */
export function currentUser(w: World, key: string): Reply {
  const money = round(credit(w), 6);
  return json({
    id: w.account.id,
    email: w.account.email,
    username: 'renter',
    credit: money,
    balance: 0,
    can_pay: money > 0,
    balance_threshold: 0,
    balance_threshold_enabled: false,
    ssh_key: null,
    sid: null,
    api_key: key,
  });
}

const PAGE = 20;
const MAX_PAGE = 100;

/** GET charges/: what each instance has cost, from the start of its rental. */
export function charges(w: World, query: URLSearchParams): Reply {
  const now = w.clock.now();
  const rows: readonly Row[] = [...w.instances.values()].map((i) => ({
    type: 'instance',
    source: `instance-${i.id}`,
    amount: round(costOf(i, now), 8),
    start: i.createdMs / 1000,
    end: (i.goneMs ?? now) / 1000,
    day: Math.floor(i.createdMs / 1000),
    description: `Instance ${i.id}`,
    items: [],
    metadata: { label: i.label },
  }));
  const tests = Object.entries(read(query.get('select_filters'))).flatMap(([f, raw]) =>
    parseTests(f, raw, 'invalid_request', 'select_filters'),
  );
  const found = rows.filter((r) => tests.every((t) => holds(r, t)));
  if (query.get('latest_first') === 'true') found.reverse();
  const from = tokenOf(query.get('after_token'));
  const limit = Math.min(MAX_PAGE, Math.max(1, Number(query.get('limit') ?? PAGE)));
  const results = found.slice(from, from + limit).map(({ day: _, ...r }) => r);
  const next_token = from + limit < found.length ? `${from + limit}` : null;
  return json({ results, count: results.length, total: found.length, next_token });
}

function tokenOf(raw: string | null): number {
  const from = Number(raw ?? 0);
  return Number.isInteger(from) && from >= 0 ? from : refuse(400, 'invalid_token', 'after_token is invalid');
}

function read(raw: string | null): Row {
  try {
    const asked: unknown = JSON.parse(raw ?? '{}');
    if (isObject(asked)) return asked;
  } catch {
    // Told below.
  }
  return refuse(400, 'invalid_request', 'select_filters: Input should be a valid dictionary');
}

/** GET gpu_names/unique/, for anybody. */
export const gpuNames = (): Reply => json({ gpu_names: GPUS.map((g) => g.name) });

/** GET gpu_types/, for anybody. */
export const gpuTypes = (): Reply =>
  json({ gpu_types: GPUS.map((g) => ({ canonical_name: g.name, gpu_ram_mb: g.ramMib })) });
