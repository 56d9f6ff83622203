import { ACCEPTED_REGIONS, countriesOf } from '../domain/regions.ts';
import { HOUR, MINUTE } from '../domain/time.ts';
import type { NumberRule, TextRule } from './validate.ts';

// The ranges that the comments of the proto files state. What a class allows within them, its use case checks.

const MIB = 2 ** 20;
const TIB = 2 ** 40;

export const REQUEST_ID: TextRule = {
  min: 1,
  max: 128,
  pattern: /^[A-Za-z0-9._:-]+$/,
  accepts: '1 to 128 characters of A-Z a-z 0-9 . _ : -',
};
export const SESSION_NAME: TextRule = {
  min: 1,
  max: 63,
  pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  accepts: '1 to 63 lower-case letters, digits and "-", beginning and ending with a letter or digit',
};
/** Of a session, token or the like: what it must look like is for whoever looks it up. */
export const ID: TextRule = { min: 1, max: 128, accepts: '1 to 128 characters' };
export const CLASS_NAME: TextRule = { min: 1, max: 63, accepts: 'the name of a session class, 1 to 63 characters' };
export const OWNER: TextRule = { min: 0, max: 256, accepts: '0 to 256 characters' };
export const LABEL_KEY: TextRule = {
  min: 1,
  max: 63,
  pattern: /^[A-Za-z0-9._/-]+$/,
  accepts: '1 to 63 characters of A-Z a-z 0-9 . _ / -',
};
export const LABEL_VALUE: TextRule = { min: 0, max: 256, accepts: '0 to 256 characters' };
export const ENV_NAME: TextRule = {
  min: 1,
  max: 128,
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  accepts: '1 to 128 characters of A-Z a-z 0-9 _, not beginning with a digit',
};
/** Its length is counted in bytes, apart. */
export const ENV_VALUE: TextRule = { min: 0, max: Infinity, anyLines: true, secret: true, accepts: 'text without NUL' };
export const ARGUMENT: TextRule = { min: 1, max: 8_192, anyLines: true, accepts: '1 to 8,192 characters without NUL' };
export const GPU_MODEL: TextRule = { min: 1, max: 64, accepts: '1 to 64 characters' };
export const REGION: TextRule = {
  min: 2,
  max: 64,
  pattern: { test: (word) => countriesOf(word) !== null },
  accepts: ACCEPTED_REGIONS,
};
export const PAGE_TOKEN: TextRule = {
  min: 0,
  max: 1_024,
  pattern: /^[\x21-\x7e]*$/,
  accepts: 'next_page_token of the answer before',
};
/** A number, or two with Redis. Never beyond what either store can hold. */
export const EVENT_ID: TextRule = {
  min: 0,
  max: 39,
  pattern: /^(?:\d{1,19}(?:-\d{1,19})?)?$/,
  accepts: 'the id of an event, last_id of an answer, or 0 for the beginning of the log',
};
export const TENANT: TextRule = {
  min: 1,
  max: 63,
  pattern: /^[a-z0-9-]+$/,
  accepts: '1 to 63 lower-case letters, digits and "-"',
};
export const PROVIDER: TextRule = {
  min: 1,
  max: 63,
  pattern: /^[a-z0-9-]+$/,
  accepts: 'the name of a provider, 1 to 63 characters of a-z 0-9 -',
};
/** Of a machine or host, as its provider names it; part of a record's key. */
export const MACHINE: TextRule = {
  min: 1,
  max: 64,
  pattern: /^[A-Za-z0-9._-]+$/,
  accepts: '1 to 64 characters of A-Z a-z 0-9 . _ -',
};
export const BAN_REASON: TextRule = { min: 1, max: 256, accepts: '1 to 256 characters' };
export const DETAIL: TextRule = { min: 0, max: 512, accepts: '0 to 512 characters' };
export const NOTE: TextRule = { min: 0, max: 256, accepts: '0 to 256 characters' };

export const MAX_LABELS = 32;
export const MAX_ENV = 128;
export const MAX_ENV_VALUE_BYTES = 32 * 1_024;
export const MAX_ENV_BYTES = 256 * 1_024;
export const MAX_ARGUMENTS = 256;
export const MAX_LIST = 50;
/** Each phase once, and then some. */
export const MAX_PHASES = 32;
export const MAX_KINDS = 16;
export const DEFAULT_PAGE_SIZE = 100;

export const CPU: NumberRule = { min: 0.001, max: 1_024, integer: false, accepts: '0.001 to 1,024 cores' };
export const MEMORY: NumberRule = { min: MIB, max: 64 * TIB, integer: true, accepts: '1 MiB to 64 TiB, in bytes' };
export const GPU_COUNT: NumberRule = { min: 0, max: 64, integer: true, accepts: '0 to 64' };
export const GPU_MEMORY: NumberRule = { min: 0, max: TIB, integer: true, accepts: '0 to 1 TiB, in bytes' };
export const DISK: NumberRule = { min: 0, max: 1_024 * TIB, integer: true, accepts: '0 to 1 PiB, in bytes' };
export const PRICE: NumberRule = { min: 0, max: 10_000, integer: false, accepts: '0 to 10,000 US dollars per hour' };
export const RELIABILITY: NumberRule = { min: 0, max: 1, integer: false, accepts: '0 to 1' };
export const PAGE_SIZE: NumberRule = { min: 0, max: 1_000, integer: true, accepts: '1 to 1,000, or 0 for 100' };
export const REVISION: NumberRule = {
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  integer: true,
  accepts: 'a revision that a session had, or 0',
};
export const TAIL_LINES: NumberRule = { min: 0, max: 100_000, integer: true, accepts: '0 to 100,000' };
export const RESERVE_TARGET: NumberRule = { min: 0, max: 100_000, integer: true, accepts: '0 to 100,000' };

export const MAX_OFFERS: NumberRule = { min: 0, max: 64, integer: true, accepts: '1 to 64, or 0 for 10' };
export const DEFAULT_OFFERS = 10;
export const COST_DAYS: NumberRule = { min: 0, max: 90, integer: true, accepts: '1 to 90, or 0 for 30' };
export const DEFAULT_COST_DAYS = 30;

/** Protobuf's own bound: 10,000 years [ms]. */
const LONGEST_MS = 315_576_000_000_000;
export type DurationRule = { readonly minMs?: number; readonly maxMs: number; readonly accepts: string };
export const ANY_DURATION: DurationRule = { maxMs: LONGEST_MS, accepts: '0 s to 10,000 years' };
export const DAY_AT_MOST: DurationRule = { maxMs: 24 * HOUR, accepts: '0 s to 24 h' };
export const BAN_TERM: DurationRule = { minMs: MINUTE, maxMs: 3_650 * 24 * HOUR, accepts: '1 min to 3,650 d' };
