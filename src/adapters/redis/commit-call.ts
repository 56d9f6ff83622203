import type { Candidate, Commit, CommitResult, Expect, Refusal } from '../../ports/store.ts';
import type { Keys } from './keys.ts';

/** Digits before a record's JSON. Fixed, so that the script compares revisions without reading values. */
const REVISION_DIGITS = 10;

/** A revision in a record. */
const revisionText = (revision: number): string => String(revision).padStart(REVISION_DIGITS, '0');

/** The revision that a record must have, as the script compares it. */
const ABSENT = ' '.repeat(REVISION_DIGITS);
const wanted = (revision: number): string => (revision === 0 ? ABSENT : revisionText(revision));

/** What two characters of 7 bits hold. */
const MAX_PACKED = 2 ** 14 - 1;

/** A number for the script. @throws RangeError for a commit of more than 16,383 of something */
function pack(n: number): string {
  if (n > MAX_PACKED) throw new RangeError(`a commit has ${n} parts of one kind, more than ${MAX_PACKED}`);
  return String.fromCharCode(n >> 7, n & 127);
}

export const parseRecord = (text: string): { readonly revision: number; readonly value: unknown } => ({
  revision: Number(text.slice(0, REVISION_DIGITS)),
  value: JSON.parse(text.slice(REVISION_DIGITS)),
});

/** The arguments of the script, in their order: KEYS and ARGV, as `commit-script.ts` tells. */
export type CommitCall = { readonly keys: readonly string[]; readonly args: readonly string[] };

/** What is the same in each commit of one Store object. Lengths in entries. */
export type CommitFixed = { readonly origin: string; readonly feedLength: string; readonly logLength: string };

/** @throws TypeError for a value that JSON cannot hold, a score or a count that is no number */
export function encodeCommit(commit: Commit, names: Keys, of: CommitFixed): CommitCall {
  const counts = commit.count ?? [];
  const candidates = commit.oneOf;
  const keys = [names.feed, names.log];
  // No candidate at all is none that is possible: the script is told of no group to write, not even the first.
  const groups = candidates === undefined ? 1 : candidates.length === 0 ? 0 : 1 + candidates.length;
  const args = [of.origin, of.feedLength, of.logLength, pack(counts.length) + pack(groups)];
  for (const { counter, add, max } of counts) {
    if (!Number.isSafeInteger(add)) throw new TypeError(`counter ${counter} cannot grow by ${add}`);
    keys.push(names.counter(counter));
    args.push(String(add), max === undefined ? '' : String(max));
  }
  encodeGroup(commit, names, keys, args);
  if (candidates !== undefined) for (const candidate of candidates) encodeGroup(candidate, names, keys, args);
  return { keys, args };
}

const NONE: readonly never[] = [];

function encodeGroup(group: Candidate, names: Keys, keys: string[], args: string[]): void {
  const { expect = NONE, put = NONE, drop = NONE, index = NONE, events = NONE } = group;
  const changed: (string | number)[] = [];
  let head = pack(expect.length) + pack(put.length) + pack(drop.length) + pack(index.length) + pack(events.length);
  for (const { key, revision } of expect) {
    keys.push(names.record(key));
    head += wanted(revision);
  }
  for (const { key, was, revision = was + 1 } of put) {
    keys.push(names.record(key));
    head += wanted(was);
    changed.push(key, revision);
  }
  for (const { key, was } of drop) {
    keys.push(names.record(key));
    head += wanted(was);
    changed.push(key, 0);
  }
  args.push(head, changed.length === 0 ? '' : JSON.stringify(changed));
  for (const { key, value, was, revision = was + 1 } of put) args.push(revisionText(revision) + textOf(key, value));
  for (const { set, member, score } of index) {
    keys.push(names.byScore(set), names.byMember(set));
    args.push(member, score === null ? '' : scoreText(set, score));
  }
  for (const line of events) args.push(line);
}

function textOf(key: string, value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`the value of ${key} has no JSON form`);
  return text;
}

/** A score as Redis reads it. */
export function scoreText(set: string, score: number): string {
  if (Number.isNaN(score)) throw new TypeError(`a score in ${set} is not a number`);
  return Number.isFinite(score) ? String(score) : score > 0 ? '+inf' : '-inf';
}

/** What the script's answer means. @throws TypeError when it is none of the script's answers */
export function decodeAnswer(answer: unknown, commit: Commit, call: CommitCall, names: Keys): CommitResult {
  if (typeof answer === 'number') return { committed: true, chosen: answer };
  if (!Array.isArray(answer)) throw new TypeError('the commit script gave an unknown answer');
  return { committed: false, why: decodeRefusal(answer, commit, call, names) };
}

function decodeRefusal(answer: readonly unknown[], commit: Commit, call: CommitCall, names: Keys): Refusal {
  const [kind, at, has] = answer;
  if (kind === 1) {
    const key = names.keyOf(call.keys[Number(at) - 1] ?? '');
    return { kind: 'revision', key, revision: Number(has) };
  }
  if (kind === 2) {
    const count = commit.count?.[Number(at) - 1];
    return { kind: 'limit', counter: count?.counter ?? '', value: Number(has), max: count?.max ?? 0 };
  }
  return { kind: 'candidates' };
}

/** Keys with revisions as the feed has them: flat, or '' for none. */
export function decodeChanged(text: string, into: Expect[]): void {
  if (text === '') return;
  const flat: unknown = JSON.parse(text);
  if (!Array.isArray(flat)) throw new TypeError('the feed has an unknown form');
  for (let i = 0; i + 1 < flat.length; i += 2) into.push({ key: String(flat[i]), revision: Number(flat[i + 1]) });
}
