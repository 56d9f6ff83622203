import { createRandom } from '../../simulators/vastai/random.ts';
import { eventually } from '../../support/eventually.ts';
import { unlessAborted } from '../../support/unless-aborted.ts';
import { createCrowd, type Outcome } from './clients.ts';
import { killTimes } from './keeper.ts';
import { playEpisodes } from './mix.ts';
import type { CampaignOptions } from './options.ts';
import { type Sampled, startSampler } from './sampler.ts';
import { type End, leftOver, takeEnd, violationsAt } from './verdict.ts';
import { type CampaignWorld, openWorld } from './world.ts';

export type Result = {
  readonly options: CampaignOptions;
  readonly outcomes: readonly Outcome[];
  readonly end: End;
  readonly sampled: Sampled;
  readonly kills: number;
  readonly tookMs: number;
  /** Empty: it is won. */
  readonly violations: readonly string[];
  /** What the brokers' log says of the violations. */
  readonly log: string;
};

/** How it goes, for people who wait. */
export type Progress = (text: string) => void;

/** Sessions, faults and kills, until all is over; then what was left, and what was broken on the way.
 *  @param signal ends it early, with everything that it started */
export async function runCampaign(
  o: CampaignOptions,
  signal: AbortSignal,
  say: Progress = () => undefined,
): Promise<Result> {
  const world = await openWorld(o);
  try {
    // It may have come while the world was made.
    signal.throwIfAborted();
    return await unlessAborted(play(o, world, say), signal);
  } finally {
    await world.end();
  }
}

/** Errors that no provider and no client can cause. */
const SLIPS = ['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError'].map((type) => `"err":{"type":"${type}"`);

async function play(o: CampaignOptions, world: CampaignWorld, say: Progress): Promise<Result> {
  const begun = performance.now();
  const { sim, keeper } = world;
  const crowd = createCrowd(o, world.address);
  const sampler = startSampler(
    { ...o, ...world },
    sim,
    () => keeper.current()?.client ?? null,
    (seen) => say(`${crowd.begun()} sessions asked for, ${keeper.kills()} kills; ${seen}`),
  );
  const over = new AbortController();
  const times = killTimes(o.sessions, o.kills, createRandom(`${o.seed}/kill-times`));
  const troubles = Promise.all([
    keeper.run(times, crowd.begun, over.signal),
    playEpisodes(sim, () => crowd.begun() / o.sessions, over.signal),
  ]);
  let outcomes: readonly Outcome[];
  try {
    [outcomes] = await Promise.all([crowd.run(), troubles]);
  } finally {
    over.abort();
  }
  say('all clients are done; waiting for the end of everything');
  const end = await settle(o, world);
  const sampled = await sampler.stop();
  const requests = Array.from({ length: o.sessions }, (_, n) => `${o.seed}-${n}`);
  const slips = (await world.logOf(SLIPS, 5)).map((line) => `a slip in the code: ${line.slice(0, 600)}`);
  const violations = [
    ...crowd.violations,
    ...sampled.violations,
    ...violationsAt(end, requests, o.maxInstances),
    ...slips,
  ];
  return {
    options: o,
    outcomes,
    end,
    sampled,
    kills: keeper.kills(),
    tookMs: performance.now() - begun,
    violations,
    log: (await world.logOf(idsIn(violations), 60)).join('\n'),
  };
}

/** Empties the reserve and waits until nothing is left, while the faults go on. */
async function settle(o: CampaignOptions, { sim, keeper, installation, foreign }: CampaignWorld): Promise<End> {
  const broker = keeper.current();
  if (broker === null) throw new Error('the broker has ended by itself');
  await broker.client.setReserve('warm', 0);
  const look = async () => takeEnd({ installation, foreign, sim: await sim.state(1_000_000) }, broker);
  await eventually('the end of all', async () => leftOver(await look()).length === 0, o.settleMs).catch(() => null);
  return look();
}

const idsIn = (texts: readonly string[]): readonly string[] => [
  ...new Set(texts.flatMap((t) => t.match(/\b[sip]-[0-9a-z]{26}\b/g) ?? [])),
];
