import type { Clock } from '../../ports/clock.ts';

/** Made once: with its stack, one for each wake would cost more than what is woken. */
const WOKEN = new DOMException('woken', 'AbortError');

/** A sleep that others can end early. A wake while nobody sleeps ends the next sleep at once, so none is lost. */
export function createWakeable(clock: Clock) {
  let woken = false;
  let end: (() => void) | null = null;
  return {
    wake(): void {
      woken = true;
      end?.();
    },
    /** Resolves after `ms`, when woken, or when `signal` aborts. */
    async sleep(ms: number, signal: AbortSignal): Promise<void> {
      if (!woken && ms > 0 && !signal.aborted) {
        const cut = new AbortController();
        const onAbort = () => cut.abort(WOKEN);
        signal.addEventListener('abort', onAbort, { once: true });
        end = onAbort;
        await clock.sleep(ms, cut.signal).catch(() => undefined);
        end = null;
        signal.removeEventListener('abort', onAbort);
      }
      woken = false;
    },
  };
}
