import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../simulators/vastai/random.ts';
import type { BrokerProcess } from '../../support/broker-process.ts';
import { eventually } from '../../support/eventually.ts';

/** Keeps one broker running on one store, and kills it now and then. */
export type Keeper = {
  /** null: it was killed, and is not back yet. */
  current(): BrokerProcess | null;
  kills(): number;
  /** Kills it at each of `at`, once that many sessions have been asked for, and starts it again.
   *  @throws Error when it ended by itself */
  run(at: readonly number[], begun: () => number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
};

/** A broker that is to die around its next calls dies within this, or is killed where it is [ms]. */
const DIES_WITHIN_MS = 10_000;

export async function createKeeper(start: () => Promise<BrokerProcess>, random: Random): Promise<Keeper> {
  let broker: BrokerProcess | null = await start();
  let kills = 0;

  async function killNow(doomed: BrokerProcess): Promise<void> {
    // Half of them between two calls, the others around one that changes something: a commit, a create, a destroy.
    if (random.next() < 0.5) {
      await doomed.arm({ when: random.pick(['before', 'after']), call: 1 + random.int(25) });
      await eventually('the broker dies', () => !doomed.isAlive(), DIES_WITHIN_MS).catch(() => undefined);
    }
    await doomed.kill();
    kills++;
  }

  async function killAndStart(): Promise<void> {
    const doomed = broker;
    if (doomed === null) return;
    if (!doomed.isAlive()) throw new Error('the broker has ended by itself');
    await killNow(doomed);
    broker = null;
    await sleep(random.between(0, 1_000));
    broker = await start();
  }

  return {
    current: () => (broker?.isAlive() ? broker : null),
    kills: () => kills,
    async run(at, begun, signal) {
      for (const sessions of at) {
        await eventually('the next kill', () => signal.aborted || begun() >= sessions, 3_600_000);
        if (signal.aborted) return;
        await killAndStart();
      }
    },
    async stop() {
      await broker?.kill();
    },
  };
}

/** Spread over the whole campaign, each somewhere within its part. */
export function killTimes(sessions: number, kills: number, random: Random): readonly number[] {
  const part = sessions / Math.max(1, kills);
  return Array.from({ length: kills }, (_, n) => Math.floor(n * part + random.next() * part));
}
