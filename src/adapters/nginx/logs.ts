import { copyFile, truncate } from 'node:fs/promises';
import { sizeOf } from './control.ts';
import type { Places } from './record.ts';

/** Keeps each log and its older part below this, about [bytes]. In place: nginx appends, so it need not know. What is
 *  written between copying and cutting is lost. */
export async function boundLogs(places: Places, maxBytes: number): Promise<void> {
  for (const path of [places.accessLog, places.errorLog]) {
    if (sizeOf(path) < maxBytes / 2) continue;
    await copyFile(path, `${path}.1`);
    await truncate(path);
  }
}
