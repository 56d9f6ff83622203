import type { DatabaseSync } from 'node:sqlite';
import type { Commit, CommitResult, Expect, Refusal, Writes } from '../../ports/store.ts';

/** A commit whose values are text already, so that what cannot be written fails before anything is. */
export type Encoded = { readonly commit: Commit; readonly values: ReadonlyMap<object, string> };

/** @throws TypeError for a value that JSON cannot hold, a score or a count that is no number */
export function encode(commit: Commit): Encoded {
  const values = new Map<object, string>();
  encodeWrites(commit, values);
  for (const candidate of commit.oneOf ?? []) encodeWrites(candidate, values);
  for (const { counter, add } of commit.count ?? [])
    if (!Number.isSafeInteger(add)) throw new TypeError(`counter ${counter} cannot grow by ${add}`);
  return { commit, values };
}

function encodeWrites(writes: Writes, values: Map<object, string>): void {
  for (const put of writes.put ?? []) values.set(put, textOf(put.key, put.value));
  for (const { set, score } of writes.index ?? [])
    if (score !== null && Number.isNaN(score)) throw new TypeError(`a score in ${set} is not a number`);
}

function textOf(key: string, value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`the value of ${key} has no JSON form`);
  return text;
}

export type Applied = { readonly result: CommitResult; readonly keys: readonly Expect[] };

/** Checks and writes one commit inside the caller's transaction. What is refused has written nothing. */
export function createApply(db: DatabaseSync): (encoded: Encoded) => Applied {
  const revision = db.prepare('SELECT revision FROM record WHERE key = ?');
  const put = db.prepare(
    `INSERT INTO record (key, revision, value) VALUES (?1, ?2, ?3)
     ON CONFLICT (key) DO UPDATE SET revision = ?2, value = ?3`,
  );
  const drop = db.prepare('DELETE FROM record WHERE key = ?');
  const join = db.prepare(
    `INSERT INTO member ("set", member, score) VALUES (?1, ?2, ?3)
     ON CONFLICT ("set", member) DO UPDATE SET score = ?3`,
  );
  const leave = db.prepare('DELETE FROM member WHERE "set" = ? AND member = ?');
  const counter = db.prepare('SELECT value FROM counter WHERE name = ?');
  const count = db.prepare(
    'INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2',
  );

  const revisionOf = (key: string): number => Number(revision.get(key)?.revision ?? 0);

  function clash(group: Writes & { readonly expect?: readonly Expect[] }): Refusal | null {
    for (const { key, revision: wanted } of group.expect ?? []) {
      const has = revisionOf(key);
      if (has !== wanted) return { kind: 'revision', key, revision: has };
    }
    for (const { key, was } of [...(group.put ?? []), ...(group.drop ?? [])]) {
      const has = revisionOf(key);
      if (has !== was) return { kind: 'revision', key, revision: has };
    }
    return null;
  }

  /** The counters' new values, or the first limit in the way. */
  function sums(commit: Commit): Map<string, number> | Refusal {
    const after = new Map<string, number>();
    for (const { counter: name, add, max } of commit.count ?? []) {
      const value = after.get(name) ?? Number(counter.get(name)?.value ?? 0);
      if (max !== undefined && add > 0 && value + add > max) return { kind: 'limit', counter: name, value, max };
      after.set(name, value + add);
    }
    return after;
  }

  function write(group: Writes, values: ReadonlyMap<object, string>, keys: Expect[]): void {
    for (const p of group.put ?? []) {
      const revision = p.revision ?? p.was + 1;
      put.run(p.key, revision, values.get(p) ?? 'null');
      keys.push({ key: p.key, revision });
    }
    for (const d of group.drop ?? []) {
      drop.run(d.key);
      keys.push({ key: d.key, revision: 0 });
    }
    for (const { set, member, score } of group.index ?? [])
      if (score === null) leave.run(set, member);
      else join.run(set, member, score);
  }

  return ({ commit, values }) => {
    const refused = (why: Refusal): Applied => ({ result: { committed: false, why }, keys: [] });
    const changed = clash(commit);
    if (changed !== null) return refused(changed);
    const counters = sums(commit);
    if (!(counters instanceof Map)) return refused(counters);
    const chosen = commit.oneOf?.findIndex((candidate) => clash(candidate) === null) ?? -1;
    if (commit.oneOf !== undefined && chosen < 0) return refused({ kind: 'candidates' });

    const keys: Expect[] = [];
    write(commit, values, keys);
    const candidate = commit.oneOf?.[chosen];
    if (candidate !== undefined) write(candidate, values, keys);
    for (const [name, value] of counters) count.run(name, value);
    return { result: { committed: true, chosen }, keys };
  };
}
