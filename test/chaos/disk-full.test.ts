import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type BerthClient, isBerthError, type Session } from '../../clients/typescript/src/client.ts';
import { openHome } from '../support/chaos-home.ts';
import { eventually } from '../support/eventually.ts';
import { instanceProcesses } from '../support/instance-processes.ts';
import { answers, failed } from '../support/measured.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

/** Calls made while nothing can be written. */
const ROUNDS = 50;
const LIFETIME_MS = 3_000;

it('A broker whose disk is full refuses with a typed error, rents nothing, and goes on by itself once there is space', async () => {
  const disk = await mountSmallDisk(16 * 1024 * 1024);
  onTestFinished(() => disk.remove());
  const home = await openHome({ dataDir: join(disk.path, 'data') });
  onTestFinished(() => home.end());
  const broker = await home.start();
  const { client } = broker;
  await client.setReserve('web', 2);
  await home.settled(broker);
  const session = await client.acquire({ class: 'web' });
  const mortal = await client.acquire({ class: 'web', lifetimeMs: LIFETIME_MS });
  await home.settled(broker);

  disk.fill();
  // The write-ahead log may have room in what it holds already.
  const first = await eventually('a write is refused', () => refusal(client), 30_000);
  expect(first).toMatchObject({ code: 'unavailable', reason: 'STORE_FULL', retryAfterMs: expect.any(Number) });
  const processes = instanceProcesses(home.installation);
  for (let round = 0; round < ROUNDS; round++) {
    const calls = [
      client.acquire({ class: 'web' }),
      client.acquire({ class: 'web', requestId: 'again', name: 'again' }),
      client.keepAlive({ id: session.id }),
      client.release({ id: session.id }),
      client.setReserve('web', 5),
    ];
    for (const { err } of await Promise.all(calls.map((call) => failed(() => call))))
      expect(err).toMatchObject({ code: 'unavailable', reason: 'STORE_FULL' });
    // What is there can be read and used.
    expect((await client.list()).sessions.map((s) => s.id)).toContain(session.id);
    expect(await answers(session)).toBe(true);
  }
  await eventually('a lifetime is over meanwhile', () => Date.now() > (mortal.deadlines.expireTime?.getTime() ?? 0));
  expect(instanceProcesses(home.installation)).toEqual(processes);

  await disk.free();
  const later = await eventually('an acquire is served again', () => acquired(client));
  expect(await answers(later)).toBe(true);
  expect(await answers(session)).toBe(true);
  await eventually('what came due has ended', async () => (await client.get({ id: mortal.id })).phase === 'released');
  await client.release({ id: session.id });
  await home.settled(broker);
  expect(broker.isAlive()).toBe(true);
});

async function acquired(client: BerthClient): Promise<Session | null> {
  return client.acquire({ class: 'web', requestId: 'again', name: 'again' }).catch((err: unknown) => {
    if (isBerthError(err, 'unavailable')) return null;
    throw err;
  });
}

/** Of one more write; null: it was done. */
const refusal = (client: BerthClient): Promise<unknown> =>
  client.setReserve('web', 2).then(
    () => null,
    (err: unknown) => err,
  );
