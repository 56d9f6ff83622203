import { refuse } from './reply.ts';

export type Row = Readonly<Record<string, unknown>>;
/** One comparison of one column. */
export type Test = { readonly field: string; readonly op: string; readonly want: unknown };

const compare = (have: unknown, want: unknown, holds: (order: number) => boolean): boolean => {
  if (have === null || have === undefined || want === null) return false;
  const [a, b] = [have, coerce(have, want)];
  if (typeof a === 'number' && typeof b === 'number') return !Number.isNaN(b) && holds(a - b);
  return holds(String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0);
};

const equal = (have: unknown, want: unknown): boolean =>
  have === null || have === undefined ? want === null : have === coerce(have, want);

const isAmong = (have: unknown, want: unknown): boolean => Array.isArray(want) && want.some((w) => equal(have, w));

const OPERATORS: Readonly<Record<string, (have: unknown, want: unknown) => boolean>> = {
  eq: equal,
  neq: (have, want) => !equal(have, want),
  gt: (have, want) => compare(have, want, (d) => d > 0),
  gte: (have, want) => compare(have, want, (d) => d >= 0),
  lt: (have, want) => compare(have, want, (d) => d < 0),
  lte: (have, want) => compare(have, want, (d) => d <= 0),
  in: isAmong,
  notin: (have, want) => Array.isArray(want) && !isAmong(have, want),
};

/** The command line client sends numbers and booleans as strings, and the server takes them for what the column is. */
function coerce(have: unknown, want: unknown): unknown {
  if (typeof have === 'number' && typeof want === 'string') return want.trim() === '' ? Number.NaN : Number(want);
  if (typeof have === 'number' && typeof want === 'boolean') return Number(want);
  if (typeof have === 'boolean' && typeof want === 'string') return want.toLowerCase() === 'true' || want === '1';
  if (typeof have === 'boolean' && typeof want === 'number') return want !== 0;
  if (typeof have === 'string' && typeof want === 'number') return String(want);
  return want;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A column's operator object as tests. `{"eq":"any"}` is none: it lifts the filter.
 *  @throws Refusal 400 for a bare value or an operator that there is not */
export function parseTests(field: string, raw: unknown, error: string, path: string): readonly Test[] {
  if (!isObject(raw)) return refuse(400, error, `${path}.${field}: Input should be a valid dictionary; ${kind(raw)}`);
  return Object.entries(raw).flatMap(([op, want]) => {
    if (OPERATORS[op] === undefined)
      return refuse(400, error, `${path}.${field}.${op}: Extra inputs are not permitted`);
    if ((op === 'in' || op === 'notin') && !Array.isArray(want))
      return refuse(400, error, `${path}.${field}.${op}: Input should be a valid list`);
    return op === 'eq' && want === 'any' ? [] : [{ field, op, want }];
  });
}

const kind = (raw: unknown): string => `input was ${Array.isArray(raw) ? 'a list' : typeof raw}`;

export const holds = (row: Row, t: Test): boolean => OPERATORS[t.op]?.(row[t.field], t.want) ?? false;

export type Order = readonly (readonly [field: string, descending: boolean])[];

/** Rows without a value come last either way. */
export function byOrder(order: Order): (a: Row, b: Row) => number {
  return (a, b) => {
    for (const [field, descending] of order) {
      const d = compareValues(a[field], b[field], descending);
      if (d !== 0) return d;
    }
    return 0;
  };
}

function compareValues(a: unknown, b: unknown, descending: boolean): number {
  const [noA, noB] = [a === null || a === undefined, b === null || b === undefined];
  if (noA || noB) return Number(noA) - Number(noB);
  const d = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return descending ? -d : d;
}
