/**
 * The catalogue of Redis keys. All carry one hash tag, so that a commit may touch any of them together. None has a
 * TTL: what ends is dropped by a commit. All are written by the commit script alone, but `origin`; `log` is also cut
 * at its old end.
 *
 * | key              | type       | holds                                                                        |
 * |------------------|------------|------------------------------------------------------------------------------|
 * | `{berth}:r:KEY`  | string     | a record: revision of 10 digits, then the value's JSON                       |
 * | `{berth}:s:SET`  | sorted set | members by score                                                             |
 * | `{berth}:m:SET`  | sorted set | the same members, all with score 0: by member                                |
 * | `{berth}:c:NAME` | string     | a counter                                                                    |
 * | `{berth}:feed`   | stream     | commits: `o` origin, `k` and `c` keys with revisions; trimmed                |
 * | `{berth}:log`    | stream     | the event log: a line `l` each; trimmed                                      |
 * | `{berth}:origin` | string     | Store objects opened so far, written when one opens                          |
 */
export type Keys = ReturnType<typeof createKeys>;

/** @param prefix without braces; another one for each installation that shares a Redis */
export function createKeys(prefix: string) {
  const tag = `{${prefix}}`;
  const record = `${tag}:r:`;
  return {
    feed: `${tag}:feed`,
    log: `${tag}:log`,
    origin: `${tag}:origin`,
    record: (key: string) => record + key,
    /** The other way round. */
    keyOf: (redisKey: string) => redisKey.slice(record.length),
    byScore: (set: string) => `${tag}:s:${set}`,
    byMember: (set: string) => `${tag}:m:${set}`,
    counter: (name: string) => `${tag}:c:${name}`,
  };
}
