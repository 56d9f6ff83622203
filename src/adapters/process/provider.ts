import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { PortAddress } from '../../domain/endpoint.ts';
import { BrokerError } from '../../domain/errors.ts';
import { type InstanceId, isInstanceId } from '../../domain/ids.ts';
import type { InstanceRef } from '../../domain/instance.ts';
import type { Offer } from '../../domain/offer.ts';
import { codesOf } from '../../domain/regions.ts';
import type { Requirements, Resources } from '../../domain/resources.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ComputeProvider, Created, Order, ProviderLimits, Seen } from '../../ports/compute-provider.ts';
import { findLimits } from './cgroup.ts';
import type { Limits } from './limits.ts';
import { cutLog, logFileOf } from './log-file.ts';
import { readLog } from './log-reader.ts';
import { createPortBook, type PortRange } from './ports.ts';
import { bootId, procStat, signalTo } from './proc.ts';
import { createReaper } from './reap.ts';
import { type InstanceRecord, isThere, makePlaces, type Places, placesOf, writeRecord } from './record.ts';
import { checkProgram, environmentOf, fillPorts, start } from './spawn.ts';
import { type Entry, isAlive, look, refresh } from './table.ts';

export type ProcessProviderOptions = {
  /** Each instance gets a directory below it. */
  readonly dir: string;
  readonly installationId: string;
  readonly portRange: PortRange;
  readonly clock: Clock;
  readonly limits?: Partial<ProviderLimits>;
  /** Between SIGTERM and SIGKILL [ms]. */
  readonly graceMs?: number;
  /** What is kept of one instance's output, about [bytes]. */
  readonly maxLogBytes?: number;
  readonly caps?: Limits;
  readonly machine?: { readonly cores: number; readonly memory: number };
  /** The broker's own environment, of which little is passed on. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log?: { warn(fields: object, message: string): void };
};

export type ProcessProvider = ComputeProvider & {
  /** Which limits hold, for people. */
  describeLimits(): string;
  /** Ends the loops; instances go on. */
  close(): Promise<void>;
};

const LIMITS: ProviderLimits = {
  listMs: 100,
  idleListMs: 2_000,
  listWithinMs: 10_000,
  createMs: 10_000,
  createEveryMs: 0,
  destroyEveryMs: 0,
  offersMs: 0,
};
const LOG_CHECK_MS = 1_000;
const NO_ONE: Pick<InstanceRef, 'machine' | 'host' | 'region'> = { machine: '', host: '', region: '' };

const refOf = (tag: InstanceId): InstanceRef => ({ id: tag, ...NO_ONE });

/**
 * Instances that are process groups on the broker's own machine. Not a boundary against malice: they run as the
 * broker's user. They live on without the broker and are found again by their directories.
 */
