import { Redis } from 'ioredis';
import { createFloorIds, fill, type Ids, type Template, templateOf } from './floor-ids.ts';
import type { RedisWrite } from './redis-writes.ts';

/** What the floor does for a call, and how it prepares. */
export type Floor = {
  fill(n: number): Promise<void>;
  /** @returns the new session's id */
  acquire(): Promise<string>;
  release(session: string): Promise<void>;
  close(): Promise<void>;
};

/** Where the keys stand among the arguments of a command that writes. */
const KEY_AT: Readonly<Record<string, (at: number) => boolean>> = {
  MSET: (at) => at % 2 === 1,
  SET: (at) => at === 1,
  ZADD: (at) => at === 1,
  ZREM: (at) => at === 1,
  XADD: (at) => at === 1,
  UNLINK: () => true,
};
/** Shorter arguments are options and field names: part of the script. */
const LITERAL = 12;

type Script = { readonly sha: string; readonly keys: readonly Template[]; readonly args: readonly Template[] };

/** One EVALSHA per call, which writes what berth was seen to write, and checks nothing. */
export async function openRedisFloor(o: {
  readonly url: string;
  readonly acquire: readonly RedisWrite[];
  readonly release: readonly RedisWrite[];
  readonly ids: Ids;
}): Promise<Floor> {
  const redis = new Redis(o.url, { protocol: 2, replyMapping: 'legacy' } as object);
  const ids = createFloorIds(o.ids);
  const acquire = await load(redis, o.acquire, o.ids);
  const release = await load(redis, o.release, o.ids);
  const run = (s: Script, of: Ids): Promise<unknown> => {
    const words: string[] = [];
    for (const key of s.keys) words.push(fill(key, of));
    for (const arg of s.args) words.push(fill(arg, of));
    return redis.evalsha(s.sha, s.keys.length, ...words);
  };
  /** The keys and values of the reserve member as the acquire writes them. */
  const member = o.acquire
    .flatMap(pairsOf)
    .filter(({ key }) => key.includes(o.ids.instance) || key.includes(o.ids.proxy))
    .map(({ key, value }) => ({ key: templateOf(key, o.ids), value }));

  return {
    async fill(n) {
      for (const one of ids.fill(n)) {
        const words = member.flatMap(({ key, value }) => [fill(key, { ...o.ids, ...one }), value]);
        await redis.mset(...words);
      }
    },
    async acquire() {
      const of = ids.acquire();
      await run(acquire, of);
      return of.session;
    },
    async release(session) {
      await run(release, { ...o.ids, session });
    },
    async close() {
      redis.disconnect();
    },
  };
}

function pairsOf(write: RedisWrite): { readonly key: string; readonly value: string }[] {
  if (write[0]?.toUpperCase() !== 'MSET') return [];
  return write.slice(1).flatMap((key, i, all) => (i % 2 === 0 ? [{ key, value: all[i + 1] ?? '' }] : []));
}

/** Ids in keys and in members of sorted sets differ from call to call; values are the same bytes each time. */
async function load(redis: Redis, writes: readonly RedisWrite[], ids: Ids): Promise<Script> {
  const keys: Template[] = [];
  const args: Template[] = [];
  const lines = writes.map((write) => {
    const name = write[0]?.toUpperCase() ?? '';
    const isKey = KEY_AT[name];
    if (isKey === undefined) throw new Error(`berth writes with ${name}, which the floor does not know`);
    const words = write.slice(1).map((word, i) => {
      if (isKey(i + 1)) return `KEYS[${keys.push(templateOf(word, ids))}]`;
      if (word.length < LITERAL && /^[\w~*.-]*$/.test(word)) return `'${word}'`;
      const isValue = name === 'MSET' || name === 'SET' || name === 'XADD';
      return `ARGV[${args.push(isValue ? { before: word, id: null, after: '' } : templateOf(word, ids))}]`;
    });
    return `redis.call('${name}', ${words.join(', ')})`;
  });
  return { sha: String(await redis.script('LOAD', `${lines.join('\n')}\nreturn 1`)), keys, args };
}
