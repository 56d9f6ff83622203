import type { Caller } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import type { LogLine, LogRange } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import { createWakeable } from '../lead/wakeable.ts';
import { readLine } from '../records/event-line.ts';
import type { EventFilter, EventPage, EventQuery, EventView } from '../use-cases.ts';
import { mustBeAdmin } from './admin-only.ts';

/** Lines read at once. */
const CHUNK = 1_000;
/** Lines looked at for one page at most, so that a filter that hardly anything passes cannot hold a call for long:
 *  about a second with Redis. */
const READ_AT_MOST = 100_000;
/** Commits that come within this are read together [ms]. */
const GATHER_MS = 75;
/** A watcher looks into the log this often even if nothing was heard of [ms]. */
const LOOK_AGAIN_MS = 30 * SECOND;
/** While the store is away [ms]. */
const AFTER_ERROR_MS = SECOND;

type Context = Pick<EngineContext, 'store' | 'clock' | 'follower'>;

/** ListEvents: those after one, or the newest. */
export async function listEvents(ctx: Context, caller: Caller, query: EventQuery): Promise<EventPage> {
  mustBeAdmin(caller);
  return query.afterId === '' ? newest(ctx, query) : following(ctx, query);
}

async function following(ctx: Context, query: EventQuery): Promise<EventPage> {
  const passes = matcher(query.filter, query.sinceAt);
  const events: EventView[] = [];
  let lastId = query.afterId;
  for (let read = 0; read < READ_AT_MOST; ) {
    const lines = await ctx.store.events({ by: 'after', id: lastId, limit: CHUNK });
    for (const line of lines) {
      if (events.length === query.pageSize) return { events, lastId, more: true };
      lastId = line.id;
      const event = passes(line);
      if (event !== null) events.push(event);
    }
    if (lines.length < CHUNK) return { events, lastId, more: false };
    read += lines.length;
  }
  return { events, lastId, more: true };
}

async function newest(ctx: Context, query: EventQuery): Promise<EventPage> {
  const passes = matcher(query.filter, query.sinceAt);
  /** Newest first. */
  const events: EventView[] = [];
  let lines = await ctx.store.events({ by: 'before', id: '', limit: CHUNK });
  // Of an empty log: before whatever comes.
  const lastId = lines.at(-1)?.id ?? '0';
  for (let read = lines.length; ; read += lines.length) {
    events.push(
      ...lines
        .map(passes)
        .filter((event) => event !== null)
        .reverse(),
    );
    const oldest = lines[0];
    const isEnough = events.length >= query.pageSize || read >= READ_AT_MOST;
    if (isEnough || oldest === undefined || isOlder(oldest, query.sinceAt)) break;
    lines = await ctx.store.events({ by: 'before', id: oldest.id, limit: CHUNK });
  }
  return { events: events.slice(0, query.pageSize).reverse(), lastId, more: false };
}

/** Several replicas write by one clock, but not in its order. */
const DISORDER_MS = 60 * SECOND;

const isOlder = (line: LogLine, sinceAt: number | null): boolean =>
  sinceAt !== null && (readLine(line)?.at ?? sinceAt) < sinceAt - DISORDER_MS;

/** The line as an event if it passes. Most lines that do not are not even parsed. */
function matcher(filter: EventFilter, sinceAt: number | null): (line: LogLine) => EventView | null {
  const { kinds, session, class: className, tenant } = filter;
  const needles = [session, className, tenant].filter((text) => text !== null).map((text) => JSON.stringify(text));
  return (line) => {
    if (!needles.every((needle) => line.line.includes(needle))) return null;
    const event = readLine(line);
    if (event === null || (sinceAt !== null && event.at < sinceAt)) return null;
    const passes =
      (kinds.length === 0 || kinds.includes(event.kind)) &&
      (session === null || event.session === session || (event.kind === 'session' && event.subject === session)) &&
      (className === null || event.class === className) &&
      (tenant === null || event.tenant === tenant);
    return passes ? event : null;
  };
}

/**
 * WatchEvents: woken by the feed, but reading the log from where it stopped, so that nothing is left out whatever
 * the feed does. A store that goes away meanwhile is waited for.
 * @throws BrokerError as the store does, when it is away at the beginning
 */
export async function* watchEvents(
  ctx: Context,
  caller: Caller,
  filter: EventFilter,
  afterId: string,
  signal: AbortSignal,
): AsyncGenerator<EventView, void, void> {
  mustBeAdmin(caller);
  const passes = matcher(filter, null);
  const news = createWakeable(ctx.clock);
  const unlisten = ctx.follower.onCommit(news.wake);
  try {
    let last = afterId === '' ? await endOfLog(ctx) : afterId;
    for (let lines = await ctx.store.events(range(last)); !signal.aborted; lines = await readOn(ctx, last, signal)) {
      for (const line of lines) {
        last = line.id;
        const event = passes(line);
        if (event !== null) yield event;
        if (signal.aborted) return;
      }
      if (lines.length === CHUNK) continue;
      await news.sleep(LOOK_AGAIN_MS, signal);
      await ctx.clock.sleep(GATHER_MS, signal).catch(() => undefined);
    }
  } finally {
    unlisten();
  }
}

const range = (id: string): LogRange => ({ by: 'after', id, limit: CHUNK });

const endOfLog = async ({ store }: Context): Promise<string> =>
  (await store.events({ by: 'before', id: '', limit: 1 })).at(-1)?.id ?? '';

async function readOn(ctx: Context, after: string, signal: AbortSignal): Promise<readonly LogLine[]> {
  while (!signal.aborted)
    try {
      return await ctx.store.events(range(after));
    } catch (err) {
      if (!(err instanceof BrokerError) || err.code !== 'unavailable') throw err;
      await ctx.clock.sleep(AFTER_ERROR_MS, signal).catch(() => undefined);
    }
  return [];
}
