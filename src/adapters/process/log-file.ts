import { appendFileSync, closeSync, openSync, readSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Places } from './record.ts';

const PIECE = 64 * 1024;
const COPY = 1024 * 1024;

/**
 * The log of one instance: `log`, which its processes append to themselves, and `log.1`, the end of what was cut off.
 * Places in it are counted from the first byte ever written, so that a reader can go on over a cut.
 */
export type LogFile = {
  readonly places: Places;
  /** Bytes that were cut off `log` since this broker knows it. */
  base: number;
};

export const logFileOf = (places: Places): LogFile => ({ places, base: 0 });

export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * Keeps the two files together below about `maxBytes`: the last half of that moves to `log.1`, and `log` begins anew.
 * The processes hold `log` open for appending, so it is cut in place and not renamed. What they write between the
 * last copy and the cut, some microseconds, is lost. Done synchronously, so that no reader meets it half done; with the
 * default bound it takes about 3 ms.
 */
export function cutLog(log: LogFile, maxBytes: number): void {
  const { places } = log;
  const size = sizeOf(places.log);
  const keep = Math.floor(maxBytes / 2);
  if (size <= keep) return;
  const fd = openSync(places.log, 'r');
  try {
    let at = size - keep;
    writeFileSync(places.olderLog, '', { mode: 0o600 });
    const buffer = Buffer.allocUnsafe(COPY);
    // Bounded: a writer that is faster than this copy loses what it wrote meanwhile, as it would a moment later.
    for (let copied = 0; copied < 2 * keep; ) {
      const n = readSync(fd, buffer, 0, COPY, at);
      if (n === 0) break;
      appendFileSync(places.olderLog, buffer.subarray(0, n));
      at += n;
      copied += n;
    }
    truncateSync(places.log, 0);
    log.base += at;
  } finally {
    closeSync(fd);
  }
}

/** The first place that is still kept. */
export const firstPlace = (log: LogFile): number => log.base - sizeOf(log.places.olderLog);

export const endPlace = (log: LogFile): number => log.base + sizeOf(log.places.log);

/** At most 64 KiB from `place` on; empty at the end. Where that was dropped, from the first place that is kept. */
export function readAt(log: LogFile, place: number): { readonly from: number; readonly data: Uint8Array } {
  const from = Math.max(place, firstPlace(log));
  const older = from < log.base;
  const data = older
    ? readPiece(log.places.olderLog, sizeOf(log.places.olderLog) - (log.base - from))
    : readPiece(log.places.log, from - log.base);
  return { from, data };
}

function readPiece(path: string, offset: number, length = PIECE): Uint8Array {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return new Uint8Array();
  }
  try {
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
  } finally {
    closeSync(fd);
  }
}

/** Where the last `lines` lines begin. A last line without its end counts as one. */
export function placeOfTail(log: LogFile, lines: number): number {
  const end = endPlace(log);
  if (lines <= 0) return end;
  let left = lines;
  for (let at = end; at > firstPlace(log); ) {
    // Not across the cut: each piece lies in one file.
    const from = Math.max(firstPlace(log), at > log.base ? Math.max(log.base, at - PIECE) : at - PIECE);
    const piece = readAt(log, from).data.subarray(0, at - from);
    for (let i = piece.length - 1; i >= 0; i--) {
      if (piece[i] !== 10 || from + i === end - 1) continue;
      left--;
      if (left === 0) return from + i + 1;
    }
    at = from;
  }
  return firstPlace(log);
}

/** The last line that is not empty, without control characters, at most 200 characters; empty when there is none. */
export function lastLine(log: LogFile): string {
  const end = endPlace(log);
  const from = Math.max(firstPlace(log), end - 4096);
  const piece = [readAt(log, from)];
  for (let next = from + (piece[0]?.data.length ?? 0); next < end; ) {
    const more = readAt(log, next);
    if (more.data.length === 0) break;
    piece.push(more);
    next = more.from + more.data.length;
  }
  const text = Buffer.concat(piece.map((p) => p.data)).toString('utf8');
  const lines = stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((l) => l.replaceAll(/\p{Cc}+/gu, ' ').trim())
    .filter((l) => l !== '');
  return Array.from(lines.at(-1) ?? '')
    .slice(0, 200)
    .join('');
}
