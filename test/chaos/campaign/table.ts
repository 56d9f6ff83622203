import { rankOf } from '../../bench/samples.ts';
import { duplicates } from '../../support/invariants.ts';
import type { Result } from './campaign.ts';
import { commandOf } from './options.ts';
import { mostAtOnce, oursOf } from './verdict.ts';

const HOUR = 3_600_000;

const counted = (all: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, n]) => `${name} ${n}`).join(', ') || 'none';
};

/** The figures of a campaign, for people, one a line. */
export function tableOf(r: Result): string {
  const { options: o, end, sampled } = r;
  const ours = oursOf(end);
  const labels = ours.map((i) => i.label ?? '');
  const { endpoints, meter } = end.sim;
  const active = r.outcomes.flatMap((x) => (x.activeMs === null ? [] : [x.activeMs]));
  const rows: readonly (readonly [string, string])[] = [
    ['campaign', commandOf(o)],
    ['factor of all times of the provider', `${o.factor}`],
    ['took', `${(r.tookMs / 1_000).toFixed(0)} s`],
    ['sessions asked for', `${r.outcomes.length}: ${counted(r.outcomes.map((x) => x.habit))}`],
    ['active at a client', `${active.length}; p50 ${rankOf(active, 0.5)} ms, p95 ${rankOf(active, 0.95)} ms`],
    ['refused to a client', counted(r.outcomes.flatMap((x) => (x.refused === null ? [] : [x.refused])))],
    ['ended by reason', counted(end.records.sessions.map((s) => ('why' in s ? s.why : s.phase)))],
    [
      'told at the end',
      counted(end.records.sessions.flatMap((s) => ('why' in s && s.why !== 'client' ? [told(s)] : []))),
    ],
    ['brokers killed', `${r.kills}`],
    ['instances ever', `${ours.length}; ${counted(ours.map((i) => i.fault ?? 'good'))}`],
    ['rules that struck', counted(end.sim.faults.flatMap((f) => Array(f.strikes).fill(nameOf(f))))],
    [
      'calls',
      Object.entries(endpoints)
        .map(([name, e]) => `${name} ${e.calls} (${e.limited} limited)`)
        .join(', '),
    ],
    ['double rents found', `${duplicates(labels).length} labels twice`],
    [
      'bans',
      counted(
        end.hosts.map((h) => `${h.machineId === '' ? 'host' : 'machine'} ${h.ban?.reason ?? 'of a banned host'}`),
      ),
    ],
    ['most instances at a time', `${mostAtOnce(end)} of ${o.maxInstances} (${sampled.looks} looks)`],
    ['most $/h at a time', `${sampled.most.dollarsPerHour.toFixed(3)} of ${o.maxDollarsPerHour}`],
    ['instances seen without a record', `${sampled.leaks.length}; longest ${longestLeak(r).toFixed(1)} s${leaksOf(r)}`],
    ['left at the simulator', `${ours.filter((i) => i.gone_ms === null).length} instances`],
    ['spent', `$${meter.spent.toFixed(4)} (${(ours.reduce((s, i) => s + i.cost, 0)).toFixed(4)} ours)`],
    [
      'instance hours',
      `${(ours.reduce((s, i) => s + (i.gone_ms ?? end.sim.now_ms) - i.created_ms, 0) / HOUR).toFixed(2)}`,
    ],
    ['violations', r.violations.length === 0 ? 'none' : `${r.violations.length}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** Without what differs from case to case. */
const told = (s: { readonly why: string; readonly detail: string }): string =>
  `${s.why} "${s.detail.replaceAll(/[\d.]+|[sip]-[0-9a-z]{26}/g, '#').slice(0, 110)}"`;

const nameOf = (f: { readonly fault: string; readonly endpoint?: string; readonly body: string }): string =>
  f.endpoint === undefined ? f.fault : `${f.endpoint}:${f.body}`;

/** [s] */
function longestLeak({ sampled, end }: Result): number {
  const goneMs = new Map(end.sim.instances.map((i) => [i.id, i.gone_ms]));
  const lasted = sampled.leaks.map((l) => (l.untilMs ?? goneMs.get(l.id) ?? end.sim.now_ms) - l.fromMs);
  return Math.max(0, ...lasted) / 1_000;
}

/** Which, and what was wrong with them. */
function leaksOf({ sampled, end }: Result): string {
  const seen = sampled.leaks.map(({ id }) => end.sim.instances.find((i) => i.id === id));
  return seen.map((i) => `\n  ${i?.id} ${i?.label} ${i?.fault ?? 'good'}`).join('');
}

/** Everything that is needed to see it again. */
export const troubleOf = (r: Result): string =>
  r.violations.length === 0 ? '' : `\nbroken:\n- ${r.violations.join('\n- ')}\n\nfrom the brokers' log:\n${r.log}\n`;
