import type { InstanceRef } from '../../domain/instance.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Owned, Seen } from '../../ports/compute-provider.ts';
import { parseLabel } from './label.ts';
import type { Row } from './list.ts';
import { regionOf } from './offers.ts';
import { type Looking, type Standstill, toSeen } from './status.ts';
import { toMicros } from './units.ts';
import { InstanceWire } from './wire.ts';

/** A host that is offline for less may be back; one without room for less may find it. The official client's own rule
 *  [ms]. */
const PATIENCE_MS = 30_000;

export type Looks = {
  /** A row of the list as ours; null: it is not. */
  owned(row: Row): Owned | null;
  seen(raw: unknown): Seen;
  /** What is not among these is not remembered any more. */
  keepOnly(ids: ReadonlySet<string>): void;
};

type Options = {
  readonly clock: Clock;
  readonly pace: number;
  readonly installationId: string;
  readonly refuses: Looking['refuses'];
};

/** What rows say, with the little that must be remembered from look to look. */
export function createLooks(o: Options): Looks {
  const standing = new Map<string, { readonly state: Standstill; readonly since: number }>();

  function howLong(id: string, state: Standstill | null): number {
    if (state === null) {
      standing.delete(id);
      return 0;
    }
    const now = o.clock.monotonic();
    const before = standing.get(id);
    if (before?.state === state) return now - before.since;
    standing.set(id, { state, since: now });
    return 0;
  }

  function seenOf(row: InstanceWire): Seen {
    return toSeen(row, {
      nowMs: o.clock.now(),
      refuses: o.refuses,
      howLong: (state) => howLong(`${row.id}`, state),
      patienceMs: PATIENCE_MS * o.pace,
    });
  }

  return {
    owned(row) {
      const ours = row.label === null ? null : parseLabel(o.installationId, row.label);
      if (ours === null) return null;
      const read = InstanceWire.safeParse(row.raw);
      // It is there and it bills: only what it does is not known.
      if (!read.success) return { ...ours, ref: { id: `${row.id}`, ...NOWHERE }, seen: UNREADABLE };
      const price = read.data.dph_total;
      return {
        ...ours,
        ref: refOf(read.data),
        seen: seenOf(read.data),
        ...(typeof price === 'number' ? { microsPerHour: toMicros(price) } : {}),
      };
    },
    seen(raw) {
      const read = InstanceWire.safeParse(raw);
      return read.success ? seenOf(read.data) : UNREADABLE;
    },
    keepOnly(ids) {
      for (const id of standing.keys()) if (!ids.has(id)) standing.delete(id);
    },
  };
}

const NOWHERE = { machine: '', host: '', region: '' };
const UNREADABLE: Seen = { status: 'unreadable', detail: 'Vast.ai shows it in a way that cannot be read' };

const refOf = (row: InstanceWire): InstanceRef => ({
  id: `${row.id}`,
  machine: `${row.machine_id}`,
  host: `${row.host_id}`,
  region: regionOf(row.geolocation),
});
