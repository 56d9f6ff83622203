import type { Cause } from './cause.ts';
import type { Instance } from './instance.ts';
import { DAY, type EpochMs, HOUR, MINUTE } from './time.ts';

export type BanReason =
  | 'slow-start'
  | 'pull-failed'
  | 'runtime-failed'
  | 'losses'
  | 'banned-machines'
  | 'admin'
  /** Read from the blacklist of the provisioner that berth replaces. */
  | 'legacy';

export type Ban = {
  readonly at: EpochMs;
  readonly until: EpochMs;
  readonly reason: BanReason;
  /** In words for people: what was seen, on which instance. */
  readonly evidence: string;
  /** A token's id, `local`, or the loop that did it. */
  readonly by: string;
};

/** One start on a machine. A start that failed counts with the time until it was given up. */
export type StartSample = { readonly at: EpochMs; readonly ms: number };

/** What is known of a physical machine. */
export type MachineRecord = {
  readonly provider: string;
  readonly machine: string;
  readonly host: string;
  readonly ban: Ban | null;
  /** Oldest first. */
  readonly starts: readonly StartSample[];
  /** When instances on it were lost, oldest first; only those within the window. */
  readonly losses: readonly EpochMs[];
  /** Its last start came up: the next that fails may be chance. Absent: it did not, or there was none. */
  readonly proven?: boolean;
};

/** What is known of the owner of machines. */
export type HostRecord = {
  readonly provider: string;
  readonly host: string;
  readonly ban: Ban | null;
  /** Machines of its that were banned lately. */
  readonly banned: readonly { readonly machine: string; readonly at: EpochMs }[];
  /** Its ban also stands in the blacklist of the provisioner that berth replaces: written there by us. */
  readonly written?: boolean;
  /** An admin has lifted the ban that stands in that blacklist: it does not count here as long as it stands there. */
  readonly pardoned?: boolean;
};

export type BanPolicy = {
  /** How long a ban lasts [ms]. */
  readonly termMs: number;
  /** Losses on one machine within `lossWindowMs` that ban it. */
  readonly losses: number;
  readonly lossWindowMs: number;
  /** Banned machines within `hostWindowMs` that ban their host. */
  readonly hostAfter: number;
  readonly hostWindowMs: number;
};

const KEEP_SAMPLES = 20;
const KEEP_SAMPLES_MS = 30 * DAY;

/**
 * What a change of an instance tells of its machine.
 * `came-up`: a start that succeeded. `slow-start`, `pull-failed`, `runtime-failed`: one that the machine is to blame
 * for. `lost`: an instance that was lost on it, starting or in use.
 */
export type Lesson = 'came-up' | 'slow-start' | 'pull-failed' | 'runtime-failed' | 'lost';

type Change = { readonly before: Instance; readonly after: Instance; readonly cause: Cause | null };

const LOSSES: ReadonlySet<Cause | null> = new Set<Cause>(['exited', 'offline', 'vanished', 'restarted', 'unanswering']);
const PLATFORM: ReadonlySet<Cause | null> = new Set<Cause>(['slow', 'pull', 'runtime']);
const isStart = ({ before }: Change): boolean => before.phase === 'booting';
const interruptedAt = (i: Instance): EpochMs | undefined => ('interruptedAt' in i ? i.interruptedAt : undefined);

/** The first that holds. What no rule names, such as `preempted` or `ours`, is not the machine's failing. */
const LESSONS: readonly { readonly lesson: Lesson | null; readonly when: (c: Change) => boolean }[] = [
  { lesson: 'came-up', when: (c) => isStart(c) && c.after.phase === 'ready' },
  { lesson: 'slow-start', when: (c) => isStart(c) && c.cause === 'slow' },
  { lesson: 'pull-failed', when: (c) => isStart(c) && c.cause === 'pull' },
  { lesson: 'runtime-failed', when: (c) => isStart(c) && c.cause === 'runtime' },
  // The interruption itself has counted already.
  { lesson: null, when: (c) => c.cause === 'restarted' && interruptedAt(c.before) !== undefined },
  // Of an instance that has run, the image and the container are proven: whatever fails then is a loss.
  { lesson: 'lost', when: (c) => LOSSES.has(c.cause) || PLATFORM.has(c.cause) },
  {
    lesson: 'lost',
    when: (c) => interruptedAt(c.before) === undefined && interruptedAt(c.after) !== undefined,
  },
];

/** What a committed change of an instance tells of its machine; null: nothing. */
export function lessonOf(before: Instance | undefined, after: Instance): Lesson | null {
  if (before === undefined || machineOf(before) === null) return null;
  const isOver = before.phase !== 'destroying' && (after.phase === 'destroying' || after.phase === 'gone');
  const change = { before, after, cause: isOver ? (after.cause ?? null) : null };
  return LESSONS.find((rule) => rule.when(change))?.lesson ?? null;
}

/** Where an instance runs; null: nowhere yet, or its provider has no machines. */
export function machineOf(i: Instance): { readonly machine: string; readonly host: string } | null {
  if (!('ref' in i) || i.ref === null || i.ref.machine === '') return null;
  return { machine: i.ref.machine, host: i.ref.host };
}

/** A lesson with what there is to say of it. */
export type Learnt = {
  readonly lesson: Lesson;
  /** From the moment it was rented [ms]. */
  readonly startMs: number;
  /** Which instance, and what was seen of it, for people. */
  readonly seen: string;
  readonly at: EpochMs;
  /** So many starts of its class fail that the machines cannot be to blame: nothing is banned. */
  readonly isGuarded: boolean;
};

