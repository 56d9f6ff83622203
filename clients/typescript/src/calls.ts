import type { Channel, UnaryStart } from './channel.ts';
import { type Patience, withRetry } from './retry.ts';
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
  patience(options: CallOptions): Patience;
  /** One call, made again while the broker is unavailable: all of berth's calls but CreateToken are repeatable. */
  call<Res>(start: UnaryStart<Res>, options?: CallOptions): Promise<Res>;
};

export type Defaults = { readonly deadlineMs: number; readonly retryForMs: number; readonly unreachableForMs: number };

export function createCalls(channel: Channel, system: System, defaults: Defaults): Calls {
  const { deadlineMs, retryForMs, unreachableForMs } = defaults;
  const patience = (o: CallOptions): Patience => ({
    answeredMs: o.retryForMs ?? retryForMs,
    unreachableMs: unreachableForMs,
  });
  return {
    channel,
    system,
    deadlineMs,
    retryForMs,
    patience,
    call: (start, options = {}) =>
      withRetry(
        () => channel.unary(start, options.deadlineMs ?? deadlineMs, options.signal),
        patience(options),
        system,
        options.signal,
      ),
  };
}