export function createProcessProvider(o: ProcessProviderOptions): ProcessProvider {
  const { clock, dir, installationId } = o;
  const stop = new AbortController();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const table = new Map<InstanceId, Entry>();
  const ports = createPortBook(o.portRange);
  const caps = o.caps ?? findLimits(`berth-${installationId}`);
  const machine = o.machine ?? { cores: availableParallelism(), memory: memoryHere() };
  const warn = (entry: Entry, message: string, err: unknown) => o.log?.warn({ instanceId: entry.tag, err }, message);
  const reaper = createReaper(
    {
      limits: caps,
      installation: installationId,
      clock,
      graceMs: o.graceMs ?? 2_000,
      onGone: ({ tag }) => {
        table.delete(tag);
        ports.release(tag);
      },
      onError: (entry, err) => warn(entry, 'instance.clear-failed', err),
    },
    stop.signal,
  );
  let refreshing: Promise<void> | null = null;

  /** One at a time: two would each make an entry of their own for the same instance. */
  const upToDate = (): Promise<void> => {
    refreshing ??= readDirectory().finally(() => {
      refreshing = null;
    });
    return refreshing;
  };

  async function readDirectory(): Promise<void> {
    const before = [...table.keys()];
    for (const entry of await refresh(table, dir, installationId, caps)) ports.note(entry.tag, entry.record.ports);
    for (const tag of before) if (!table.has(tag)) ports.release(tag);
  }

  async function find(ref: InstanceRef): Promise<Entry | null> {
    if (!isInstanceId(ref.id)) return null;
    if (!table.has(ref.id) && isThere(placesOf(dir, ref.id).home)) await upToDate();
    const entry = table.get(ref.id) ?? null;
    if (entry === null || isThere(entry.places.home) || isAlive(entry, caps)) return entry;
    table.delete(entry.tag);
    ports.release(entry.tag);
    return null;
  }

  async function create(order: Order, signal: AbortSignal): Promise<Created> {
    if (!isInstanceId(order.tag)) throw new BrokerError('refused-by-provider', 'not an instance id');
    checkProgram(order.command[0], order.env.PATH ?? (o.env ?? process.env).PATH ?? '');
    await upToDate();
    const places = placesOf(dir, order.tag);
    if (table.has(order.tag)) throw createdBefore(order.tag);
    const assigned = await ports.assign(order.tag, order.ports);
    let command: readonly string[];
    try {
      command = fillPorts(order.command, assigned);
      await timersHaveRun();
      signal.throwIfAborted();
      reserve(places, order.tag);
    } catch (err) {
      ports.release(order.tag);
      throw err;
    }
    const entry = await run(order, places, assigned, command);
    return { ref: refOf(order.tag), seen: look(entry, caps) };
  }

  async function run(order: Order, places: Places, assigned: readonly PortAddress[], command: readonly string[]) {
    const intended = recordOf(order, assigned);
    const entry: Entry = {
      tag: order.tag,
      places,
      log: logFileOf(places),
      record: intended,
      childEnded: false,
      ended: null,
    };
    // In the table before there is a process, so that nobody who looks meanwhile takes the directory for a lost one.
    table.set(order.tag, entry);
    try {
      writeRecord(places, intended);
      caps.make(intended.cgroups, intended.resources);
      const env = environmentOf(order, assigned, places, installationId, o.env ?? process.env);
      const child = await start({ tag: order.tag, command, env, places, cgroups: entry.record.cgroups });
      child.once('exit', () => {
        entry.childEnded = true;
      });
      record(entry, child.pid);
      return entry;
    } catch (err) {
      if (entry.record.leader !== null) throw err;
      undo(entry);
      throw err instanceof BrokerError ? err : noRoom(err);
    }
  }

  function record(entry: Entry, pid: number): void {
    entry.record = {
      ...entry.record,
      leader: { pid, startTime: procStat(pid)?.startTime ?? '', bootId: bootId() },
    };
    try {
      writeRecord(entry.places, entry.record);
    } catch (err) {
      // Without its record it might be taken for another after a restart. Its directory says that there is something.
      signalTo(-pid, 'SIGKILL');
      throw new BrokerError('outcome-unknown', 'the process was started but could not be recorded', {}, { cause: err });
    }
  }

  function undo(entry: Entry): void {
    table.delete(entry.tag);
    caps.remove(entry.record.cgroups);
    rmSync(entry.places.home, { recursive: true, force: true });
    ports.release(entry.tag);
  }

  function recordOf({ tag, offer }: Order, assigned: readonly PortAddress[]): InstanceRecord {
    const { cpu, memory } = offer.granted;
    return {
      version: 1,
      installation: installationId,
      ports: assigned.map(({ name, protocol, host, port }) => ({ name, protocol, host, port })),
      resources: { cpuRequest: cpu.request, cpuLimit: cpu.limit, memoryLimit: memory.limit },
      cgroups: [...caps.plan(tag)],
      leader: null,
    };
  }

  async function boundLogs(): Promise<void> {
    const maxBytes = o.maxLogBytes ?? 8 * 1024 * 1024;
    while (!stop.signal.aborted) {
      await clock.sleep(LOG_CHECK_MS, stop.signal).catch(() => undefined);
      for (const entry of table.values()) {
        try {
          cutLog(entry.log, maxBytes);
        } catch (err) {
          if (isThere(entry.places.home)) warn(entry, 'instance.log-not-cut', err);
        }
      }
    }
  }
  const bounding = boundLogs();

  return {
    name: 'process',
    limits: { ...LIMITS, ...o.limits },
    describeLimits: () => caps.describe(),
    async listOffers({ resources, need }, signal) {
      signal.throwIfAborted();
      ports.checkRoom();
      const rule = unfit(resources, need, machine);
      return rule === null ? { offers: [offerOf(resources)], refused: {} } : { offers: [], refused: { [rule]: 1 } };
    },
    async create(order, signal) {
      signal.throwIfAborted();
      return create(order, signal);
    },
    async inspect(ref, signal): Promise<Seen> {
      signal.throwIfAborted();
      const entry = await find(ref);
      return entry === null ? { status: 'absent' } : look(entry, caps);
    },
    async destroy(ref, signal) {
      signal.throwIfAborted();
      const entry = await find(ref);
      if (entry !== null) reaper.end(entry);
    },
    async listOwned(signal) {
      signal.throwIfAborted();
      await upToDate();
      return [...table.values()].map((e) => ({ tag: e.tag, ref: refOf(e.tag), seen: look(e, caps) }));
    },
    async *logs(ref, query, signal) {
      signal.throwIfAborted();
      const entry = await find(ref);
      if (entry === null) throw new BrokerError('not-found', 'there is no such instance, or no more');
      yield* readLog(entry.log, query, { clock, ended: () => look(entry, caps).status !== 'running' }, signal);
    },
    async close() {
      stop.abort();
      await Promise.all([reaper.stopped(), bounding]);
      caps.dispose();
    },
  };
}

/** After a pause of the whole process, a deadline that is over aborts its signal only once timers have had a turn: they
 *  have one between two immediates. */
async function timersHaveRun(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function reserve(places: Places, tag: InstanceId): void {
  try {
    makePlaces(places);
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'EEXIST') throw createdBefore(tag);
    rmSync(places.home, { recursive: true, force: true });
    throw noRoom(err);
  }
}

const createdBefore = (tag: InstanceId): BrokerError =>
  new BrokerError('already-exists', `${tag} was created before`, { reason: 'CREATED_BEFORE' });

const noRoom = (err: unknown): BrokerError =>
  new BrokerError(
    'no-capacity',
    `the instance's directory or cgroup cannot be made (${codeOf(err)})`,
    {},
    { cause: err },
  );

const codeOf = (err: unknown): string => (err instanceof Error && 'code' in err ? String(err.code) : 'see the log');

/** The rule by which this machine cannot give that; null: it can. */
function unfit(
  r: Resources,
  need: Requirements,
  machine: { readonly cores: number; readonly memory: number },
): string | null {
  if (r.gpuCount > 0 || r.gpuModel !== '' || r.gpuMemory > 0) return 'gpu-count';
  if (codesOf(need.regions ?? []).length > 0) return 'region';
  if (Math.max(r.cpu.request, r.cpu.limit) > machine.cores) return 'cpu';
  return Math.max(r.memory.request, r.memory.limit) > machine.memory ? 'memory' : null;
}

const offerOf = (granted: Resources): Offer => ({ id: 'local', granted, microsPerHour: 0, ...NO_ONE });

/** What this process may use: less than the machine has inside a container. */
const memoryHere = (): number => {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
};
