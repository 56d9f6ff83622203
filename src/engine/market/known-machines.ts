import type { HostRecord, MachineRecord } from '../../domain/host-registry.ts';
import type { Offer } from '../../domain/offer.ts';
import { expectedStartMs } from '../../domain/rank.ts';
import type { Avoid, Placement } from '../../domain/search.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Mirror } from '../records/mirror.ts';

/** What is known of a provider's machines. */
export type Known = {
  /** Banned now. */
  readonly avoid: Avoid;
  /** How long a start on this offer takes [ms]; null: nothing tells. */
  readonly startMsOf: (o: Offer, placement: Placement | null) => number | null;
};

type Registered = MachineRecord | HostRecord;
type Kept = Known & { readonly until: EpochMs };

/** The host registry as placement needs it, made anew only when a record has changed or a ban has ended: there may be
 *  thousands of records, and hundreds of launches in a second. */
export function createKnownMachines({ mirror, clock }: { readonly mirror: Mirror; readonly clock: Clock }) {
  const kept = new Map<string, Kept>();
  // As long as the mirror itself.
  mirror.listen(({ kind }) => {
    if (kind === 'machine' || kind === 'host') kept.clear();
  });

  function read(provider: string): Kept {
    const now = clock.now();
    const machines = [...mirror.all('machine')].filter((m) => m.provider === provider);
    const hosts = [...mirror.all('host')].filter((h) => h.provider === provider);
    const banned = <T extends Registered>(all: readonly T[]) => all.filter((r) => r.ban !== null && r.ban.until > now);
    const byHost = Map.groupBy(machines, (m) => m.host);
    const ends = [...banned(machines), ...banned(hosts)].map((r) => r.ban?.until ?? now);
    /** By machine; what was measured changes with its records only. */
    const measured = new Map<string, number | null>();
    function measure(o: Offer): number | null {
      const ofHost = o.host === '' ? [] : (byHost.get(o.host) ?? []);
      const ms = expectedStartMs(o, mirror.machine(provider, o.machine), ofHost, null);
      measured.set(o.machine, ms);
      return ms;
    }
    return {
      avoid: {
        machines: new Set(banned(machines).map((m) => m.machine)),
        hosts: new Set(banned(hosts).map((h) => h.host)),
      },
      startMsOf(o, placement) {
        const known = measured.get(o.machine);
        const ms = known === undefined ? measure(o) : known;
        return ms ?? expectedStartMs(o, undefined, [], placement);
      },
      // One by one: there may be more than a call takes arguments.
      until: ends.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    };
  }

  return {
    of(provider: string): Known {
      const known = kept.get(provider);
      if (known !== undefined && clock.now() < known.until) return known;
      const made = read(provider);
      kept.set(provider, made);
      return made;
    },
  };
}
export type KnownMachines = ReturnType<typeof createKnownMachines>;
