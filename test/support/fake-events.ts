import type { EventEmitter } from 'node:events';
import type { Event } from '../../clients/typescript/src/generated/berth/v1/Event.ts';
import type { EventFilter__Output } from '../../clients/typescript/src/generated/berth/v1/EventFilter.ts';
import type { Timestamp__Output } from '../../clients/typescript/src/generated/google/protobuf/Timestamp.ts';

/** Whether it happened at that time or after it; null: always. */
export const isLater = (e: Event, since: Timestamp__Output | null): boolean =>
  since === null || Number(e.time?.seconds ?? 0) >= since.seconds;

/** As a broker filters its event log. */
export function matches(e: Event, f: EventFilter__Output | null): boolean {
  if (f === null) return true;
  const ofSession = f.sessionId === '' || e.sessionId === f.sessionId || e.subject === f.sessionId;
  const kind = f.kinds.length === 0 || f.kinds.includes(e.kind ?? '');
  return ofSession && kind && (f.class === '' || e.class === f.class) && (f.tenant === '' || e.tenant === f.tenant);
}

/** Resolves when `holds`, or after `ms`. */
export async function untilChanged(changes: EventEmitter, holds: () => boolean, ms: number): Promise<void> {
  if (holds() || ms <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
  timer?.unref();
  const look = () => holds() && resolve();
  changes.on('change', look);
  await promise;
  changes.off('change', look);
  clearTimeout(timer);
}
