import { expectedStartMs } from '../../../src/domain/rank.ts';
import { DAY, MINUTE } from '../../../src/domain/time.ts';
import { rankOf } from '../samples.ts';
import { compared } from './compare.ts';
import type { Figures } from './figures.ts';
import type { Knows } from './memory.ts';
import { BANS, MINUTES, NOTHING, OWN, REGISTRY, type Row, SHIPPED, VALUED_IN, WAYS } from './results.ts';
import type { Terms } from './run.ts';
import { SETTINGS } from './setting.ts';
import { CLASS_FILE } from './terms.ts';

const days = Math.max(...SETTINGS.map((s) => s.days));
const dollars = (micros: number): string => `$${(micros / 1e6).toFixed(2)}`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The middle one of the seeds, and where the middle 80 % of them are. */
function spread(figures: readonly Figures[], of: (f: Figures) => number, digits: number): string {
  const values = figures.map(of);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => rankOf(values, share).toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

const sum = (figures: readonly Figures[], of: (f: Figures) => number): number =>
  figures.reduce((all, f) => all + of(f), 0);

/** Bad machines and good ones that were banned: of all seeds together, since a market has few of them. */
const bannedOf = (f: readonly Figures[]): readonly string[] => [
  shareOf(
    sum(f, (x) => x.bannedBad),
    sum(f, (x) => x.bad),
  ),
  shareOf(
    sum(f, (x) => x.bannedGood),
    sum(f, (x) => x.good),
  ),
];

const shareOf = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((part / whole) * 100).toFixed(0)} % of ${whole}`;

function mainTable(rows: readonly Row[]): string {
  const lines = SETTINGS.flatMap((s) =>
    WAYS.map((way) => {
      const { figures: f } = rowOf(rows, s.name, way.name, SHIPPED);
      return [
        way === NOTHING ? s.name : '',
        way.name,
        spread(f, (x) => x.p50, 1),
        spread(f, (x) => x.p95, 1),
        spread(f, (x) => x.failedStarts, 1),
        spread(f, (x) => x.ended, 1),
        spread(f, (x) => x.dollars, 3),
        ...(way === REGISTRY ? [...bannedOf(f), spread(f, (x) => x.bannedHosts, 0)] : ['–', '–', '–']),
      ];
    }),
  );
  const per100 = 'per 100 sessions';
  return table(
    [
      'market',
      'remembered',
      'cold start p50 [min]',
      'p95 [min]',
      `failed starts ${per100}`,
      `acquires ended ${per100}`,
      '$ per session',
      'bad machines banned',
      'good ones banned',
      'hosts banned',
    ],
    lines,
  );
}

/** Seed by seed, since a seed is the same market and the same clients for both. */
function comparison(rows: readonly Row[]): string {
  const lines = SETTINGS.map((s) => {
    const [own, registry] = [OWN, REGISTRY].map((way) => rowOf(rows, s.name, way.name, SHIPPED).figures);
    const by = (of: (f: Figures) => number, digits: number): string =>
      compared((own ?? []).map(of), (registry ?? []).map(of), digits);
    return [s.name, by((f) => f.p50, 1), by((f) => f.p95, 1), by((f) => f.failedStarts, 1), by((f) => f.dollars, 3)];
  });
  return table(['market', 'p50 [min]', 'p95 [min]', 'failed starts per 100', '$ per session'], lines);
}

function minuteTable(rows: readonly Row[], terms: Terms): string {
  const own = `minute_value ${terms.placement.microsPerMinute / 1e6} (the class)`;
  const variants = [MINUTES.free, SHIPPED, MINUTES.dear] as const;
  const lines = VALUED_IN.flatMap((setting) =>
    [OWN, REGISTRY].flatMap((way) =>
      variants.map((variant) => {
        const { figures: f } = rowOf(rows, setting, way.name, variant);
        const name = variant === SHIPPED ? own : variant;
        return [
          setting,
          way.name,
          name,
          spread(f, (x) => x.p50, 1),
          spread(f, (x) => x.p95, 1),
          spread(f, (x) => x.dollars, 3),
        ];
      }),
    ),
  );
  return table(['market', 'remembered', 'value', 'cold start p50 [min]', 'p95 [min]', '$ per session'], lines);
}

function banTable(rows: readonly Row[]): string {
  const lines = SETTINGS.flatMap((s) =>
    [SHIPPED, BANS.short, BANS.strict].map((variant) => {
      const { figures: f } = rowOf(rows, s.name, REGISTRY.name, variant);
      return [
        variant === SHIPPED ? s.name : '',
        variant,
        spread(f, (x) => x.p50, 1),
        spread(f, (x) => x.p95, 1),
        spread(f, (x) => x.failedStarts, 1),
        spread(f, (x) => x.ended, 1),
        spread(f, (x) => x.dollars, 3),
        ...bannedOf(f),
      ];
    }),
  );
  return table(
    [
      'market',
      'bans',
      'p50 [min]',
      'p95 [min]',
      'failed starts',
      'acquires ended',
      '$ per session',
      'bad banned',
      'good banned',
    ],
    lines,
  );
}

function rowOf(rows: readonly Row[], setting: string, knows: string, variant: string): Row {
  const found = rows.find((r) => r.setting === setting && r.knows === knows && r.variant === variant);
  if (found === undefined) throw new Error(`there are no figures of "${setting}" with ${knows}, ${variant}`);
  return found;
}

function assumptions(rows: readonly Row[], t: Terms): string {
  const { figures } = rowOf(rows, 'healthy', REGISTRY.name, SHIPPED);
  const lots = spread(figures, (f) => f.good, 0);
  const p = t.placement;
  const atMbps = (downMbps: number): string => {
    const offer = { downMbps } as Parameters<typeof expectedStartMs>[0];
    return ((expectedStartMs(offer, undefined, [], p) ?? 0) / MINUTE).toFixed(1);
  };
  return [
    `- **Class** (\`${CLASS_FILE}\`): ${p.gpuModels.join(', then ')}; ${p.regions.join(', ')}; at most ${dollars(p.maxMicrosPerHour ?? 0)}/h; reliability from ${p.minReliability}; ${p.minDownMbps} Mbit/s claimed; image of ${p.imageBytes / 1e9} GB; ${dollars(p.microsPerMinute)} a minute over ${p.expectedHours} h; boot deadline ${t.bootTimeoutMs / MINUTE} min; ${t.startAttempts} starts for an acquire; ${t.queueTimeoutMs / MINUTE} min in the queue.`,
    `- **Registry** (the broker's defaults): bans for ${t.bans.termMs / DAY} d; a host after ${t.bans.hostAfter} banned machines. Losses in use do not happen here, so they ban nothing.`,
    `- **Machines**: drawn as the simulator of the Vast.ai API draws them (prices, places, lines, reliability as in 2026, roughly), ${lots} of which do for the class where nothing else is said; one instance on each.`,
    '- **Others** take a free machine after 6 h and keep it for 6 h on average; one that fails they give back after 20 min, as people do: bad machines are on offer more often than good ones.',
    `- **Sessions** come by chance, 6 an hour for ${days} d where nothing else is said, and last 2 h on average (5 min to 8 h). Nothing is kept in reserve. Caps, budgets and the search quota are never reached.`,
    `- **Starts**: 15 s, and the image over the line, times the machine's drag (median 2.2 on a well kept host, more on a neglected one), with chance on both. The ranking, without measured starts, expects ${atMbps(500)} min at 500 Mbit/s, ${atMbps(2_000)} min at 2,000. An image is never on a machine already; in truth it often is, which only measured starts tell.`,
    '- **Failures**: 1 start in 100 fails on any good machine, for no reason that comes back. It is noticed at the boot deadline, as are machines that never boot; a failed pull or container after 1 min.',
    '- **Money**: storage from the create on, the GPU from when the container runs, until the instance is destroyed; failed starts are paid by the session they were made for. Traffic costs nothing.',
    '- **Clients** whose acquire ends without a session ask again at once, five times in all; their cold start counts from the first acquire.',
    '- Creates are 4.5 s apart. The time of lists, probes and proxies (seconds) is left out.',
  ].join('\n');
}

