import {
  type BanPolicy,
  type HostRecord,
  isBanned,
  type Lesson,
  learn,
  learnOfBan,
  type MachineRecord,
  newHost,
  newMachine,
} from '../../../src/domain/host-registry.ts';
import type { Offer } from '../../../src/domain/offer.ts';
import { expectedStartMs } from '../../../src/domain/rank.ts';
import {
  afterFailure,
  afterStart,
  holdsStart,
  isGuarded,
  NO_HISTORY,
  type StartHistory,
  withRecent,
} from '../../../src/domain/reserve.ts';
import type { Avoid, Placement } from '../../../src/domain/search.ts';
import type { ReservePolicy } from '../../../src/domain/session-class.ts';
import type { EpochMs } from '../../../src/domain/time.ts';

/** What is remembered of starts, and steers the next choice. */
export type Knows = {
  readonly name: string;
  /** A session does not go back to a machine that failed it. */
  readonly own: boolean;
  /** Machines and hosts are banned; where most starts fail the class backs off instead. */
  readonly bans: boolean;
  /** Measured starts replace those expected from the bandwidth. */
  readonly times: boolean;
  /** A machine is banned at its first failure, whatever it did before. Not what berth does: to see what it would bring. */
  readonly strict: boolean;
};

export type Policy = {
  readonly bans: BanPolicy;
  readonly reserve: ReservePolicy;
  readonly placement: Placement;
};

const PROVIDER = 'model';

/** The host registry and the class's history, by the rules that the engine uses, without its store. */
export function createMemory(knows: Knows, policy: Policy) {
  const machines = new Map<string, MachineRecord>();
  const hosts = new Map<string, HostRecord>();
  const ofHost = new Map<string, Map<string, MachineRecord>>();
  /** When each was banned first, whatever has become of the ban since. */
  const everBanned = new Map<string, EpochMs>();
  const hostsEverBanned = new Set<string>();
  let history: StartHistory = NO_HISTORY;

  function keep(m: MachineRecord): void {
    machines.set(m.machine, m);
    const siblings = ofHost.get(m.host) ?? new Map<string, MachineRecord>();
    ofHost.set(m.host, siblings.set(m.machine, m));
  }

  function ban(m: MachineRecord, at: EpochMs): void {
    if (!everBanned.has(m.machine)) everBanned.set(m.machine, at);
    const owner = learnOfBan(hosts.get(m.host) ?? newHost(PROVIDER, m.host), m.machine, at, policy.bans);
    hosts.set(m.host, owner);
    if (owner.ban !== null) hostsEverBanned.add(m.host);
  }

  function knownOf(o: Offer): MachineRecord {
    const known = machines.get(o.machine) ?? newMachine(PROVIDER, o.machine, o.host);
    return knows.strict ? { ...known, proven: false } : known;
  }

  return {
    everBanned,
    hostsEverBanned,
    avoid(failedHere: ReadonlySet<string>, now: EpochMs): Avoid {
      const banned = [...machines.values()].filter((m) => isBanned(m.ban, now)).map((m) => m.machine);
      return {
        machines: new Set([...banned, ...(knows.own ? failedHere : [])]),
        hosts: new Set([...hosts.values()].filter((h) => isBanned(h.ban, now)).map((h) => h.host)),
      };
    },
    expectedStartMs(o: Offer): number | null {
      if (!knows.times) return expectedStartMs(o, undefined, [], policy.placement);
      return expectedStartMs(o, machines.get(o.machine), [...(ofHost.get(o.host)?.values() ?? [])], policy.placement);
    },
    /** When a start may be made that may not be made now; null: when one under way has ended. undefined: now. */
    heldUntil(starting: number, now: EpochMs): EpochMs | null | undefined {
      if (holdsStart(history, starting, now) === null) return undefined;
      return starting > 0 ? null : history.retryAt;
    },
    /** As the engine's registry and history keeper do with every committed end of a start. */
    learn(o: Offer, lesson: Lesson, startMs: number, at: EpochMs): void {
      if (!knows.bans && !knows.times) return;
      if (knows.bans) history = withRecent(history, { machine: o.machine, slow: lesson !== 'came-up', at });
      const before = knownOf(o);
      const learnt = { lesson, startMs, seen: 'model', at, isGuarded: !knows.bans || isGuarded(history) };
      const after = learn(before, learnt, policy.bans);
      keep(after);
      if (after.ban !== null && after.ban !== before.ban) ban(after, at);
      if (!knows.bans) return;
      history =
        lesson === 'came-up'
          ? afterStart(history, startMs)
          : afterFailure(history, lesson, policy.reserve, at, at - startMs);
    },
  };
}

export type Memory = ReturnType<typeof createMemory>;
