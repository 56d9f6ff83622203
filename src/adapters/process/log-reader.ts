import type { Clock } from '../../ports/clock.ts';
import type { LogQuery } from '../../ports/compute-provider.ts';
import { endPlace, firstPlace, type LogFile, placeOfTail, readAt } from './log-file.ts';

const POLL_MS = 100;

export type LogSource = { readonly clock: Clock; readonly ended: () => boolean };

/** What is kept, and with `follow` what comes, until the instance has ended and all of it was read. */
export async function* readLog(
  log: LogFile,
  query: LogQuery,
  source: LogSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let place = query.tailLines === null ? firstPlace(log) : placeOfTail(log, query.tailLines);
  // Without `follow` a program that never stops writing must not keep the reader for ever.
  const until = query.follow ? Number.POSITIVE_INFINITY : endPlace(log);
  while (place < until) {
    signal.throwIfAborted();
    // Asked before reading: what was written before the end is then read in any case.
    const ended = source.ended();
    const { from, data } = readAt(log, place);
    const piece = data.subarray(0, Math.max(0, until - from));
    if (piece.length > 0) {
      place = from + piece.length;
      yield piece;
    } else if (ended || !query.follow) return;
    else await source.clock.sleep(POLL_MS, signal);
  }
}
