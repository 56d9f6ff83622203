import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { SimProcess } from '../../support/vast-simulator.ts';

type Rule = { readonly fault: string; readonly probability: number } & Readonly<Record<string, unknown>>;

const after = (after_s: number) => ({ with: { after_s } });

/** Every fault of the simulator but `no_credit`, which is an episode, mixed in by chance: about a third of all starts go
 *  wrong in some way. */
const MIX: readonly Rule[] = [
  { fault: 'slow_boot', probability: 0.03, with: { factor: 8 } },
  { fault: 'never_boots', probability: 0.02 },
  { fault: 'pull_error', probability: 0.02 },
  { fault: 'oci_error', probability: 0.02 },
  { fault: 'sits_stopped', probability: 0.01 },
  { fault: 'exits', probability: 0.04, ...after(1) },
  { fault: 'goes_offline', probability: 0.03, ...after(2) },
  { fault: 'goes_unknown', probability: 0.01, ...after(2) },
  { fault: 'vanishes', probability: 0.02, ...after(2) },
  { fault: 'restarts', probability: 0.03, ...after(1.5) },
  { fault: 'preempted', probability: 0.03, ...after(1.5) },
  { fault: 'late_ports', probability: 0.05, with: { for_s: 1 } },
  { fault: 'port_dead', probability: 0.02 },
  { fault: 'port_silent', probability: 0.01 },
  { fault: 'offer_gone', probability: 0.06, with: { status: 410 } },
  { fault: 'offer_gone', probability: 0.03, with: { status: 404 } },
  { fault: 'double_rent', probability: 0.5 },
  { fault: 'host_full', probability: 0.02 },
  { fault: 'create_refused', probability: 0.02 },
  { fault: 'create_5xx_unrented', probability: 0.02 },
  { fault: 'create_5xx_rented', probability: 0.02 },
  { fault: 'create_hang_rented', probability: 0.01 },
  { fault: 'create_reset_rented', probability: 0.02 },
  { fault: 'create_html_rented', probability: 0.02 },
  { fault: 'create_failed_rented', probability: 0.02 },
  { fault: 'read_lag', probability: 0.1, with: { for_s: 0.5 } },
  { fault: 'list_short', probability: 0.03 },
  { fault: 'list_torn', probability: 0.02 },
  { fault: 'list_without_total', probability: 0.02 },
  { fault: 'destroy_ignored', probability: 0.05 },
  { fault: 'destroy_lags', probability: 0.05, with: { for_s: 1 } },
  { fault: 'destroy_429', probability: 0.05 },
  { fault: 'destroy_5xx', probability: 0.05 },
  { fault: 'destroy_5xx_done', probability: 0.05 },
  { fault: 'http', endpoint: 'list', probability: 0.02, body: 'text', with: { status: 429 } },
  { fault: 'http', endpoint: 'list', probability: 0.02, body: 'html', with: { status: 502 } },
  { fault: 'http', endpoint: 'list', probability: 0.01, body: 'html', with: { status: 200 } },
  { fault: 'http', endpoint: 'list', probability: 0.01, body: 'reset' },
  { fault: 'http', endpoint: 'list', probability: 0.01, body: 'empty', with: { status: 200 } },
  { fault: 'http', endpoint: 'search', probability: 0.03, body: 'html', with: { status: 502 } },
  { fault: 'http', endpoint: 'search', probability: 0.02, body: 'text', with: { status: 429 } },
  {
    fault: 'http',
    endpoint: 'show',
    probability: 0.03,
    body: 'json',
    error: 'rate_limit_exceeded',
    with: { status: 429 },
  },
  { fault: 'http', endpoint: 'show', probability: 0.03, body: 'html', with: { status: 503 } },
  { fault: 'http', endpoint: 'create', probability: 0.02, body: 'text', with: { status: 429 } },
  { fault: 'http', endpoint: 'create', probability: 0.01, body: 'text', retry_after_s: 1, with: { status: 429 } },
];

export async function addMix(sim: SimProcess): Promise<void> {
  for (const rule of MIX) await sim.steer('POST', 'faults', rule);
}

/** What happens to the account or to the whole provider for a while, once `at` of the sessions have been asked for. */
type Episode = {
  readonly name: string;
  /** From 0 to 1. */
  readonly at: number;
  readonly forMs: number;
  begin(sim: SimProcess): Promise<unknown>;
  end(sim: SimProcess): Promise<unknown>;
};

const credit = (dollars: number) => (sim: SimProcess) => sim.steer('POST', 'credit', { credit: dollars });

const EPISODES: readonly Episode[] = [
  // Below what berth keeps: nothing more is rented, what runs goes on.
  { name: 'little credit', at: 0.2, forMs: 3_000, begin: credit(0.5), end: credit(100) },
  { name: 'provider down', at: 0.4, forMs: 4_000, begin: goDown, end: comeBack },
  // The provider stops everything that runs.
  { name: 'no credit', at: 0.6, forMs: 2_000, begin: credit(0), end: credit(100) },
  // A quota lasts until midnight, and berth believes it: whoever comes now waits in vain, unless the reserve has some.
  {
    name: 'no searches left',
    at: 0.97,
    forMs: 3_000,
    begin: (sim) => sim.steer('POST', 'limits', { searches_per_day: 0 }),
    end: (sim) => sim.steer('POST', 'limits', { searches_per_day: 1_000_000 }),
  },
];

const DOWN = ['search', 'create', 'list', 'show', 'destroy', 'account'];

/** Rules of the mix stay before these, and strike now and then in their place. */
async function goDown(sim: SimProcess): Promise<void> {
  for (const endpoint of DOWN) await sim.fault('http', { endpoint, body: 'html', with: { status: 503 }, msg: 'down' });
}

async function comeBack(sim: SimProcess): Promise<void> {
  const rules = await sim.steer<readonly { readonly id: number; readonly msg?: string }[]>('GET', 'faults');
  for (const rule of rules.filter((r) => r.msg === 'down')) await sim.steer('DELETE', `faults/${rule.id}`);
}

/** Plays them one after the other, each when its time has come. @param share of the sessions asked for */
export async function playEpisodes(sim: SimProcess, share: () => number, signal: AbortSignal): Promise<void> {
  for (const episode of EPISODES) {
    await eventually(`time for "${episode.name}"`, () => signal.aborted || share() >= episode.at, 3_600_000);
    if (signal.aborted) return;
    await episode.begin(sim);
    await sleep(episode.forMs);
    await episode.end(sim);
  }
}
