import type { Channel, UnaryStart } from './channel.ts';
import { withRetry } from './retry.ts';
import type { System } from './system.ts';

export type CallOptions = {
  /** Ends the call; it rejects with the signal's reason. Never releases a session. */
  readonly signal?: AbortSignal;
  /** Default: the client's. */
  readonly deadlineMs?: number;
  /** Default: the client's. */
  readonly retryForMs?: number;
};

/** How the parts of the client call the broker. */
export type Calls = {
  readonly channel: Channel;
  readonly system: System;
  readonly deadlineMs: number;
  readonly retryForMs: number;
  /** One call, made again while the broker is unavailable: all of berth's calls but CreateToken are repeatable. */
  call<Res>(start: UnaryStart<Res>, options?: CallOptions): Promise<Res>;
};

export function createCalls(channel: Channel, system: System, deadlineMs: number, retryForMs: number): Calls {
  return {
    channel,
    system,
    deadlineMs,
    retryForMs,
    call: (start, options = {}) =>
      withRetry(
        () => channel.unary(start, options.deadlineMs ?? deadlineMs, options.signal),
        options.retryForMs ?? retryForMs,
        system,
        options.signal,
      ),
  };
}
