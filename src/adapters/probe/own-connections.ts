import type { Socket } from 'node:net';
import type { Clock } from '../../ports/clock.ts';

/** Which connections are the broker's own, so that looking whether a session is used is not fooled by them. */
export function createOwnConnections(clock: Clock) {
  const open = new Set<string>();
  /** When those that were closed lately were (`Clock.monotonic`), oldest first. */
  const closed: { readonly name: string; readonly at: number }[] = [];

  function forgetBefore(at: number): void {
    const keep = closed.findIndex((c) => c.at >= at);
    closed.splice(0, keep === -1 ? closed.length : keep);
  }

  return {
    /** Minds a socket from before it is connected until it is closed. */
    watch(socket: Socket): void {
      socket.once('connect', () => {
        const name = `${socket.localAddress?.replace(/^::ffff:/, '')}:${socket.localPort}`;
        open.add(name);
        socket.once('close', () => {
          open.delete(name);
          forgetBefore(clock.monotonic() - KEPT_MS);
          closed.push({ name, at: clock.monotonic() });
        });
      });
    },
    /** Their addresses as the other end sees them, `address:port`: open now, or closed since `at` (`Clock.monotonic`),
     *  at most 10 s ago. */
    since(at: number): ReadonlySet<string> {
      return new Set([...open, ...closed.filter((c) => c.at >= at).map((c) => c.name)]);
    },
  };
}

/** Longer than a look at all connections takes [ms]. */
const KEPT_MS = 10_000;

export type OwnConnections = ReturnType<typeof createOwnConnections>;
