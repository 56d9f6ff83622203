import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRedisStore } from '../../src/adapters/redis/store.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { createIds } from '../../src/adapters/system/ids.ts';
import { giveMemoryBack } from '../../src/cli/heap.ts';
import { parseClassFile } from '../../src/config/classes.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Member } from '../../src/domain/bind.ts';
import type { Session } from '../../src/domain/session.ts';
import type { SessionClass } from '../../src/domain/session-class.ts';
import { type Broker, runBroker } from '../../src/main.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { Commit, CommitResult, Store } from '../../src/ports/store.ts';
import { createCostlessProvider, createCostlessWorld, createReadyProber } from '../support/costless-provider.ts';
import { eventually } from '../support/eventually.ts';
import { serveParent } from './child.ts';
import { ADDRESS, dropSessions, writeMembers, writeSessions } from './members.ts';
import { summarise } from './samples.ts';

/** A real broker in a process of its own: configuration, store, gRPC and log as by default. */
export type BrokerHandlers = typeof handlers;

export type BrokerStart = {
  /** BERTH_ variables. */
  readonly env: Readonly<Record<string, string>>;
  /** For the log and the data. */
  readonly dir: string;
  /** The costless provider and its prober in place of processes. */
  readonly costless: boolean;
  /** Sessions to write before the broker starts; their lifetimes end from `firstInMs` from now on, over `spanMs`. */
  readonly sessions?: { readonly count: number; readonly firstInMs: number; readonly spanMs: number };
};

const CLASS = 'bench';
const clock = createSystemClock();
const ids = createIds();
const world = createCostlessWorld(ADDRESS);

let broker: Broker | null = null;
let store: Store | null = null;
let sessionClass: SessionClass | null = null;
/** While set, the commits that clients' calls make are kept. */
let captured: Commit[] | null = null;
/** Of each session that turned `releasing` because its lifetime was over: how late [ms]. */
const lateness: number[] = [];
let notesEnds = false;
let lastDeadline = 0;

/** Sees the commits that were made, at the moment they are answered, where somebody asked for it. */
const watched = (inner: Store): Store => ({
  ...inner,
  commit: (commit) => (captured === null && !notesEnds ? inner.commit(commit) : watchedCommit(inner, commit)),
});

async function watchedCommit(inner: Store, commit: Commit): Promise<CommitResult> {
  const result = await inner.commit(commit);
  if (!result.committed) return result;
  captured?.push(commit);
  if (notesEnds) for (const put of commit.put ?? []) if (put.key.startsWith('session/')) noteEnd(put.value as Session);
  return result;
}

function noteEnd(s: Session): void {
  if (s.phase !== 'releasing' || s.why !== 'expired' || s.use === null) return;
  lateness.push(clock.now() - s.use.expireAt);
  lastDeadline = Math.max(lastDeadline, s.use.expireAt);
}

async function start(o: BrokerStart) {
  giveMemoryBack();
  const config = loadConfig({ ...o.env, BERTH_DATA_DIR: join(o.dir, 'data') });
  if (o.costless) sessionClass = await readClass(config.classesFile);
  notesEnds = o.sessions !== undefined;
  if (o.sessions !== undefined) await seed(config, o.sessions);
  broker = await runBroker(config, {
    log: createLogger({ level: config.logLevel, to: openSync(join(o.dir, 'broker.log'), 'a') }),
    store(inner) {
      store = watched(inner);
      return store;
    },
    ...(o.costless ? { providers: () => [createCostlessProvider({ world })], prober: createReadyProber() } : {}),
  });
  return { address: broker.address };
}

async function readClass(file: string): Promise<SessionClass> {
  const { classes } = parseClassFile(await readFile(file, 'utf8'), {
    file,
    providers: ['costless'],
    proxies: ['direct'],
  });
  const found = classes.find((c) => c.name === CLASS);
  if (found === undefined) throw new Error(`${file} has no class ${CLASS}`);
  return found;
}

const known = <T>(value: T | null): T => {
  if (value === null) throw new Error('the broker was not started');
  return value;
};

async function seed(config: ReturnType<typeof loadConfig>, o: NonNullable<BrokerStart['sessions']>): Promise<void> {
  const place = config.store;
  const own =
    place.kind === 'sqlite'
      ? await openSqliteStore(place.file)
      : await openRedisStore({ url: place.url, prefix: config.redisPrefix, clock });
  const firstAt = clock.now() + o.firstInMs;
  const members = await writeSessions({ store: own, clock, ids }, known(sessionClass), o.count, firstAt, o.spanMs);
  await own.close();
  for (const member of members) await createInWorld(member);
}

/** What the provider has of an instance that the store knows as running. */
async function createInWorld({ instance }: Member): Promise<void> {
  const offer = { id: 'free', granted: instance.granted, microsPerHour: 0, machine: '', host: '', region: '' };
  const order = {
    tag: instance.id,
    offer,
    mark: { class: CLASS, recipe: '', reserve: false },
    image: null,
    command: [],
    env: {},
    ports: instance.ports,
  };
  await createCostlessProvider({ world }).create(order, AbortSignal.timeout(1_000));
}

const phases = (kind: 'session' | 'instance') => Object.fromEntries(known(broker).engine.mirror.phases(kind));
const phaseOf = (kind: 'session' | 'instance', phase: string): number => phases(kind)[phase] ?? 0;

const handlers = {
  start,
  /** Writes members of the reserve; resolves when this replica has them to hand out. */
  async fill(n: number): Promise<void> {
    const { pool } = known(broker).engine.mirror;
    const before = pool.size(CLASS);
    await writeMembers({ store: known(store), clock, ids }, known(sessionClass), n);
    await eventually('the reserve is filled', () => pool.size(CLASS) >= before + n, 60_000);
  },
  /** Drops all sessions with their instances; resolves when this replica has forgotten them. */
  async clear(): Promise<void> {
    const { mirror } = known(broker).engine;
    await dropSessions(known(store), mirror);
    const left = () => mirror.size('session') + phaseOf('instance', 'bound');
    await eventually('all sessions are dropped', () => left() === 0, 60_000);
  },
  capture(): void {
    captured = [];
  },
  captured(): readonly Commit[] {
    const all = captured ?? [];
    captured = null;
    return all;
  },
  /** Records by phase, as this replica has them. */
  phases: () => ({ session: phases('session'), instance: phases('instance') }),
  /** Resolves when the reserve is full and nothing is on its way. */
  async settled({ ready }: { readonly ready: number }): Promise<void> {
    await eventually('the reserve is full', () => phaseOf('instance', 'ready') === ready, 60_000);
  },
  /** Resolves when no instance is left. */
  async emptied(): Promise<void> {
    await eventually('no instance is left', () => known(broker).engine.mirror.size('instance') === 0, 30_000);
  },
  /** Resolves when all of the written sessions have ended, and nothing is left of them that lives. */
  async expired({ count }: { readonly count: number }) {
    await eventually('all sessions end', () => lateness.length >= count, 150_000);
    const { mirror } = known(broker).engine;
    await eventually('all is given up', () => mirror.size('session') + mirror.size('instance') === 0, 30_000);
    return { lateness: summarise(lateness), releasedMs: clock.now() - lastDeadline };
  },
  async setReserve({ name, target }: { readonly name: string; readonly target: number }): Promise<void> {
    const caller = { tenant: 'default', role: 'admin', name: 'bench' } as const;
    await known(broker).engine.admin.setReserve(caller, name, target);
  },
};

serveParent(handlers, async () => {
  await broker?.stop();
});
