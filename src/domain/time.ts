/** Milliseconds since 1970 on the clock of record (the store's, behind the Clock port). */
export type EpochMs = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The earliest of the times given; null when there is none. */
export function earliest(...times: readonly (EpochMs | null | undefined)[]): EpochMs | null {
  let first: EpochMs | null = null;
  for (const t of times) if (t !== null && t !== undefined && (first === null || t < first)) first = t;
  return first;
}

/** A time as RFC 3339 or ISO 8601 writes it; null: it is none. */
export function parseTime(text: string): EpochMs | null {
  // biome-ignore lint/style/noRestrictedGlobals: it reads a time that is given, and no clock
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** ISO 8601 in UTC, for people and logs. */
// biome-ignore lint/style/noRestrictedGlobals: it formats a time that is given, and reads no clock
export const iso = (at: EpochMs): string => new Date(at).toISOString();