/** The whole page; nothing in it depends on when or where it is made. */
export function pageOf(rows: readonly Row[], terms: Terms): string {
  const seeds = rows[0]?.figures.length ?? 0;
  const brokenOf = (way: Knows) => rowOf(rows, 'broken image for 1 h', way.name, SHIPPED).figures;
  const broken = brokenOf(REGISTRY);
  const waited = (way: Knows): string => `${spread(brokenOf(way), (f) => f.p50WhileBroken, 0)} min`;
  return `# What the host registry is worth: a model

**Simulated.** No machine was rented for these figures: they come from a model of the market in stepped time, in which
berth's own rules of placement, bans and backing off choose, seeded and repeatable. They compare ways to choose; they do
not foretell a bill. Written by \`npm run model:market\`; a test sees that the page is what the figures give,
and that the registry's lines of the first seed still come out the same (with \`-- --check --all\` all of them).

${seeds} seeds for each line: the middle one and, in brackets, where 80 % of them are. Three ways to remember:

- **nothing**: every choice goes by price and claimed bandwidth alone, so that a bad machine that looks best is taken
  again as soon as it is back on offer.
- **own failures**: the same, but a session does not go back to a machine that has failed it: what careful clients do.
- **registry**: berth as it is, with bans, measured start times, and backing off where most machines fail.

## Markets

${table(
  ['market', 'what differs'],
  SETTINGS.map((s) => [s.name, s.assumes]),
)}

## With and without the registry

${mainTable(rows)}

Banned are machines that ever were in these ${days} d, of all seeds together; a banned host keeps its other machines away
as well. Dollars are no better for being less by themselves: where the model that is preferred runs short, also because it
is banned, the next one is rented, which costs less.
In the market with the broken image ${spread(broken, (f) => f.bannedWhileBroken, 0)} machines of ${spread(broken, (f) => f.good, 0)} were banned from the beginning of that hour
until an hour after it: half of the last ten machines must have failed before the class is suspected instead of them.
Whoever asked within that hour waited ${waited(REGISTRY)} (p50) with the registry, ${waited(OWN)} with own
failures, ${waited(NOTHING)} with nothing. With the registry starts stop then, but for trials at
growing pauses, which may notice the end of the trouble later than starts that go on failing.

### The registry against own failures

The difference seed by seed, in the middle, and in how many of ${seeds} seeds the registry is better and worse. Below 0 is better.

${comparison(rows)}

## Other bans

A start that fails by chance must not keep a good machine away for ${terms.bans.termMs / DAY} d: one whose last start came up is banned only
by its second failure in a row. What other rules would bring: \`BERTH_BAN_TERM=1d\`; or a ban at the first failure, whatever
the machine did before (not built).

${banTable(rows)}

## The value of a minute

What \`minute_value\` does: 0 takes the cheapest machine however long it starts.

${minuteTable(rows, terms)}

## What is assumed

${assumptions(rows, terms)}
`;
}
