import { afterAll, beforeAll } from 'vitest';
import { crashMatrix } from '../support/crash-matrix.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

// Every second call: the scenarios and the engine are those that sqlite is put through in full.
crashMatrix('Redis', () => ({ redis: redis.url }), 2);
