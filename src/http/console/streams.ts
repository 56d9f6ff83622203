import type { ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import type { Access } from './access.ts';
import { type Board, type BoardOptions, createBoard } from './board.ts';
import { createEventTail, type EventTail, type EventTailOptions } from './event-tail.ts';

export type StreamsOptions = BoardOptions & EventTailOptions & { readonly clock: Clock };

/** Between two looks at what changed [ms]. */
const TICK_MS = 1_000;
/** A page that heard nothing for longer than this takes the connection for dead and makes a new one [ms]. */
const HEARTBEAT_MS = 10_000;
/** One that takes nothing for this long is cut [ms]. */
const STUCK_MS = 60_000;
/** Leaves room on the port for those who ask for health and metrics. */
export const MAX_STREAMS = 100;

type Client = {
  readonly res: ServerResponse;
  /** Looked at before each frame: a revoked token ends the stream. */
  readonly access: () => Access;
  version: number;
  events: number;
  toldAt: number;
};

const said = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** The pages that are open. While there are any, one loop looks once a second and tells each what it lacks. */
export type Streams = ReturnType<typeof createStreams>;

export function createStreams(o: StreamsOptions) {
  const clients = new Set<Client>();
  let end: AbortController | null = null;
  let now: { readonly board: Board; readonly tail: EventTail } | null = null;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    const board = createBoard(o);
    const tail = createEventTail(o);
    const tailing = tail.run(signal);
    try {
      while (!signal.aborted) {
        await board.refresh().catch(o.onError);
        // Whoever came after the abort is told by the next run, whose versions begin anew.
        if (signal.aborted) break;
        now = { board, tail };
        for (const client of clients) tell(client, board, tail);
        await o.clock.sleep(TICK_MS, signal).catch(() => undefined);
      }
    } finally {
      now = null;
      board.stop();
      await tailing;
    }
  }

  function tell(client: Client, board: Board, tail: EventTail): void {
    const { res } = client;
    const at = o.clock.monotonic();
    // What was written last is still on its way: nothing is added, the next frame will tell all of it at once.
    if (res.writableNeedDrain) {
      if (at - client.toldAt > STUCK_MS) res.destroy();
      return;
    }
    const access = client.access();
    if (!access.ok) {
      res.end(said('denied', { reason: access.reason, error: access.error }));
      return;
    }
    const frames = [board.frame(client.version), tail.frame(client.events)].filter((frame) => frame !== null);
    client.version = board.version();
    client.events = tail.count();
    for (const frame of frames) res.write(frame);
    if (frames.length === 0 && at - client.toldAt < HEARTBEAT_MS) return;
    if (frames.length === 0) res.write(': still here\n\n');
    client.toldAt = at;
  }

  function leave(client: Client): void {
    clients.delete(client);
    if (clients.size > 0) return;
    end?.abort();
    end = null;
    now = null;
  }

  return {
    size: (): number => clients.size,
    /** Tells `res` all there is and what changes, until it closes. `hello` comes first. */
    add(res: ServerResponse, access: () => Access, hello: unknown): void {
      const client: Client = { res, access, version: 0, events: 0, toldAt: o.clock.monotonic() };
      clients.add(client);
      res.on('close', () => leave(client));
      res.on('error', () => undefined);
      res.write(said('hello', hello));
      if (now !== null) tell(client, now.board, now.tail);
      if (end !== null) return;
      const started = new AbortController();
      end = started;
      const before = running;
      running = before.then(() => run(started.signal)).catch(o.onError);
    },
    /** Ends every stream, for a stop of the broker. */
    async close(): Promise<void> {
      for (const { res } of clients) res.end(said('bye', {}));
      end?.abort();
      await running;
    },
  };
}
