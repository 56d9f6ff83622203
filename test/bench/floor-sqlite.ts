import { openDatabase } from '../../src/adapters/sqlite/schema.ts';
import type { Commit, Index, Put } from '../../src/ports/store.ts';
import { createFloorIds, fill, type Ids, type Template, templateOf } from './floor-ids.ts';
import type { Floor } from './floor-redis.ts';

type Row = { readonly key: Template; readonly value: string };
type Transaction = {
  readonly rows: readonly Row[];
  readonly members: readonly { readonly set: string; readonly member: Template; readonly score: number }[];
  readonly counters: readonly string[];
  readonly lines: readonly string[];
};

/** One durable transaction per call, which writes the rows that berth was seen to write, and checks nothing. The
 *  tables and the settings of the file are berth's own. */
export async function openSqliteFloor(o: {
  readonly file: string;
  readonly acquire: Commit;
  readonly release: Commit;
  readonly ids: Ids;
}): Promise<Floor> {
  const db = openDatabase(o.file);
  const ids = createFloorIds(o.ids);
  const put = db.prepare(
    `INSERT INTO record (key, revision, value) VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET revision = 2, value = ?2`,
  );
  const join = db.prepare(`INSERT OR REPLACE INTO member ("set", member, score) VALUES (?, ?, ?)`);
  const count = db.prepare(
    'INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2',
  );
  const log = db.prepare('INSERT INTO log (line) VALUES (?)');
  const acquire = transactionOf(o.acquire, o.ids);
  const release = transactionOf(o.release, o.ids);
  const member = acquire.rows.filter(({ key }) => key.id === 'instance' || key.id === 'proxy');

  function run(t: Transaction, of: Ids): void {
    db.exec('BEGIN IMMEDIATE');
    for (const { key, value } of t.rows) put.run(fill(key, of), value);
    for (const m of t.members) join.run(m.set, fill(m.member, of), m.score);
    for (const name of t.counters) count.run(name, 1);
    for (const line of t.lines) log.run(line);
    db.exec('COMMIT');
  }

  return {
    async fill(n) {
      db.exec('BEGIN IMMEDIATE');
      for (const one of ids.fill(n))
        for (const { key, value } of member) put.run(fill(key, { ...o.ids, ...one }), value);
      db.exec('COMMIT');
    },
    async acquire() {
      const of = ids.acquire();
      run(acquire, of);
      return of.session;
    },
    async release(session) {
      run(release, { ...o.ids, session });
    },
    async close() {
      db.close();
    },
  };
}

function transactionOf(commit: Commit, ids: Ids): Transaction {
  const chosen = commit.oneOf?.[0];
  const puts: readonly Put[] = [...(commit.put ?? []), ...(chosen?.put ?? [])];
  const index: readonly Index[] = [...(commit.index ?? []), ...(chosen?.index ?? [])];
  if ((commit.drop?.length ?? 0) + (chosen?.drop?.length ?? 0) > 0)
    throw new Error('berth drops records in this call, which the floor does not know');
  return {
    rows: puts.map(({ key, value }) => ({ key: templateOf(key, ids), value: JSON.stringify(value) })),
    members: index.map(({ set, member, score }) => ({ set, member: templateOf(member, ids), score: score ?? 0 })),
    counters: [...new Set((commit.count ?? []).map((c) => c.counter))],
    lines: [...(commit.events ?? []), ...(chosen?.events ?? [])],
  };
}
