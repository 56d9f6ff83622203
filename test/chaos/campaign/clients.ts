import { setTimeout as sleep } from 'node:timers/promises';
import { type BerthClient, createClient, isBerthError, type Session } from '../../../clients/typescript/src/client.ts';
import { createRandom, type Random } from '../../simulators/vastai/random.ts';
import { eventually } from '../../support/eventually.ts';
import type { CampaignOptions } from './options.ts';

/** What a client does with its session. */
const HABITS = [
  { name: 'uses and releases', weight: 42 },
  { name: 'vanishes', weight: 10 },
  { name: 'asks twice', weight: 10 },
  { name: 'loses patience', weight: 12 },
  { name: 'never looks', weight: 6 },
  { name: 'polls', weight: 10 },
  { name: 'releases first', weight: 3 },
  { name: 'releases twice', weight: 7 },
] as const;
type Habit = (typeof HABITS)[number]['name'];

const CLASSES = [
  { name: 'gpu', weight: 62 },
  { name: 'warm', weight: 22 },
  { name: 'kept', weight: 12 },
  { name: 'broken', weight: 4 },
] as const;

/** What came of one acquire, as its client saw it. */
export type Outcome = {
  readonly requestId: string;
  readonly habit: Habit;
  readonly class: string;
  /** Code and reason of the refusal; null: there was none. */
  readonly refused: string | null;
  readonly answered: boolean;
  /** From the call to the active session [ms]; null: it never was, as far as this client knows. */
  readonly activeMs: number | null;
};

export type Crowd = {
  /** Sessions asked for so far. */
  begun(): number;
  /** Resolves when all have done with theirs. */
  run(): Promise<readonly Outcome[]>;
  /** What no client may ever see. */
  readonly violations: string[];
};

/** A broker that is killed comes back within seconds; clients try again until then. */
const PATIENCE_MS = 90_000;

/** So many clients ask one after the other, each for the next session. */
export function createCrowd(o: CampaignOptions, address: string): Crowd {
  const violations: string[] = [];
  const outcomes: Outcome[] = [];
  let next = 0;

  async function client(): Promise<void> {
    using calls = createClient({ address, retryForMs: PATIENCE_MS });
    while (next < o.sessions) outcomes.push(await one(calls, `${o.seed}-${next++}`, o.seed, violations));
  }

  return {
    begun: () => next,
    violations,
    async run() {
      await Promise.all(Array.from({ length: o.clients }, client));
      return outcomes;
    },
  };
}

type Visit = {
  readonly calls: BerthClient;
  readonly random: Random;
  readonly requestId: string;
  readonly class: string;
  readonly lifetimeMs: number;
  readonly violations: string[];
  /** Of what was answered. */
  readonly seen: { answered: boolean; active: number | null };
};

async function one(calls: BerthClient, requestId: string, seed: string, violations: string[]): Promise<Outcome> {
  const random = createRandom(`${seed}/client/${requestId}`);
  const habit = random.weighted(HABITS).name;
  const begun = performance.now();
  const v: Visit = {
    calls,
    random,
    requestId,
    class: random.weighted(CLASSES).name,
    lifetimeMs: 1_000 * (2 + random.int(5)),
    violations,
    seen: { answered: false, active: null },
  };
  const refused = await PLAYS[habit](v).then(
    () => null,
    (err: unknown) => refusalOf(v, err),
  );
  const { answered, active } = v.seen;
  return {
    requestId,
    habit,
    class: v.class,
    refused,
    answered,
    activeMs: active === null ? null : Math.round(active - begun),
  };
}

/** Every refusal has a code and, where the session ended, a reason. */
function refusalOf(v: Visit, err: unknown): string {
  if (!isBerthError(err)) {
    v.violations.push(`${v.requestId}: a client failed with ${String(err)}`);
    return String(err);
  }
  if (isBerthError(err, 'internal', 'unknown', 'unavailable', 'deadline-exceeded', 'invalid-argument'))
    v.violations.push(`${v.requestId} (${v.class}): answered ${err.code}: ${err.message}`);
  return `${err.code}${err.reason === '' ? '' : ` ${err.reason}`}`;
}

const PLAYS: Readonly<Record<Habit, (v: Visit) => Promise<unknown>>> = {
  'uses and releases': async (v) => {
    const session = await acquired(v);
    await used(v, session);
    await held(v);
    await v.calls.release({ id: session.id });
  },
  // Its session ends by its lifetime.
  vanishes: async (v) => used(v, await acquired(v)),
  'asks twice': async (v) => {
    const [first, second] = await Promise.all([acquired(v), acquired(v)]);
    if (first.id !== second.id) v.violations.push(`${v.requestId} got two sessions: ${first.id} and ${second.id}`);
    await v.calls.release({ requestId: v.requestId });
  },
  'loses patience': async (v) => {
    const signal = AbortSignal.timeout(100 + v.random.int(3_000));
    const session = await v.calls.acquire(requestOf(v), { signal }).catch((err: unknown) => {
      if (signal.aborted) return null;
      throw err;
    });
    if (session !== null) answeredWith(v, session);
    await v.calls.release({ requestId: v.requestId });
  },
  // Nobody confirms it; it ends by that.
  'never looks': (v) => v.calls.acquire({ ...requestOf(v), waitMs: 0 }),
  polls: async (v) => {
    const { id } = await v.calls.acquire({ ...requestOf(v), waitMs: 0 });
    const session = await v.calls.waitUntilActive({ id });
    answeredWith(v, session);
    await used(v, session);
    await v.calls.release({ id });
  },
  'releases first': async (v) => {
    await v.calls.release({ requestId: v.requestId });
    const late = await v.calls.acquire(requestOf(v)).catch((err: unknown) => {
      if (isBerthError(err, 'aborted', 'failed-precondition')) return null;
      throw err;
    });
    if (late !== null) v.violations.push(`${v.requestId} was released and then given ${late.id} (${late.phase})`);
  },
  'releases twice': async (v) => {
    const session = await acquired(v);
    await held(v);
    await Promise.all([v.calls.release({ id: session.id }), v.calls.release({ id: session.id })]);
  },
};

const requestOf = (v: Visit) => ({
  class: v.class,
  requestId: v.requestId,
  owner: 'campaign',
  lifetimeMs: v.lifetimeMs,
});

async function acquired(v: Visit): Promise<Session> {
  const session = await v.calls.acquire(requestOf(v));
  answeredWith(v, session);
  return session;
}

function answeredWith(v: Visit, session: Session): void {
  v.seen.answered = true;
  if (session.phase === 'active') v.seen.active ??= performance.now();
}

async function held(v: Visit): Promise<void> {
  await sleep(v.random.between(0, 2_500));
}

/** Until it answers, or is lost: its machine may have failed meanwhile. */
const ANSWERS_WITHIN_MS = 12_000;

/** An active session answers at its address as long as nothing has happened to its instance. */
async function used(v: Visit, { id, endpoint }: Session): Promise<void> {
  const url = endpoint?.ports[0]?.url ?? '';
  const works = await eventually('it answers or ends', () => answersOrEnded(v.calls, id, url), ANSWERS_WITHIN_MS).catch(
    () => null,
  );
  if (works === null) v.violations.push(`${id} is active and does not answer at ${url}`);
}

async function answersOrEnded(calls: BerthClient, id: string, url: string): Promise<boolean> {
  const status = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    () => 0,
  );
  if (status === 200) return true;
  const session = await calls.get({ id });
  return session.phase !== 'active';
}
