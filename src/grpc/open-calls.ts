import { BrokerError } from '../domain/errors.ts';

/** As far as a call tells of its end. grpc-js says `cancelled` also when the answer was sent. */
export type EndingCall = {
  readonly cancelled: boolean;
  once(event: 'cancelled', listener: () => void): unknown;
};

/** Made once: making an exception with its stack for each call would cost more than the call. */
const CALL_OVER = new DOMException('the call was answered, cancelled or broken off', 'AbortError');

/** Shorter than a restart takes; a client that finds no broker then goes on trying by itself [ms]. */
const RETRY_AFTER_MS = 1_000;

export const brokerStopping = (): BrokerError =>
  new BrokerError('unavailable', 'the broker is stopping; sessions go on', {
    reason: 'BROKER_STOPPING',
    retryAfterMs: RETRY_AFTER_MS,
  });

/** The calls that are being answered, so that a stop can end those that wait and let the others finish. */
export type OpenCalls = ReturnType<typeof createOpenCalls>;

export function createOpenCalls() {
  const waiting = new Set<AbortController>();
  let open = 0;
  let stopping: BrokerError | null = null;
  let whenIdle: (() => void) | null = null;
  return {
    /** @throws BrokerError `unavailable` once the broker stops */
    refuseIfStopping(): void {
      if (stopping !== null) throw stopping;
    },
    /** Counts a call until its `end`. @throws BrokerError `unavailable` once the broker stops */
    begin(): void {
      if (stopping !== null) throw stopping;
      open += 1;
    },
    end(): void {
      open -= 1;
      if (open === 0) whenIdle?.();
    },
    /** Aborts when the call is over, however it ended, or with `brokerStopping` when the broker stops. */
    signalOf(call: EndingCall): AbortSignal {
      const controller = new AbortController();
      waiting.add(controller);
      const over = (): void => {
        waiting.delete(controller);
        controller.abort(CALL_OVER);
      };
      if (call.cancelled) over();
      else call.once('cancelled', over);
      return controller.signal;
    },
    /** Refuses new calls and ends those that wait. */
    stop(): void {
      stopping ??= brokerStopping();
      for (const controller of waiting) controller.abort(stopping);
      waiting.clear();
    },
    /** Resolves when no call is being answered. Asked once. */
    idle(): Promise<void> {
      return open === 0 ? Promise.resolve() : new Promise((resolve) => (whenIdle = resolve));
    },
    /** What ended the wait that `err` came out of: the stop, if there was one. */
    causeOf(err: unknown, signal: AbortSignal | null): unknown {
      return signal?.aborted && signal.reason === stopping && !(err instanceof BrokerError) ? stopping : err;
    },
    /** @throws BrokerError `unavailable` if the stop ended the wait */
    throwIfStopped(signal: AbortSignal): void {
      if (stopping !== null && signal.reason === stopping) throw stopping;
    },
  };
}
