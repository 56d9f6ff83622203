import { describe, expect, it } from 'vitest';
import { createRedisClock } from '../../../src/adapters/redis/clock.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe("Redis's clock", () => {
  /** A server an hour ahead of a machine whose clock is fake. */
  async function measured() {
    const system = fakeClock(1_000_000);
    const server = { ahead: 3_600_000, away: false, takes: 0 };
    const stop = new AbortController();
    const serverTime = async () => {
      if (server.away) throw new Error('away');
      if (server.takes > 0) await system.sleep(server.takes, stop.signal);
      return system.monotonic() + 1_000_000 + server.ahead;
    };
    const clock = await createRedisClock(system, serverTime, stop.signal);
    return { system, server, clock, stop };
  }

  it("tells the server's time and not the machine's, whatever the machine's is set to", async () => {
    const { system, clock, stop } = await measured();
    expect(clock.now()).toBe(4_600_000);
    system.jump(-500_000);
    await system.advance(25_000);
    expect(clock.now()).toBe(4_625_000);
    expect(clock.steadySince()).toBe(Number.NEGATIVE_INFINITY);
    stop.abort();
  });

  it('follows a server that is corrected, without calling that a jump', async () => {
    const { system, server, clock, stop } = await measured();
    server.ahead += 50_000;
    await system.advance(10_000);
    expect(clock.now()).toBe(4_660_000);
    expect(clock.steadySince()).toBe(Number.NEGATIVE_INFINITY);
    stop.abort();
  });

  it('says since when it is steady after a jump of the server', async () => {
    const { system, server, clock, stop } = await measured();
    await system.advance(15_000);
    server.ahead -= 61_000;
    await system.advance(10_000);
    expect(clock.now()).toBe(4_625_000 - 61_000);
    expect(clock.steadySince()).toBe(20_000);
    await system.advance(60_000);
    expect(clock.monotonic() - clock.steadySince()).toBe(65_000);
    stop.abort();
  });

  it('keeps the last offset while the server is away or slow, and measures again afterwards', async () => {
    const { system, server, clock, stop } = await measured();
    server.away = true;
    server.ahead += 5_000;
    await system.advance(40_000);
    expect(clock.now()).toBe(4_640_000);
    server.away = false;
    server.takes = 3_000;
    await system.advance(20_000);
    expect(clock.now()).toBe(4_660_000);
    server.takes = 0;
    await system.advance(20_000);
    expect(clock.now()).toBe(4_685_000);
    stop.abort();
  });

  it('fails to begin without a first measurement, and leaves no sleeper when stopped', async () => {
    const system = fakeClock();
    const away = () => Promise.reject(new Error('away'));
    await expect(createRedisClock(system, away, new AbortController().signal)).rejects.toThrow('away');
    const { system: other, stop } = await measured();
    await other.settle();
    expect(other.sleepers()).toBe(1);
    stop.abort();
    await other.settle();
    expect(other.sleepers()).toBe(0);
  });
});
