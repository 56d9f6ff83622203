import type { Calls } from './calls.ts';
import { decodeEvent } from './decode-admin.ts';
import { encodeFilter } from './encode.ts';
import { BerthError, isBerthError } from './errors.ts';
import type { ListEventsResponse__Output } from './generated/berth/v1/ListEventsResponse.ts';
import type { BerthEvent, EventFilter } from './types-admin.ts';
import { type Breaks, isBroken, pauseAfter } from './watch.ts';

export type EventWatchOptions = EventFilter & {
  /** Begin behind this event. Left out: with those to come. */
  readonly afterId?: string;
  /** How long the broker may be away before the watch fails [ms]. Default: the client's. */
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
};

/** Where a watch is; moves with every event. */
type Cursor = Breaks & { afterId: string };

/** See AdminCalls.watchEvents. */
export async function* watchEvents(
  calls: Calls,
  o: EventWatchOptions = {},
): AsyncGenerator<BerthEvent, void, undefined> {
  const { system } = calls;
  const cursor: Cursor = { afterId: o.afterId ?? (await present(calls, o)), breaks: 0, brokenSince: null };
  for (;;) {
    const opened = system.monotonic();
    const broken = yield* watchOnce(calls, cursor, o);
    await pauseAfter(calls, broken, opened, cursor, o);
  }
}

/** The present end of the log. Without it, what happens during a break before the first event would be left out. */
async function present({ call, channel: { admin } }: Calls, o: EventWatchOptions): Promise<string> {
  const options = {
    ...(o.signal === undefined ? {} : { signal: o.signal }),
    ...(o.retryForMs === undefined ? {} : { retryForMs: o.retryForMs }),
  };
  const { lastId } = await call<ListEventsResponse__Output>(
    (m, call, done) => admin.listEvents({ pageSize: 1 }, m, call, done),
    options,
  );
  return lastId;
}

/** One stream. Returns what broke it. */
async function* watchOnce(
  { channel }: Calls,
  cursor: Cursor,
  o: EventWatchOptions,
): AsyncGenerator<BerthEvent, BerthError, undefined> {
  const request = { filter: encodeFilter(o), afterId: cursor.afterId };
  try {
    for await (const answer of channel.stream((m) => channel.admin.watchEvents(request, m), o.signal)) {
      const event = decodeEvent(answer.event);
      Object.assign(cursor, { afterId: event.id, breaks: 0, brokenSince: null });
      yield event;
    }
  } catch (err) {
    if (!isBerthError(err) || !isBroken(err)) throw err;
    return err;
  }
  return new BerthError('unavailable', 'the broker ended the stream of events');
}
