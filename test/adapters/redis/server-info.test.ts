import { expect, it } from 'vitest';
import { inspectServer } from '../../../src/adapters/redis/server-info.ts';

it('refuses a Redis before version 7', () => {
  const old = '# Server\r\nredis_version:6.2.14\r\naof_enabled:1\r\n';
  expect(() => inspectServer(old)).toThrow(/version 6\.2\.14; berth needs 7/);
  expect(inspectServer(old.replace('6.2.14', '10.0.0'))).toEqual([]);
});
