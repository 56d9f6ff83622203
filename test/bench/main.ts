import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { cold } from './lines/cold.ts';
import { expiry } from './lines/expiry.ts';
import { idle } from './lines/idle.ts';
import { idleProxies } from './lines/idle-proxies.ts';
import { marketBurst } from './lines/market-burst.ts';
import { marketLists } from './lines/market-lists.ts';
import { marketReady } from './lines/market-ready.ts';
import { proxy } from './lines/proxy.ts';
import { single } from './lines/single.ts';
import { sustained } from './lines/sustained.ts';
import { warm } from './lines/warm.ts';
import { describeMachine } from './machine.ts';
import { type Row, toTable, toVerdict } from './rows.ts';
import { type Scale, STORES } from './stage.ts';

// npm run bench [-- --quick] [--only LINE,LINE] [--json FILE]. Goals are shown, not asserted: it fails only when it
// could not measure.

const FULL: Scale = {
  rounds: 5,
  sessions: 5_000,
  sustainedSeconds: 12,
  idleSeconds: 20,
  expiring: { count: 10_000, spanSeconds: 60 },
  single: 2_000,
  cold: 15,
  market: {
    ready: { sessions: 12, pace: 1 },
    lists: { sessions: [1, 100, 1_000], seconds: 120, pace: 1 },
    burst: { acquires: 200, pace: 0.2 },
  },
};
const QUICK: Scale = {
  rounds: 3,
  sessions: 2_500,
  sustainedSeconds: 5,
  idleSeconds: 10,
  expiring: { count: 2_500, spanSeconds: 15 },
  single: 1_000,
  cold: 5,
  market: {
    ready: { sessions: 8, pace: 0.1 },
    lists: { sessions: [100], seconds: 6, pace: 0.1 },
    burst: { acquires: 40, pace: 0.1 },
  },
};

type Measure = (scale: Scale) => Promise<readonly Row[]>;

/** Both stores at once: to save minutes where that cannot make the figures better. */
const together =
  (line: (store: (typeof STORES)[number], scale: Scale) => Promise<readonly Row[]>): Measure =>
  async (scale) =>
    (await Promise.all(STORES.map((store) => line(store, scale)))).flat();

const LINES: Readonly<Record<string, Measure>> = {
  'warm-redis': (scale) => warm('redis', scale),
  'warm-sqlite': (scale) => warm('sqlite', scale),
  'single-redis': (scale) => single('redis', scale),
  'single-sqlite': (scale) => single('sqlite', scale),
  sustained,
  cold,
  idle: together(idle),
  'idle-proxies': idleProxies,
  proxy,
  expiry: together(expiry),
  'market-ready': marketReady,
  'market-lists': marketLists,
  'market-burst': marketBurst,
};

/** By name, or by its first part: `warm` is warm-redis and warm-sqlite. */
const linesOf = (names: readonly string[]): [string, Measure][] =>
  names.flatMap((name) => {
    const found = Object.entries(LINES).filter(([line]) => line === name || line.startsWith(`${name}-`));
    if (found.length === 0) throw new Error(`no line "${name}"; there are: ${Object.keys(LINES).join(', ')}`);
    return found;
  });

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, only: { type: 'string' }, json: { type: 'string' } },
  });
  const wanted = values.only === undefined ? Object.entries(LINES) : linesOf(values.only.split(','));
  const scale = values.quick ? QUICK : FULL;
  console.log(`${describeMachine()}, ${new Date().toISOString().slice(0, 10)}\n`);
  const rows: Row[] = [];
  for (const [name, line] of wanted) {
    const begun = performance.now();
    rows.push(...(await line(scale)));
    console.error(`${name}: measured in ${Math.round((performance.now() - begun) / 1_000)} s`);
  }
  console.log(`\n${toTable(rows)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(toVerdict(rows));
}

try {
  await bench();
} catch (err) {
  console.error(`could not measure: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`);
  process.exitCode = 1;
}
