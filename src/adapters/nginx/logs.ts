import { statSync, truncateSync, utimesSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { EpochMs } from '../../domain/time.ts';
import type { Places } from './record.ts';

/** Keeps each log and its older part below this, about [bytes]. In place: nginx appends, so it need not know. What is
 *  written between copying and cutting is lost. */
export async function boundLogs(places: Places, maxBytes: number, now: EpochMs): Promise<void> {
  for (const path of [places.accessLog, places.refusedLog, places.errorLog]) {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < maxBytes / 2) continue;
    await copyFile(path, `${path}.1`);
    cut(path, now);
  }
}

/** Empties a log; cutting is no use, so its time stays. */
function cut(path: string, now: EpochMs): void {
  const { atimeMs, mtimeMs } = statSync(path);
  truncateSync(path);
  utimesSync(path, atimeMs / 1_000, mtimeMs / 1_000);
  // A line that came just before its time was set back was one of now.
  if (statSync(path).size > 0) utimesSync(path, now / 1_000, now / 1_000);
}

/** When the last line was written: nginx writes one when a request or connection has ended. null: there was none. */
export function lastLineAt(places: Places): EpochMs | null {
  const mtimeMs = statSync(places.accessLog, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return mtimeMs === 0 ? null : Math.floor(mtimeMs);
}
