import { createRedisClock } from '../../../src/adapters/redis/clock.ts';
import { openRedisStore } from '../../../src/adapters/redis/store.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { clockContract } from '../../contract/clock.contract.ts';
import { storeContract } from '../../contract/store.contract.ts';
import { startRedis } from '../../support/redis-server.ts';

const clock = createSystemClock();

storeContract('redis', 'several', async () => {
  const server = await startRedis();
  let stores = 0;
  return {
    open: (options) => openRedisStore({ url: server.url, clock, prefix: `t${++stores}`, ...options }),
    openSecond: () => openRedisStore({ url: server.url, clock, prefix: `t${stores}` }),
    stop: server.stop,
  };
});

clockContract("Redis's", async () => {
  const redisClock = await createRedisClock(clock, async () => clock.now(), AbortSignal.abort());
  return { clock: redisClock, pass: (ms) => clock.sleep(ms, new AbortController().signal) };
});
