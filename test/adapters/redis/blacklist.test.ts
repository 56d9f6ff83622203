import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openBlacklist } from '../../../src/adapters/redis/blacklist.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

const clock = createSystemClock();
const NEVER = new AbortController().signal;
let server: RedisServer;

beforeAll(async () => {
  server = await startRedis({ appendonly: false });
});
afterAll(() => server.stop());
beforeEach(() => server.command('FLUSHALL'));

/** As the provisioner itself keeps it: in database 10. */
function inTheirs(...words: readonly string[]): Promise<string> {
  // One connection is one command long here; a script selects the database for its own.
  const call = ['redis.call("SELECT", 10)', `return redis.call(${words.map((w) => JSON.stringify(w)).join(', ')})`];
  return server.command('EVAL', call.join('\n'), '0');
}

function open(url = `${server.url}/10`) {
  const blacklist = openBlacklist({ url, clock });
  onTestFinished(() => blacklist.close());
  return blacklist;
}

describe('the blacklist of the provisioner that berth replaces', () => {
  it('is read as it stands there: hosts, reasons, and ends by their time to live', async () => {
    await inTheirs('SET', 'ban_11', 'slow_startup', 'EX', '600');
    await inTheirs('SET', 'ban_12', 'restarts', 'EX', '604800');
    await inTheirs('SET', 'ban_13', 'slow_startup');
    const now = clock.now();
    const bans = [...(await open().read(NEVER))].sort((a, b) => (a.host < b.host ? -1 : 1));
    expect(bans).toMatchObject([
      { host: '11', reason: 'slow_startup' },
      { host: '12', reason: 'restarts' },
      { host: '13', reason: 'slow_startup', until: null },
    ]);
    expect(Math.abs((bans[0]?.until ?? 0) - (now + 600_000))).toBeLessThan(5_000);
    expect(Math.abs((bans[1]?.until ?? 0) - (now + 604_800_000))).toBeLessThan(5_000);
  });

  it('leaves the other keys of the provisioner, other kinds of values and strange names alone', async () => {
    await inTheirs('SET', 'wait_5', '1700000000');
    await inTheirs('SET', 'restarts_5', '3');
    await inTheirs('SADD', 'ban_6', 'slow_startup');
    await inTheirs('SET', 'ban_', 'slow_startup');
    await inTheirs('SET', 'ban_7 8', 'slow_startup');
    await inTheirs('SET', 'ban_9', 'slow_startup');
    expect((await open().read(NEVER)).map((b) => b.host)).toEqual(['9']);
  });

  it('is read whole, however many steps that takes', async () => {
    const fill =
      'redis.call("SELECT", 10) for n = 1, 2500 do redis.call("SET", "ban_" .. n, "restarts", "EX", 1000) end return 1';
    await server.command('EVAL', fill, '0');
    const hosts = (await open().read(NEVER)).map((b) => b.host);
    expect(new Set(hosts).size).toBe(2500);
    expect(hosts).toHaveLength(2500);
  });

  it('is written as the provisioner reads it, and what was written can be taken away', async () => {
    const blacklist = open();
    await blacklist.write('21', 'slow_startup', 90_000);
    expect(await inTheirs('GET', 'ban_21')).toContain('slow_startup');
    expect(await inTheirs('TTL', 'ban_21')).toMatch(/^:(89|90)\r\n$/);
    await blacklist.remove('21');
    await blacklist.remove('22');
    expect(await inTheirs('EXISTS', 'ban_21')).toBe(':0\r\n');
  });

  it('that is away fails its calls alone, without telling its password, and answers again when it is back', async () => {
    const own = await startRedis({ password: 'hidden', args: ['--requirepass', 'hidden'] });
    onTestFinished(() => own.stop());
    const blacklist = open(own.url);
    await blacklist.write('31', 'restarts', 600_000);
    await own.kill();
    const failed = await blacklist.read(NEVER).catch((err: unknown) => err);
    expect(failed).toMatchObject({ code: 'unavailable', details: { reason: 'BLACKLIST_DOWN' } });
    expect(String(failed)).not.toContain('hidden');
    await own.restart();
    const back = await eventually('it is read again', () => blacklist.read(NEVER).catch(() => null));
    expect(back).toMatchObject([{ host: '31', reason: 'restarts' }]);
  }, 30_000);

  it('is not waited for once its caller has gone', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    await own.kill();
    const stop = new AbortController();
    const read = open(own.url).read(stop.signal);
    stop.abort();
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
  });
});
