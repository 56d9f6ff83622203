import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Limits } from './limits.ts';
import { hasEnded, type ProcStat, procStat, runs, type Scanned, scanProcesses, signalTo } from './proc.ts';
import { readNumber } from './record.ts';
import { carries, type Entry, leaderRuns } from './table.ts';

const FIRST_TICK_MS = 5;
const LONGEST_TICK_MS = 200;

export type ReaperDeps = {
  readonly limits: Limits;
  readonly installation: string;
  readonly clock: Clock;
  /** Between SIGTERM and SIGKILL [ms]. */
  readonly graceMs: number;
  /** No process and no directory of it is left. */
  readonly onGone: (entry: Entry) => void;
  readonly onError: (entry: Entry, err: unknown) => void;
};

/**
 * Ends instances: SIGTERM to the group, SIGKILL to every process after the grace, and when none lives, the directory.
 * One loop for all that are ending, so that 1,000 ends at once look through /proc together. Never gives up.
 */
export function createReaper(deps: ReaperDeps, signal: AbortSignal) {
  const { limits, clock } = deps;
  /** With the time when the end was first asked for. */
  const ending = new Map<Entry, EpochMs>();
  const reported = new WeakSet<Entry>();
  let looping: Promise<void> | null = null;
  let tick = FIRST_TICK_MS;

  async function loop(): Promise<void> {
    try {
      while (ending.size > 0) {
        await clock.sleep(tick, signal);
        tick = Math.min(tick * 2, LONGEST_TICK_MS);
        await pass();
      }
    } catch (err) {
      if (!signal.aborted) throw err;
    } finally {
      looping = null;
    }
  }

  async function pass(): Promise<void> {
    const lost = [...ending.keys()].some((e) => listed(e) === null && (isDue(e) || !leaderRuns(e)));
    const processes = lost ? await scanProcesses() : [];
    for (const entry of [...ending.keys()]) {
      await step(entry, processes).catch((err: unknown) => {
        if (!reported.has(entry)) deps.onError(entry, err);
        reported.add(entry);
      });
    }
  }

  async function step(entry: Entry, processes: readonly Scanned[]): Promise<void> {
    const led = leaderRuns(entry);
    const members = membersOf(entry, processes);
    if (!led && members.length === 0) return clearAway(entry);
    if (!isDue(entry)) return;
    if (led && entry.record.leader !== null) signalTo(-entry.record.leader.pid, 'SIGKILL');
    limits.killAll(entry.record.cgroups);
    for (const p of members) if (runs(p.pid, p.startTime)) signalTo(p.pid, 'SIGKILL');
  }

  async function clearAway(entry: Entry): Promise<void> {
    // The kernel may need a moment to let go of a group whose last process has just ended.
    if (!limits.remove(entry.record.cgroups)) return;
    await rm(entry.places.home, { recursive: true, force: true });
    ending.delete(entry);
    deps.onGone(entry);
  }

  /** What never came to be recorded may be on its way into its cgroup, so it counts as not listed. */
  const listed = (e: Entry) => (e.record.leader === null ? null : limits.members(e.record.cgroups));

  /** By cgroup where there is one: no process leaves it but by root's own doing. Else by what each process carries, or
   *  by its session, to which also a process that overwrote its environment belongs. */
  function membersOf(entry: Entry, processes: readonly Scanned[]): readonly ProcStat[] {
    const listed = limits.members(entry.record.cgroups);
    if (listed !== null)
      return listed
        .map(procStat)
        .filter((p) => p !== null)
        .filter((p) => !hasEnded(p));
    const { leader } = entry.record;
    // The number of a living group or session is given to no new process: if its pid lives, it is another's by now.
    const reused = leader !== null && processes.some((p) => p.pid === leader.pid && p.startTime !== leader.startTime);
    const own = leader === null || reused ? -1 : leader.pid;
    return processes.filter((p) => carries(p, entry.tag, deps.installation) || p.session === own || p.group === own);
  }

  const isDue = (entry: Entry): boolean => {
    const asked = ending.get(entry) ?? 0;
    const now = clock.now();
    // A clock set back since then must not make it wait for longer than the grace.
    return now >= asked + deps.graceMs || now < asked - deps.graceMs;
  };

  return {
    /** Idempotent. When the end was first asked for is kept in a file: a new broker goes on where the old one was. */
    end(entry: Entry): void {
      if (ending.has(entry)) return;
      const before = readNumber(entry.places.terminate);
      ending.set(entry, before ?? clock.now());
      if (before === null) {
        const { leader } = entry.record;
        if (leader !== null && leaderRuns(entry)) signalTo(-leader.pid, 'SIGTERM');
        noteEnd(entry, clock.now());
      }
      tick = FIRST_TICK_MS;
      looping ??= loop();
    },
    async stopped(): Promise<void> {
      await looping;
    },
  };
}

function noteEnd(entry: Entry, now: EpochMs): void {
  try {
    writeFileSync(entry.places.terminate, `${now}`);
  } catch {
    // A full disk must not keep a process alive; without the file a new broker begins with SIGTERM again.
  }
}
