const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
  PI: 2 ** 50,
};

/** A duration such as `90s`, `20m`, `7d`, `250ms` or `1h30m` [ms], rounded to whole ms; null: it is not one.
 *  A bare `0` is accepted, any other bare number is not: nobody can tell its unit. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(?:\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h|d))+$/.test(text)) return null;
  let sum = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g))
    sum += Number(amount) * (DURATION_UNITS[unit] ?? Number.NaN);
  const ms = Math.round(sum);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** The shortest text that `parseDuration` reads back as `ms`, such as `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const [unit, size] of Object.entries(DURATION_UNITS).toReversed()) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

/** A size such as `512Mi`, `2Gi`, `10GB` or `1073741824` in bytes; null: it is not one. */
export function parseSize(value: string | number): number | null {
  const match = /^(\d{1,18}(?:\.\d{1,6})?) ?([KMGTP]I?)?B?$/.exec(String(value).toUpperCase());
  const unit = SIZE_UNITS[match?.[2] ?? ''];
  if (!match || unit === undefined) return null;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** CPU cores such as `2`, `0.5` or `500m`; null: it is no number of cores. */
export function parseCores(value: string | number): number | null {
  const match = /^(\d{1,7}(?:\.\d{1,6})?)(m?)$/.exec(String(value));
  if (!match) return null;
  return match[2] === 'm' ? Number(match[1]) / 1_000 : Number(match[1]);
}

/** `FROM..TO`, or one value for both; null: a part is not readable or the first is above the second. */
export function parseRange(
  value: string | number,
  parse: (part: string | number) => number | null,
): { readonly from: number; readonly to: number } | null {
  const parts = typeof value === 'string' ? value.split('..').map((p) => p.trim()) : [value];
  const from = parse(parts[0] ?? '');
  const to = parts.length === 1 ? from : parse(parts[1] ?? '');
  return from === null || to === null || from > to || parts.length > 2 ? null : { from, to };
}

/** Micro-dollars; null: not readable. */
export function parseDollars(value: string | number): number | null {
  const text = String(value).trim().replace(/^\$/, '');
  if (!/^\d{1,7}(?:\.\d{1,6})?$/.test(text)) return null;
  const micros = Math.round(Number(text) * 1_000_000);
  return micros <= 1_000_000_000_000 ? micros : null;
}
