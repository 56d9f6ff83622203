import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BerthClient } from '../../clients/typescript/src/client.ts';
import type { BrokerProcess } from '../support/broker-process.ts';
import { openHome } from '../support/chaos-home.ts';
import type { CrashPoint, MutatingCall } from '../support/crash-point.ts';
import { eventually } from '../support/eventually.ts';
import type { Picture } from '../support/invariants.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { StoreRecords } from '../support/store-records.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** What the leader has to do, while the calls come in at the other broker. */
type Work = {
  readonly name: string;
  prepare(client: BerthClient): Promise<void>;
  act(client: BerthClient): Promise<void>;
  isDone(records: StoreRecords): boolean;
};

const WORK: readonly Work[] = [
  {
    name: 'starting an instance',
    prepare: async () => undefined,
    act: async (client) => void (await client.acquire({ class: 'web', requestId: 'r', waitMs: 0 })),
    isDone: ({ sessions }) => sessions.some((s) => s.phase === 'active'),
  },
  {
    name: 'ending an instance',
    prepare: async (client) => void (await client.acquire({ class: 'web', requestId: 'r' })),
    act: async (client) => void (await client.release({ requestId: 'r' })),
    isDone: ({ instances }) => instances.length === 0,
  },
];

/** More than any of the work has. */
const MOST_CALLS = 30;

describe.concurrent('A leader that is paused past its lease and goes on', () => {
  for (const work of WORK)
    for (const when of ['before', 'after'] as const)
      it(`${when} any call of ${work.name} changes nothing any more`, async () => {
        let call = 1;
        while ((await pauseAt(work, { when, call, signal: 'SIGSTOP' })) === 'paused') {
          call += 1;
          expect(call).toBeLessThan(MOST_CALLS);
        }
        console.log(`paused leader, ${work.name}, ${when}: ${call - 1} pauses`);
        expect(call).toBeGreaterThan(3);
      });
});

async function pauseAt(work: Work, point: CrashPoint): Promise<'paused' | 'survived'> {
  const home = await openHome({ redis: redis.url });
  try {
    const leader = await home.start();
    await eventually('the first leads', () => leads(leader));
    const other = await home.start();
    await work.prepare(other.client);
    await home.settled(other);
    await leader.arm(point);
    await work.act(other.client);
    await eventually(`${work.name} is done`, async () => work.isDone(await other.records()), 20_000);
    if (!isPaused(leader)) return 'survived';
    await eventually('the other leads', () => leads(other));
    const before = await home.settled(other);
    leader.signal('SIGCONT');
    await hasNoticed(leader, other);
    changedNothing(await leader.calls(), before, await home.settled(other));
    return 'paused';
  } catch (err) {
    const text = err instanceof Error ? err.message : String(err);
    throw new Error(`${work.name}, ${point.when} call ${point.call}: ${text}\n${home.log()}`, { cause: err });
  } finally {
    await home.end();
  }
}

const leads = async (b: BrokerProcess): Promise<boolean> => {
  const status = await b.client.status();
  return status.leaderId === status.replicaId;
};

const isPaused = (b: BrokerProcess): boolean => / T /.test(readFileSync(`/proc/${b.pid}/stat`, 'latin1'));

/** It knows who leads now, and nothing that it had begun is open any more. */
const hasNoticed = (leader: BrokerProcess, other: BrokerProcess): Promise<unknown> =>
  eventually('the paused leader has noticed', async () => {
    // It may have to connect to Redis anew first.
    const mine = await leader.client.status().catch(() => null);
    const theirs = await other.client.status();
    if (mine === null || theirs.leaderId !== theirs.replicaId || mine.leaderId !== theirs.replicaId) return false;
    return (await leader.calls()).every((c) => c.outcome !== 'open');
  });

/** @param calls of the paused leader */
function changedNothing(calls: readonly MutatingCall[], before: Picture, after: Picture): void {
  // To end what has ended, and to look at what is there, is no change.
  const made = calls.filter((c) => c.late && c.outcome === 'done' && /^(commit|create)/.test(c.what));
  expect(made).toEqual([]);
  expect(after.processes).toEqual(before.processes);
  // But for the lease, which the new leader renews.
  expect({ ...after.records, lease: 0 }).toEqual({ ...before.records, lease: 0 });
}
