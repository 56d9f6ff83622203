import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node } from 'yaml';
import type { Problem } from './explain.ts';

/** Where in the text a problem is. What a class does not say itself is looked for in `defaults`; what is nowhere is
 *  placed at the nearest thing around it. */
export function locate(doc: Document.Parsed, { path, atKey }: Pick<Problem, 'path' | 'atKey'>): number {
  const own = walk(doc, path, atKey === true);
  if (own.depth === path.length || path[0] !== 'classes') return own.offset;
  const shared = walk(doc, ['defaults', ...path.slice(2)], atKey === true);
  return shared.depth === path.length - 1 ? shared.offset : own.offset;
}

type Found = { readonly offset: number /** Steps of the path that are there. */; readonly depth: number };

function walk(doc: Document.Parsed, path: readonly PropertyKey[], atKey: boolean): Found {
  let node: unknown = doc.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(doc);
    const last = depth === path.length - 1;
    const next = childOf(node, step);
    if (next === null) return { offset, depth };
    offset = (last && atKey ? next.key : (startOf(next.value) ?? next.key)) ?? offset;
    // A block map's own start says little about which one: its name does.
    if (!(last && atKey) && isMap(next.value) && !next.value.flow && next.key !== null) offset = next.key;
    node = next.value;
  }
  return { offset, depth: path.length };
}

function childOf(node: unknown, step: PropertyKey): { readonly key: number | null; readonly value: unknown } | null {
  if (isSeq(node)) {
    const value = node.items[Number(step)];
    return value === undefined ? null : { key: startOf(value), value };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((p) => isPair(p) && isScalar(p.key) && String(p.key.value) === String(step));
  if (pair === undefined) return null;
  const { value } = pair;
  const empty = value === null || (isScalar(value) && value.range?.[0] === value.range?.[1]);
  return { key: startOf(pair.key), value: empty ? null : value };
}

const startOf = (node: unknown): number | null => (node as Node | null | undefined)?.range?.[0] ?? null;
