import { afterAll, beforeAll } from 'vitest';
import { crashMatrix } from '../support/crash-matrix.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

crashMatrix('Redis', () => ({ redis: redis.url }));
