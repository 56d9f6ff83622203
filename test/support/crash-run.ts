import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { BrokerProcess } from './broker-process.ts';
import { type ChaosHome, type HomeOptions, openHome } from './chaos-home.ts';
import type { CrashPoint } from './crash-point.ts';
import type { CrashCase, CrashScenario } from './crash-scenarios.ts';
import { eventually } from './eventually.ts';
import { instanceProcesses, proxyProcesses } from './instance-processes.ts';

/** The longest pause of a loop that writes (the start history is written once a second), and some [ms]. */
const QUIET_MS = 1_500;
const WITHIN_MS = 20_000;

/** One case of the matrix. @returns whether the broker outlived it: the scenario has fewer mutating calls */
export async function runCrashCase(
  scenario: CrashScenario,
  point: CrashPoint,
  on: HomeOptions,
): Promise<'survived' | 'died'> {
  const home = await openHome(on);
  try {
    return await crash(home, scenario, point);
  } catch (err) {
    const where = `${scenario.name}, ${point.when} call ${point.call}: `;
    throw new Error(`${where}${err instanceof Error ? err.message : String(err)}\n${home.log()}`, { cause: err });
  } finally {
    await home.end();
  }
}

async function crash(home: ChaosHome, scenario: CrashScenario, point: CrashPoint): Promise<'survived' | 'died'> {
  const c: CrashCase = { requestId: randomUUID(), session: null, killed: false };
  const first = await home.start();
  await scenario.prepare(first.client, c);
  await home.settled(first);
  await first.arm(point);
  // It may die of what the preparation has left to write, before anything is asked of it.
  const records = await first.records().catch(() => null);
  if (records !== null) expect(scenario.isAhead(records, c), 'the case was set up too late').toBe(true);
  await scenario.act(first.client, c).catch((err: unknown) => {
    // A broker that says no while it lives has a defect; one that died said nothing.
    if (first.isAlive() && !isConnectionLoss(err)) throw err;
  });
  if (await outlives(first, scenario, c)) {
    expect((await first.calls()).length).toBeLessThan(point.call);
    await home.settled(first);
    return 'survived';
  }
  const second = await home.start();
  await scenario.act(second.client, c);
  await eventually(`${scenario.name} is done`, async () => scenario.isDone(await second.records(), c), WITHIN_MS);
  await home.settled(second);
  await answersWhereItSays(second, c);
  await endsCleanly(home, second);
  return 'died';
}

const isConnectionLoss = (err: unknown): boolean => err instanceof Error && 'answered' in err && err.answered === false;

/** Waits until the broker has died, or has done everything and has been quiet for long. */
async function outlives(broker: BrokerProcess, scenario: CrashScenario, c: CrashCase): Promise<boolean> {
  let calls = -1;
  let since = performance.now();
  const look = async (): Promise<'dead' | 'quiet' | null> => {
    const now = await broker.calls();
    if (now.length !== calls) [calls, since] = [now.length, performance.now()];
    const quiet = performance.now() - since > QUIET_MS && scenario.isDone(await broker.records(), c);
    return quiet ? 'quiet' : null;
  };
  const alive = await eventually(
    `${scenario.name} ends, or its broker does`,
    () => look().catch(() => 'dead' as const),
    WITHIN_MS,
  );
  if (alive === 'dead') await broker.ended;
  return alive === 'quiet';
}

/** The session that was asked for is the one that the client meets, on the instance that it was told. */
async function answersWhereItSays(broker: BrokerProcess, c: CrashCase): Promise<void> {
  if (c.session === null) return;
  const session = await broker.client.get({ requestId: c.requestId });
  expect(session.id).toBe(c.session.id);
  if (session.phase !== 'active') return;
  expect(session.endpoint).toEqual(c.session.endpoint);
  const answer = await fetch(session.endpoint?.ports[0]?.url ?? 'http://no.endpoint.invalid/');
  expect(answer.headers.get('x-berth-instance')).toBe(session.instance?.id);
  await answer.arrayBuffer();
}

async function endsCleanly(home: ChaosHome, broker: BrokerProcess): Promise<void> {
  await broker.client.setReserve('web', 0);
  for await (const s of broker.client.listAll()) await broker.client.release({ id: s.id });
  const { records } = await home.settled(broker, WITHIN_MS);
  expect(records.instances).toEqual([]);
  await broker.stop();
  expect(instanceProcesses(home.installation)).toEqual([]);
  expect(proxyProcesses(`${home.dataDir}/proxies`)).toEqual([]);
}
