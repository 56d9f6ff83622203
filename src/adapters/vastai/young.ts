import type { Clock } from '../../ports/clock.ts';
import type { Created, Order, Owned } from '../../ports/compute-provider.ts';

/** Lists and reads may show a new instance late: for so long it is taken for there [ms]. */
const LAG_MS = 60_000;

/** Instances that the provider says it has made and does not show yet: who misses them would take them for lost. */
export type Young = {
  add(order: Order, created: Created): void;
  /** It has been shown, or is to be ended. */
  forget(id: string): void;
  isYoung(id: string): boolean;
  all(): readonly Owned[];
};

export function createYoung(clock: Clock): Young {
  const known = new Map<string, { readonly until: number; readonly owned: Owned }>();

  function isYoung(id: string): boolean {
    const until = known.get(id)?.until ?? Number.NEGATIVE_INFINITY;
    if (until > clock.monotonic()) return true;
    known.delete(id);
    return false;
  }

  return {
    add({ tag, mark, offer }, { ref, seen }) {
      const { microsPerHour } = offer;
      known.set(ref.id, { until: clock.monotonic() + LAG_MS, owned: { tag, mark, ref, seen, microsPerHour } });
    },
    forget(id) {
      known.delete(id);
    },
    isYoung,
    all: () => [...known.values()].map((y) => y.owned).filter((owned) => isYoung(owned.ref.id)),
  };
}
