import { type Problem, show } from './explain.ts';

/** A map as written in a file: own names only. */
export type Plain = Readonly<Record<string, unknown>>;

export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function has(root: Plain, path: readonly PropertyKey[]): boolean {
  let here: unknown = root;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return false;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return true;
}

/** Maps are merged option by option; everything else, lists too, is replaced. */
export function merge(below: Plain, above: Plain): Plain {
  const entries = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const under = entries.get(key);
    entries.set(key, isPlain(under) && isPlain(value) ? merge(under, value) : value);
  }
  return Object.fromEntries(entries);
}

/** Whether a problem is about what only `shared` says: it is told once, there. */
export const isFrom = (shared: Plain, own: Plain, path: readonly PropertyKey[]): boolean =>
  has(shared, path) && !has(own, path);

export const refusedMap = (path: readonly string[], value: unknown): Problem => ({
  path,
  text: `${show(value)} is not accepted; accepted: a map of options`,
});
