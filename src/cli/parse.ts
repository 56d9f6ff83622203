import { BerthError } from '../../clients/typescript/src/errors.ts';
import type { Amount, SessionRef } from '../../clients/typescript/src/types.ts';
import { dateAt, timeOf } from './system.ts';

/** A command line that cannot mean anything. @param field the option or argument */
export function usage(field: string, description: string): BerthError {
  return new BerthError('invalid-argument', `${field}: ${description}`, { violations: [{ field, description }] });
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d+(?:\.\d+)?(ms|s|m|h|d))+$/;

/** `90s`, `20m`, `1h30m`, `7d`, `0` in ms. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (!DURATION.test(text)) throw usage('duration', 'a number and a unit, such as 90s, 20m, 1h30m or 7d');
  let ms = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  return Math.round(ms);
}

const POWERS = 'kmgtp';

/** `512Mi`, `2GiB`, `10GB`, `1500000` in bytes; `k`, `M`, `G`... are powers of 1,000, `Ki`, `Mi`, `Gi`... of 1,024. */
export function parseSize(text: string): number {
  const [, amount = '', prefix = '', binary = ''] = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?))?b?$/i.exec(text) ?? [];
  if (amount === '') throw usage('size', 'bytes, or a number and a unit, such as 512Mi, 2Gi or 10GB');
  const power = prefix === '' ? 0 : POWERS.indexOf(prefix.toLowerCase()) + 1;
  return Math.round(Number(amount) * (binary === '' ? 1_000 : 1_024) ** power);
}

export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) throw usage('number', 'a number, 0 or more');
  return value;
}

export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usage('count', 'a whole number, 0 or more');
  return Number(text);
}

/** `REQUEST`, `REQUEST:LIMIT` or `:LIMIT`. */
export function parseAmount(text: string, one: (text: string) => number): Amount {
  const [request = '', limit, ...rest] = text.split(':');
  if (rest.length > 0 || (request === '' && !limit)) throw usage('amount', 'REQUEST, REQUEST:LIMIT or :LIMIT');
  return { ...(request === '' ? {} : { request: one(request) }), ...(limit ? { limit: one(limit) } : {}) };
}

/** `key=value`, the value possibly empty, added to what came before. */
export function parsePair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw usage('pair', 'key=value');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Lines `NAME=value`; empty lines and lines that begin with `#` are skipped; quotes around a value are taken off. */
export function parseEnvFile(text: string, file: string): Record<string, string> {
  let env: Record<string, string> = {};
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const at = line.indexOf('=');
    if (at < 1) throw usage('--env-file', `${file}, line ${i + 1}: must be NAME=value, a comment or empty`);
    const value = line.slice(at + 1).trim();
    const [, quoted] = /^"(.*)"$/.exec(value) ?? /^'(.*)'$/.exec(value) ?? [];
    env = {
      ...env,
      [line
        .slice(0, at)
        .replace(/^\s*export\s+/, '')
        .trim()]: quoted ?? value,
    };
  }
  return env;
}

/** A session's id, `request:ID`, or otherwise a name; `id:` and `name:` say it outright. */
export function parseRef(text: string): SessionRef {
  const [, kind = '', rest = ''] = /^(id|name|request):(.+)$/.exec(text) ?? [];
  if (kind === 'request') return { requestId: rest };
  if (kind === 'id') return { id: rest };
  if (kind === 'name') return { name: rest };
  if (text === '') throw usage('REF', 'a session id, a name, or request:ID');
  return /^s-[0-9a-z]{26}$/.test(text) ? { id: text } : { name: text };
}

/** When a lifetime is to end: `+30m` after its present end, `30m` from now, or an ISO 8601 time. */
export function parseEnd(text: string, now: number): { readonly at: Date } | { readonly afterEndMs: number } {
  if (text.startsWith('+')) return { afterEndMs: parseDuration(text.slice(1)) };
  if (DURATION.test(text)) return { at: dateAt(now + parseDuration(text)) };
  const at = timeOf(text);
  if (at === null)
    throw usage('END', '+30m (after its present end), 30m (from now) or a time such as 2030-01-31T18:00Z');
  return { at };
}

/** `2h` (so long ago), or an ISO 8601 time. */
export function parseSince(text: string, now: number): Date {
  if (DURATION.test(text)) return dateAt(now - parseDuration(text));
  const at = timeOf(text);
  if (at === null) throw usage('--since', '2h (so long ago) or a time such as 2030-01-31T18:00Z');
  return at;
}
