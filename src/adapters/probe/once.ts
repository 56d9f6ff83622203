/** Begins the try; `cut` aborts when nobody waits for it any more. */
export type Try<T> = (settle: (result: T) => void, cut: AbortSignal) => void;

/** One try in its time. When it resolves, `cut` has been aborted, and with it the try's socket is closed. */
export function once<T>(attempt: Try<T>, timeoutMs: number, late: () => T, signal: AbortSignal): Promise<T> {
  const cut = new AbortController();
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  return new Promise<T>((resolve, reject) => {
    const aborted = () => finish(() => reject(signal.reason));
    const over = () => finish(() => resolve(late()));
    function finish(then: () => void): void {
      signal.removeEventListener('abort', aborted);
      timeout.removeEventListener('abort', over);
      cut.abort();
      then();
    }
    signal.addEventListener('abort', aborted, { once: true });
    timeout.addEventListener('abort', over, { once: true });
    attempt((result) => finish(() => resolve(result)), cut.signal);
  });
}
