import { Buffer } from 'node:buffer';
import type { Calls } from './calls.ts';
import { encodeRef } from './encode.ts';
import { isBerthError } from './errors.ts';
import type { SessionRef } from './types.ts';
import { type Breaks, isBroken, pauseAfter } from './watch.ts';

export type LogOptions = {
  readonly follow?: boolean;
  readonly tailLines?: number;
  /** How long the broker may be away while following [ms]. Default: the client's. */
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
};

/** By the end of what came, the place to go on from is found again. [bytes] */
const REMEMBERED = 4_096;
/** What was written during a break is looked for in so many last lines. */
const LOOK_BACK_LINES = 10_000;

type Place = Breaks & { end: Buffer };

/** See BerthClient.logs. */
export async function* streamLogs(
  calls: Calls,
  ref: SessionRef,
  o: LogOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { follow = false, tailLines } = o;
  const first = read(calls, ref, follow, tailLines, o.signal);
  if (!follow) return yield* first;
  const place: Place = { end: Buffer.alloc(0), breaks: 0, brokenSince: null };
  for (let source = first; ; source = resume(calls, ref, place, tailLines, o.signal)) {
    const opened = calls.system.monotonic();
    try {
      for await (const data of source) {
        place.end = Buffer.concat([place.end, data]).subarray(-REMEMBERED);
        Object.assign(place, { breaks: 0, brokenSince: null });
        yield data;
      }
      return;
    } catch (err) {
      if (!isBerthError(err) || !isBroken(err)) throw err;
      await pauseAfter(calls, err, opened, place, o);
    }
  }
}

async function* read(
  { channel }: Calls,
  ref: SessionRef,
  follow: boolean,
  tailLines: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const request = { ...encodeRef(ref), follow, ...(tailLines === undefined ? {} : { tailLines }) };
  for await (const { data } of channel.stream((m) => channel.sessions.streamLogs(request, m), signal)) yield data;
}

/**
 * Follows behind what came before the break. The wire knows no place in a log, so it is found by its text: a log that
 * repeats itself word for word, or was cut meanwhile, may show lines twice. None is left out.
 */
async function* resume(
  calls: Calls,
  ref: SessionRef,
  { end }: Place,
  tailLines: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (end.length === 0) return yield* read(calls, ref, true, tailLines, signal);
  // A stream that follows does not say when it has told what was there; this one ends with it.
  const kept: Uint8Array[] = [];
  for await (const data of read(calls, ref, false, LOOK_BACK_LINES, signal)) kept.push(data);
  const there = Buffer.concat(kept);
  let waiting: Buffer | null = there.includes(end) ? Buffer.alloc(0) : null;
  for await (const data of read(calls, ref, true, LOOK_BACK_LINES, signal)) {
    if (waiting === null) {
      yield data;
      continue;
    }
    waiting = Buffer.concat([waiting, data]);
    const at = waiting.indexOf(end);
    if (at === -1 && waiting.length < there.length) continue;
    const rest = at === -1 ? waiting : waiting.subarray(at + end.length);
    waiting = null;
    if (rest.length > 0) yield rest;
  }
}
