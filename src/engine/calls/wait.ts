import type { Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { createWakeable } from '../lead/wakeable.ts';
import { readSession } from './find.ts';

/** Resolves with the session as soon as `isEnough`, or as it is after `ms`. @throws AbortError when `signal` aborts:
 *  nobody waits any more. Costs nothing while nothing changes.
 *  @param alsoWhen tells of changes beside the session's own after which `isEnough` is asked again */
export async function waitForSession(
  ctx: EngineContext,
  from: Session,
  isEnough: (s: Session) => boolean,
  ms: number,
  signal: AbortSignal,
  alsoWhen: (changed: () => void) => () => void = () => () => undefined,
): Promise<Session> {
  const { clock, mirror } = ctx;
  const sleeper = createWakeable(clock);
  let latest = newer(from, mirror.session(from.id));
  const unlisten = mirror.listenTo(from.id, ({ kind, after }) => {
    if (kind === 'session' && after !== undefined) latest = newer(latest, after);
    sleeper.wake();
  });
  const unlistenAlso = alsoWhen(sleeper.wake);
  try {
    // Not mirrored: it was released since `from` was read, or this replica has not heard of it yet.
    if (mirror.session(from.id) === undefined) {
      const stored = await readSession(ctx, from.id);
      latest = newer(latest, stored ?? undefined);
    }
    const until = clock.monotonic() + ms;
    for (let left = ms; !isEnough(latest) && left > 0; left = until - clock.monotonic()) {
      await sleeper.sleep(left, signal);
      signal.throwIfAborted();
    }
    return latest;
  } finally {
    unlisten();
    unlistenAlso();
  }
}

export const newer = (a: Session, b: Session | undefined): Session =>
  b !== undefined && b.revision > a.revision ? b : a;
