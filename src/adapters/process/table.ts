import type { InstanceId } from '../../domain/ids.ts';
import type { Seen } from '../../ports/compute-provider.ts';
import type { Limits } from './limits.ts';
import { type LogFile, lastLine, logFileOf } from './log-file.ts';
import { bootId, runs, type Scanned, scanProcesses } from './proc.ts';
import {
  type InstanceRecord,
  isThere,
  listTags,
  type Places,
  placesOf,
  readNumber,
  readRecord,
  writeRecord,
} from './record.ts';

/** One instance as this broker knows it. */
export type Entry = {
  readonly tag: InstanceId;
  readonly places: Places;
  readonly log: LogFile;
  record: InstanceRecord;
  /** For children of this broker, which the kernel tells of at once; null for those found. */
  childEnded: boolean | null;
  /** How it ended; null while it runs. */
  ended: string | null;
};

/** Whether the wrapper, and with it the program, runs. */
export function leaderRuns(entry: Entry): boolean {
  const { leader } = entry.record;
  if (leader === null) return false;
  if (entry.childEnded !== null) return !entry.childEnded;
  return entry.ended === null && runs(leader.pid, leader.startTime);
}

/** Whether anything of it runs, as far as that can be told at no cost. An instance that removed its own directory, by
 *  accident or not, is no less there for that. */
export const isAlive = (entry: Entry, limits: Limits): boolean =>
  leaderRuns(entry) || (limits.members(entry.record.cgroups)?.length ?? 0) > 0;

export function look(entry: Entry, limits: Limits): Seen {
  if (isStarting(entry)) return { status: 'starting', detail: 'its process is being made' };
  if (entry.ended === null && leaderRuns(entry)) return { status: 'running', addresses: entry.record.ports };
  entry.ended ??= howEnded(entry, limits);
  return { status: 'exited', detail: entry.ended };
}

/** By this broker, a moment ago. */
const isStarting = (e: Entry): boolean => e.childEnded === false && e.record.leader === null;

function howEnded(entry: Entry, limits: Limits): string {
  const { record, places } = entry;
  if (record.leader === null) return 'was never started: the broker ended while it was being created';
  const line = lastLine(entry.log);
  const why = endOf(entry, limits, readNumber(places.exit));
  return line === '' ? why : `${why}: ${line}`;
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

function endOf({ record }: Entry, limits: Limits, code: number | null): string {
  if (code !== 0 && limits.ranOutOfMemory(record.cgroups))
    return `killed: over its memory limit of ${mebibytes(record.resources.memoryLimit)}`;
  if (code === null) return 'killed';
  if (code > 128) return `killed by ${SIGNALS[code - 128] ?? `signal ${code - 128}`}`;
  return `exit code ${code}`;
}

const mebibytes = (bytes: number): string => `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`;

/** What is in no record, such as a directory made just before the broker was killed. */
const nothing = (installation: string): InstanceRecord => ({
  version: 1,
  installation,
  ports: [],
  resources: { cpuRequest: 0, cpuLimit: 0, memoryLimit: 0 },
  cgroups: [],
  leader: null,
});

/**
 * Compares the table with the directory: another broker may have created and destroyed. What runs stays in the table
 * also without its directory.
 * @returns entries that are new to the table
 */
export async function refresh(
  table: Map<InstanceId, Entry>,
  dir: string,
  installation: string,
  limits: Limits,
): Promise<readonly Entry[]> {
  const tags = new Set(listTags(dir));
  for (const [tag, entry] of table) {
    const isGone = !tags.has(tag) && !isAlive(entry, limits);
    if (isGone || (unsettled(entry) && readRecord(entry.places)?.leader)) table.delete(tag);
  }
  const found = [...tags].filter((tag) => !table.has(tag)).map((tag) => load(dir, tag, installation));
  const ours = found.filter((e) => e.record.installation === installation);
  await settle(ours.filter(unsettled), installation);
  const fresh = ours.filter((e) => !table.has(e.tag));
  for (const entry of fresh) table.set(entry.tag, entry);
  return fresh;
}

/** Found without a process. If its broker only paused, the record tells of one later. */
const unsettled = (e: Entry): boolean => e.childEnded === null && e.record.leader === null;

function load(dir: string, tag: InstanceId, installation: string): Entry {
  const places = placesOf(dir, tag);
  const record = readRecord(places) ?? nothing(installation);
  const ended = record.leader !== null && record.leader.bootId !== bootId() ? 'ended with its machine' : null;
  return { tag, places, log: logFileOf(places), record, childEnded: null, ended };
}

/** The broker may have been killed between starting a process and recording it: the process knows whose it is. */
async function settle(entries: readonly Entry[], installation: string): Promise<void> {
  if (entries.length === 0) return;
  const processes = await scanProcesses();
  for (const entry of entries) {
    const leader = processes.find((p) => p.pid === p.session && carries(p, entry.tag, installation));
    if (leader === undefined) continue;
    entry.record = { ...entry.record, leader: { pid: leader.pid, startTime: leader.startTime, bootId: bootId() } };
    if (isThere(entry.places.home)) writeRecord(entry.places, entry.record);
  }
}

export const carries = (p: Scanned, tag: InstanceId, installation: string): boolean =>
  p.environ.includes(`\0BERTH_INSTANCE_ID=${tag}\0`) && p.environ.includes(`\0BERTH_INSTALLATION_ID=${installation}\0`);
