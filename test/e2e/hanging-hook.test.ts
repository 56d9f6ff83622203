import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serve, startHome } from './served.ts';

const CLASSES = `
classes:
  saved:
    # Takes the question to save, and never answers.
    command: ["{{node}}", -e, "require('node:http').createServer((q, r) => q.method === 'POST' || r.end('ok')).listen(process.env.BERTH_PORT_HTTP, '127.0.0.1')"]
    proxy: direct
    ports: [{ name: http }]
    readiness: { http: { path: / }, interval: 50ms }
    idle_timeout: 1s
    before_end: { path: /save, timeout: 2m }
`;
const SESSIONS = 8;

it('a broker stops at once, and without a word of errors, while the hooks of sessions hang', async () => {
  const home = await startHome(CLASSES);
  const env = { BERTH_DATA_DIR: join(home.dir, 'data'), BERTH_CLASSES: home.classFile };
  const first = await serve(env);
  await Promise.all(Array.from({ length: SESSIONS }, () => first.client.acquire({ class: 'saved' })));
  await eventually('all of them to wait for their hooks', async () => {
    const { sessions } = await first.client.status();
    return sessions.releasing === SESSIONS;
  });
  const stoppedAt = performance.now();
  expect(await first.stop()).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(5_000);
  expect(first.log.filter((l) => l.msg === 'loop.failed')).toEqual([]);
  // The next one calls again, and is told to end all: it does not wait for two minutes.
  const second = await serve(env, ['--clear-on-exit']);
  await eventually('the hooks to be called again', async () => {
    const { sessions, leaderId } = await second.client.status();
    return leaderId !== '' && sessions.releasing === SESSIONS;
  });
  const clearedAt = performance.now();
  expect(await second.stop()).toBe(0);
  expect(performance.now() - clearedAt).toBeLessThan(20_000);
  expect(second.log.filter((l) => l.msg === 'loop.failed')).toEqual([]);
  await home.end();
}, 120_000);