/** The machine after the lesson. One that has just shown that it can start is banned only when it fails twice in a row:
 *  where one start in a hundred fails by chance, a small market would soon be banned by its good machines. */
export function learn(m: MachineRecord, l: Learnt, policy: BanPolicy): MachineRecord {
  const isTimed = l.lesson === 'came-up' || l.lesson === 'slow-start';
  const losses = m.losses.filter((at) => at > l.at - policy.lossWindowMs);
  const { proven = false, ...rest } = m;
  const after: MachineRecord = {
    ...rest,
    // A loss tells nothing of starting, and where the class is suspected a failure tells nothing of the machine.
    ...(l.lesson === 'came-up' || (proven && (l.lesson === 'lost' || l.isGuarded)) ? { proven: true } : {}),
    starts: isTimed ? addSample(m.starts, { at: l.at, ms: l.startMs }) : m.starts,
    losses: l.lesson === 'lost' ? [...losses, l.at].slice(-policy.losses) : losses,
  };
  const reason = proven && l.lesson !== 'lost' ? null : reasonToBan(after, l, policy);
  return reason === null || l.isGuarded || isHeld(m.ban, l.at)
    ? after
    : { ...after, ban: banFor(reason, evidenceOf(after, l, reason, policy), policy.termMs, l.at) };
}

function reasonToBan(m: MachineRecord, { lesson }: Learnt, policy: BanPolicy): BanReason | null {
  if (lesson === 'came-up') return null;
  if (lesson === 'lost') return m.losses.length >= policy.losses ? 'losses' : null;
  return lesson;
}

const evidenceOf = (m: MachineRecord, l: Learnt, reason: BanReason, policy: BanPolicy): string =>
  reason === 'losses'
    ? `${m.losses.length} losses within ${inWords(policy.lossWindowMs)}, the last: ${l.seen}`
    : l.seen;

/** The host after one of its machines was banned. */
export function learnOfBan(h: HostRecord, machine: string, at: EpochMs, policy: BanPolicy): HostRecord {
  const others = h.banned.filter((b) => b.machine !== machine && b.at > at - policy.hostWindowMs);
  const banned = [...others, { machine, at }];
  if (banned.length < policy.hostAfter || isHeld(h.ban, at)) return { ...h, banned };
  const names = banned.map((b) => b.machine).join(', ');
  const evidence = `${banned.length} of its machines banned within ${inWords(policy.hostWindowMs)}: ${names}`;
  return { ...h, banned, ban: banFor('banned-machines', evidence, policy.termMs, at) };
}

/** What the registry itself says when it bans. */
const banFor = (reason: BanReason, evidence: string, termMs: number, at: EpochMs): Ban => ({
  at,
  until: at + termMs,
  reason,
  evidence,
  by: 'instances',
});

const inWords = (ms: number): string =>
  ms % DAY === 0 ? `${ms / DAY} d` : ms % HOUR === 0 ? `${ms / HOUR} h` : `${Math.round(ms / MINUTE)} min`;

/** A ban that still counts. */
export const isBanned = (ban: Ban | null | undefined, now: EpochMs): ban is Ban =>
  ban !== null && ban !== undefined && ban.until > now;

/** Whether a ban of our own is there already. One that is only read elsewhere ends when it does there. */
const isHeld = (ban: Ban | null, now: EpochMs): boolean => isBanned(ban, now) && ban.reason !== 'legacy';

/** Bans that speak against what already runs on a machine; the others only against starting there. */
const AGAINST_USE: ReadonlySet<BanReason> = new Set<BanReason>(['admin', 'losses']);

/** Whether a reserve member is to be replaced for a ban of its machine or host. One that came up is as good as any
 *  where starts are slow. */
export const isUnwelcome = (ban: Ban | null | undefined, now: EpochMs): boolean =>
  isBanned(ban, now) && AGAINST_USE.has(ban.reason);

const addSample = (starts: readonly StartSample[], s: StartSample): readonly StartSample[] =>
  [...starts.filter((old) => old.at > s.at - KEEP_SAMPLES_MS), s].slice(-KEEP_SAMPLES);

/** Time under which a share of the starts stays, by nearest rank [ms]; null: there are none.
 *  @param share above 0, up to 1 */
export function percentile(starts: readonly StartSample[], share: number): number | null {
  const sorted = starts.map((s) => s.ms).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** Whether there is nothing left to remember of a machine. */
export const isForgettable = (m: MachineRecord, policy: BanPolicy, now: EpochMs): boolean =>
  !isBanned(m.ban, now) &&
  m.starts.every((s) => s.at <= now - KEEP_SAMPLES_MS) &&
  m.losses.every((at) => at <= now - policy.lossWindowMs);

/** The same of a host. */
export const isForgettableHost = (h: HostRecord, policy: BanPolicy, now: EpochMs): boolean =>
  !isBanned(h.ban, now) &&
  h.written !== true &&
  h.pardoned !== true &&
  h.banned.every((b) => b.at <= now - policy.hostWindowMs);

export const newMachine = (provider: string, machine: string, host: string): MachineRecord => ({
  provider,
  machine,
  host,
  ban: null,
  starts: [],
  losses: [],
});

export const newHost = (provider: string, host: string): HostRecord => ({ provider, host, ban: null, banned: [] });
