import type { BerthClient, Session } from '../../clients/typescript/src/client.ts';
import type { StoreRecords } from './store-records.ts';

/** What a scenario knows of its own case. */
export type CrashCase = {
  readonly requestId: string;
  /** The session that the client was told of, as soon as it was. */
  session: Session | null;
  /** Whether its instance was killed. */
  killed: boolean;
};

/** One thing that a client asks of berth, or that berth does by itself. */
export type CrashScenario = {
  readonly name: string;
  /** Before the ports are armed. */
  prepare(client: BerthClient, c: CrashCase): Promise<void>;
  /** What is made to die. A client that had no answer calls it again, on the next broker. */
  act(client: BerthClient, c: CrashCase): Promise<void>;
  /** Whether nothing of it has happened yet: else calls would be left out. Looked at once the ports are armed. */
  isAhead(records: StoreRecords, c: CrashCase): boolean;
  /** Whether everything that follows from `act` has come to pass. */
  isDone(records: StoreRecords, c: CrashCase): boolean;
};

/** Long enough for the case to be set up on a busy machine [ms]. */
const SHORT_LIFETIME_MS = 4_000;

async function acquire(client: BerthClient, c: CrashCase, lifetimeMs?: number): Promise<void> {
  const { requestId } = c;
  const session = await client.acquire({
    class: 'web',
    requestId,
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
  });
  if (c.session !== null && c.session.id !== session.id)
    throw new Error(`request ${requestId} was answered ${c.session.id} and then ${session.id}`);
  c.session = session;
}

const isUnknown = ({ sessions }: StoreRecords, c: CrashCase): boolean =>
  sessions.every((s) => s.requestId !== c.requestId);
const isActive = ({ sessions }: StoreRecords, c: CrashCase): boolean =>
  sessions.some((s) => s.requestId === c.requestId && s.phase === 'active');
const ready = ({ instances }: StoreRecords): number => instances.filter((i) => i.phase === 'ready').length;
const isOver = ({ sessions, instances }: StoreRecords, c: CrashCase): boolean =>
  instances.length === 0 && sessions.every((s) => s.requestId !== c.requestId || s.phase === 'released');

/** Where there is a proxy the instance is replaced, else the session ends. */
const isSettled = (records: StoreRecords, c: CrashCase): boolean =>
  isOver(records, c) ||
  records.sessions.some(
    (s) => s.requestId === c.requestId && s.phase === 'active' && s.replacing === undefined && s.replacements === 1,
  );

/** The program in the session's instance dies, once. */
async function kill(c: CrashCase): Promise<void> {
  if (c.killed) return;
  const answer = await fetch(c.session?.endpoint?.ports[0]?.url ?? 'http://no.endpoint.invalid/');
  const { pid } = (await answer.json()) as { readonly pid: number };
  process.kill(pid, 'SIGKILL');
  c.killed = true;
}

const nothing = async (): Promise<void> => undefined;

export const SCENARIOS: readonly CrashScenario[] = [
  {
    name: 'acquire cold',
    prepare: nothing,
    isAhead: isUnknown,
    act: (client, c) => acquire(client, c),
    isDone: isActive,
  },
  {
    name: 'acquire warm',
    // Its member is handed out, and another one takes its place.
    async prepare(client) {
      await client.setReserve('web', 1);
    },
    isAhead: isUnknown,
    act: (client, c) => acquire(client, c),
    isDone: (records, c) => isActive(records, c) && ready(records) === 1,
  },
  {
    name: 'release',
    prepare: (client, c) => acquire(client, c),
    isAhead: isActive,
    async act(client, c) {
      await client.release({ requestId: c.requestId });
    },
    isDone: isOver,
  },
  {
    name: 'refill',
    prepare: nothing,
    isAhead: (records) => records.instances.length === 0,
    async act(client) {
      await client.setReserve('web', 2);
    },
    isDone: (records) => ready(records) === 2,
  },
  {
    name: 'loss in use',
    prepare: (client, c) => acquire(client, c),
    isAhead: isActive,
    act: (_, c) => kill(c),
    isDone: isSettled,
  },
  {
    name: 'expiry',
    prepare: (client, c) => acquire(client, c, SHORT_LIFETIME_MS),
    isAhead: isActive,
    act: nothing,
    isDone: isOver,
  },
];
