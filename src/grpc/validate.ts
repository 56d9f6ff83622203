import type { Violation } from '../domain/errors.ts';

/** The violations of one request, all of them, so that a caller mends them in one go. Fields are named as in the proto
 *  files (`requirements.cpu.limit`, `command[3]`, `labels["team"]`). */
export type Violations = Violation[];

export type TextRule = {
  /** In characters. */
  readonly min: number;
  readonly max: number;
  /** What a text must match; without one, anything but control characters. */
  readonly pattern?: Pick<RegExp, 'test'>;
  /** Allows line breaks, tabs and other control characters, but NUL. */
  readonly anyLines?: true;
  /** The value is not repeated in the answer. */
  readonly secret?: true;
  readonly accepts: string;
};

export type NumberRule = {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly accepts: string;
};

const SHOWN = 40;
/** Protobuf strings are UTF-8; bytes that are not come out of the decoder as U+FFFD. */
const NOT_UTF8 = '\ufffd';
const CONTROL = /\p{Cc}/u;

/** The value as it may be repeated to its sender: short, on one line. */
export const shown = (value: string | number): string =>
  typeof value === 'number'
    ? String(value)
    : JSON.stringify(value.length <= SHOWN ? value : `${value.slice(0, SHOWN)}…`);

export function refuse(bad: Violations, field: string, is: string, accepts: string): void {
  bad.push({ field, description: `${is}; accepted: ${accepts}` });
}

export function checkText(bad: Violations, field: string, value: string, rule: TextRule): void {
  const wrong = wrongText(value, rule);
  if (wrong === null) return;
  const what = value === '' ? 'is empty' : rule.secret ? wrong : `is ${shown(value)}: ${wrong}`;
  refuse(bad, field, what, rule.accepts);
}

function wrongText(value: string, rule: TextRule): string | null {
  if (value.length < rule.min) return 'too short';
  if (value.length > rule.max && characters(value, rule.max) > rule.max) return `too long (${value.length})`;
  if (value.includes(NOT_UTF8)) return 'not valid UTF-8';
  if (rule.pattern !== undefined) return rule.pattern.test(value) ? null : 'not of that form';
  if (value.includes('\0')) return 'contains NUL';
  return !rule.anyLines && CONTROL.test(value) ? 'contains control characters' : null;
}

/** Code points, unless there are surely more than `max`. */
const characters = (text: string, max: number): number => (text.length > 2 * max ? text.length : [...text].length);

/** Refuses NaN and infinities too. */
export function checkNumber(bad: Violations, field: string, value: number, rule: NumberRule): void {
  if (value >= rule.min && value <= rule.max && (!rule.integer || Number.isSafeInteger(value))) return;
  refuse(bad, field, `is ${shown(value)}`, rule.accepts);
}

/** @returns whether the list is worth looking into: not when it is too long */
export function checkCount(bad: Violations, field: string, count: number, max: number, what: string): boolean {
  if (count <= max) return true;
  refuse(bad, field, `has ${count} ${what}`, `at most ${max}`);
  return false;
}

/** `labels["team"]`. */
export const at = (field: string, key: string): string => `${field}[${shown(key)}]`;

/** Refused as a key: an object of JavaScript has it already. */
export const isReservedKey = (key: string): boolean => key === '__proto__';
