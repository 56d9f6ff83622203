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

/** ISO 8601 in UTC, for people and logs. */
// biome-ignore lint/style/noRestrictedGlobals: it formats a time that is given, and reads no clock
export const iso = (at: EpochMs): string => new Date(at).toISOString();
