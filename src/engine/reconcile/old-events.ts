import type { EpochMs } from '../../domain/time.ts';
import type { LogLine } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import { readLine } from '../records/event-line.ts';

const CHUNK = 1_000;

/** Drops the events that are older than the log is to reach back; the newest event stays. How many there may be is
 *  the store's business. */
export async function dropOldEvents(ctx: Pick<EngineContext, 'store' | 'clock' | 'keepEventsMs'>): Promise<void> {
  const before = ctx.clock.now() - ctx.keepEventsMs;
  // In the usual case one line tells that there is nothing to do.
  for (let limit = 1; ; limit = CHUNK) {
    const lines = await ctx.store.events({ by: 'after', id: '', limit });
    const old = oldOnes(lines, before);
    if (old === 0 && !(limit === 1 && isStrange(lines[0]))) return;
    if (limit === 1) continue;
    const kept = lines[old] ?? lines.at(-1);
    if (kept !== undefined) await ctx.store.trimEvents(kept.id);
    if (old < CHUNK) return;
  }
}

/** One that cannot be read says nothing of those behind it. */
const isStrange = (line: LogLine | undefined): boolean => line !== undefined && readLine(line) === null;

/** How many of the first lines may go. One that cannot be read, such as a later berth's, is as old as what follows. */
function oldOnes(lines: readonly LogLine[], before: EpochMs): number {
  let old = 0;
  for (const [i, line] of lines.entries()) {
    const at = readLine(line)?.at;
    if (at === undefined) continue;
    if (at >= before) break;
    old = i + 1;
  }
  return old;
}
