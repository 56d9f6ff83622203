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
