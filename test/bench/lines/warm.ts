import { join } from 'node:path';
import type { BrokerHandlers } from '../broker-process.ts';
import { type Child, startChild } from '../child.ts';
import type { FloorHandlers, FloorStart } from '../floor-process.ts';
import type { LoadHandlers } from '../load-process.ts';
import { cpuSeconds } from '../machine.ts';
import { captureWrites } from '../redis-writes.ts';
import { type Row, row } from '../rows.ts';
import { median, type Summary } from '../samples.ts';
import { classFile, onStage, type Scale, type Stage, type StoreKind } from '../stage.ts';

const CALLERS = 64;
/** Members more than sessions in a round, so that the last callers find as many to choose from as the first. */
const SPARE = 8 * CALLERS;

/**
 * AcquireSession and ReleaseSession from a reserve that is full, against a bare server that writes the same bytes.
 * Both stand side by side and are measured in turn, so that a busy machine slows both.
 */
export const warm = (store: StoreKind, scale: Scale): Promise<readonly Row[]> =>
  onStage(async (stage) => {
    const { floor, berth } = await startBoth(stage, store);
    for (const side of [floor, berth]) await measure(side, scale.sessions);
    const rounds: Round[] = [];
    for (let n = 0; n < scale.rounds; n++) rounds.push(await measureBoth(floor, berth, n, scale.sessions));
    return toRows(store, rounds);
  });

/** A server under measurement, and the client process that is connected to it. */
type Side = {
  readonly pid: number;
  readonly fill: (n: number) => Promise<unknown>;
  /** Ends what a round has left: destruction is deferred, not left out. */
  readonly clear: () => Promise<unknown>;
  readonly load: Child<LoadHandlers>;
};

async function startBoth(stage: Stage, store: StoreKind): Promise<{ floor: Side; berth: Side }> {
  // A replica that may not lead destroys and refills nothing.
  const { child: broker, address } = await stage.broker({ store, lead: false, classes: classFile(0) });
  const load = await stage.load(address);
  await broker.ask('fill', 1);
  const floor = stage.keep(startChild<FloorHandlers>('floor-process.ts'));
  const started = await floor.ask('start', await captureFloor(stage, store, broker, load));
  return {
    floor: {
      pid: floor.pid,
      fill: (n) => floor.ask('fill', n),
      clear: async () => undefined,
      load: await stage.load(started.address),
    },
    berth: { pid: broker.pid, fill: (n) => broker.ask('fill', n), clear: () => broker.ask('clear', undefined), load },
  };
}

/** One session acquired and released at berth: what it wrote and what it answered is what the floor has to do. */
async function captureFloor(
  stage: Stage,
  store: StoreKind,
  broker: Child<BrokerHandlers>,
  load: Child<LoadHandlers>,
): Promise<FloorStart> {
  await broker.ask('capture', undefined);
  const one = () => load.ask('one', { class: 'bench' });
  let answers: Awaited<ReturnType<typeof one>> | null = null;
  const writes =
    store === 'sqlite'
      ? []
      : await captureWrites((await stage.redis()).port, 2, async () => {
          answers = await one();
        });
  const { acquired, released } = answers ?? (await one());
  const [acquire, release] = await broker.ask('captured', undefined);
  const session = acquired.session;
  const proxy = /p-[0-9a-z]{26}/.exec(JSON.stringify(acquire))?.[0];
  if (session === null || released.session === null || proxy === undefined || !session.instance || !acquire || !release)
    throw new Error('the session that the floor is made from was not as expected');
  const common = {
    ids: { session: session.id, request: session.requestId, instance: session.instance.id, proxy },
    acquired: { session },
    released: { session: released.session },
  };
  if (store === 'sqlite') return { kind: 'sqlite', file: join(stage.dir, 'floor.db'), acquire, release, ...common };
  const [acquireWrites, releaseWrites] = writes;
  if (acquireWrites === undefined || releaseWrites === undefined)
    throw new Error('Redis did not tell what was written');
  const { url } = await stage.redis();
  return { kind: 'redis', url: `${url}/1`, acquire: acquireWrites, release: releaseWrites, ...common };
}

/** Who begins changes, so that neither always follows the other. */
async function measureBoth(floor: Side, berth: Side, n: number, sessions: number): Promise<Round> {
  const before = n % 2 === 0 ? await measure(floor, sessions) : null;
  const measured = await measure(berth, sessions);
  return { floor: before ?? (await measure(floor, sessions)), berth: measured };
}

type Round = { readonly floor: Measured; readonly berth: Measured };
type Measured = { readonly rate: number; readonly all: Summary; readonly cpuMicros: number };

async function measure({ pid, fill, clear, load }: Side, sessions: number): Promise<Measured> {
  await fill(sessions + SPARE);
  const before = cpuSeconds(pid);
  const run = await load.ask('run', { class: 'bench', callers: CALLERS, sessions, release: true });
  if (run.cold > 0) throw new Error(`${run.cold} of ${run.sessions} sessions did not come from the reserve`);
  const cpuMicros = ((cpuSeconds(pid) - before) * 1e6) / run.calls;
  await clear();
  return { rate: run.rate, all: run.all, cpuMicros };
}

function toRows(store: StoreKind, rounds: readonly Round[]): readonly Row[] {
  const of = (side: keyof Round, pick: (m: Measured) => number) => median(rounds.map((r) => pick(r[side])));
  // Of each round, since its two halves have met the same machine; not of the medians.
  const ratio = (pick: (m: Measured) => number) => median(rounds.map((r) => pick(r.berth) / pick(r.floor)));
  const name = (what: string) => `${store}, warm, ${CALLERS} callers: ${what}`;
  return [
    row(
      name('floor'),
      of('floor', (m) => m.rate),
      'calls/s',
    ),
    row(
      name('berth'),
      of('berth', (m) => m.rate),
      'calls/s',
    ),
    row(
      name('berth to floor'),
      ratio((m) => m.rate),
      'ratio',
      { atLeast: 0.7 },
    ),
    row(
      name('floor, p99'),
      of('floor', (m) => m.all.p99),
      'ms',
    ),
    row(
      name('berth, p99'),
      of('berth', (m) => m.all.p99),
      'ms',
    ),
    row(
      name('p99, berth to floor'),
      ratio((m) => m.all.p99),
      'ratio',
      { atMost: 1.5 },
    ),
    row(
      name('floor, CPU'),
      of('floor', (m) => m.cpuMicros),
      'µs/call',
    ),
    row(
      name('berth, CPU'),
      of('berth', (m) => m.cpuMicros),
      'µs/call',
    ),
  ];
}
