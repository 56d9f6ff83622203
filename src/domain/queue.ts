import type { SessionIn } from './session.ts';
import type { EpochMs } from './time.ts';

type Waiting = SessionIn<'queued'>;

/** When a tenant of the class was given something last; grows with each turn. */
export type Turns = ReadonlyMap<string, number>;

/**
 * The waiting sessions of a class in the order in which they are served: tenants take turns, each with its oldest
 * first, so that one who asks for a thousand does not keep another from one. The tenant whose turn is longest ago
 * begins; among those that had none yet, the one whose session is the oldest.
 * @param waiting oldest first
 */
export function fairOrder(waiting: readonly Waiting[], turns: Turns): readonly Waiting[] {
  const byTenant = new Map<string, Waiting[]>();
  for (const s of waiting) {
    const own = byTenant.get(s.tenant);
    if (own === undefined) byTenant.set(s.tenant, [s]);
    else own.push(s);
  }
  // A Map keeps the order of the first sessions, and sorting keeps it among equals.
  const known = [...byTenant].map(([tenant, own]) => ({ turn: turns.get(tenant) ?? 0, own }));
  let lines = known.sort((a, b) => a.turn - b.turn).map(({ own }) => own);
  const order: Waiting[] = [];
  // A line that has come to its end is left out: one tenant may wait with thousands, and thousands with one.
  for (let round = 0; lines.length > 0; round++) {
    lines = lines.filter((own) => {
      const next = own[round];
      if (next !== undefined) order.push(next);
      return own.length > round + 1;
    });
  }
  return order;
}

/** Placements that tell how fast a queue moves. */
const FEWEST = 3;

/**
 * When the session at `position` should be active. A queue that moves is served as fast as it was lately; of one that
 * has not moved only the first can be told anything.
 * @param placedAt when the last sessions of the class left the queue, oldest first
 * @param startMs median of the class's last cold starts; null: there is none
 */
export function expectedActive(
  position: number,
  placedAt: readonly EpochMs[],
  startMs: number | null,
  now: EpochMs,
): EpochMs | null {
  if (startMs === null) return null;
  const first = placedAt[0];
  if (first === undefined || placedAt.length < FEWEST) return position === 1 ? now + startMs : null;
  return now + startMs + Math.ceil(((position - 1) * Math.max(0, now - first)) / placedAt.length);
}
