import type { Caller } from '../../domain/caller.ts';
import { isBrokerError } from '../../domain/errors.ts';
import type { Session } from '../../domain/session.ts';
import type { Mirror } from '../../engine/records/mirror.ts';
import type { AdminUseCases, SessionView, StatusView } from '../../engine/use-cases.ts';
import type { Clock } from '../../ports/clock.ts';
import { instanceRow, sessionRow } from './rows.ts';

export type BoardOptions = {
  readonly admin: Pick<AdminUseCases, 'status'>;
  readonly caller: Caller;
  readonly mirror: Pick<Mirror, 'all' | 'ids' | 'session' | 'instance' | 'listen'>;
  readonly view: (session: Session) => SessionView;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly onError: (err: unknown) => void;
};

/** More are counted, not shown: a page that long helps nobody. */
export const MAX_ROWS = 10_000;
/** Ends of rows that are remembered; whoever is further behind gets everything anew. */
const MAX_GONE = 5_000;
/** What changes without its own record changing (queue positions, expected starts, passes of loops) is looked at this
 *  often [ms]. */
const SLOW_MS = 5_000;

type Kept = { readonly json: string; readonly version: number };
type Part = 'sessions' | 'instances';

/**
 * All that a console shows, as numbered versions. A page says which version it has and gets what changed since: one
 * that reads slowly is told less often, and nothing is kept for it.
 */
export type Board = ReturnType<typeof createBoard>;

export function createBoard(o: BoardOptions) {
  let version = 0;
  let head: Kept = { json: 'null', version: 0 };
  let headKey = '';
  let slowAt = Number.NEGATIVE_INFINITY;
  const rows: Readonly<Record<Part, Map<string, Kept>>> = { sessions: new Map(), instances: new Map() };
  const dirty: Readonly<Record<Part, Set<string>>> = { sessions: new Set(), instances: new Set() };
  const hidden: Readonly<Record<Part, Set<string>>> = { sessions: new Set(), instances: new Set() };
  let gone: { readonly id: string; readonly version: number }[] = [];
  /** Before this version it is not known what went. */
  let goneFrom = 0;
  const frames = new Map<number, Buffer>();

  const stop = o.mirror.listen((change) => {
    if (change.kind === 'session') dirty.sessions.add(change.id);
    else if (change.kind === 'instance') {
      dirty.instances.add(change.id);
      // How far its start is stands in the session's row, too.
      const madeFor = o.mirror.instance(change.id as `i-${string}`)?.for ?? null;
      if (madeFor !== null) dirty.sessions.add(madeFor);
    }
  });
  for (const id of o.mirror.ids('session')) dirty.sessions.add(id);
  for (const id of o.mirror.ids('instance')) dirty.instances.add(id);

  const textOf: Readonly<Record<Part, (id: string) => string | null>> = {
    sessions(id) {
      const s = o.mirror.session(id);
      return s === undefined ? null : JSON.stringify(sessionRow(o.view(s), o.clock.now()));
    },
    instances(id) {
      const i = o.mirror.instance(id as `i-${string}`);
      return i === undefined || i.phase === 'gone' ? null : JSON.stringify(instanceRow(i));
    },
  };

  /** Takes in one record as it is now. Returns whether anything is different. */
  function look(part: Part, id: string, next: number): boolean {
    const json = textOf[part](id);
    const was = rows[part].get(id);
    if (json === null) {
      hidden[part].delete(id);
      if (!rows[part].delete(id)) return false;
      gone.push({ id, version: next });
      return true;
    }
    if (was?.json === json) return false;
    if (was === undefined && rows[part].size >= MAX_ROWS) {
      hidden[part].add(id);
      return false;
    }
    rows[part].set(id, { json, version: next });
    return true;
  }

  function lookAtAll(part: Part, next: number): boolean {
    const ids = [...dirty[part]];
    dirty[part].clear();
    let changed = false;
    for (const id of ids) if (look(part, id, next)) changed = true;
    // Room that became free goes to those that were left out.
    for (const id of hidden[part]) {
      if (rows[part].size >= MAX_ROWS) break;
      hidden[part].delete(id);
      if (look(part, id, next)) changed = true;
    }
    return changed;
  }

  async function lookAtHead(next: number, isSlow: boolean): Promise<boolean> {
    let status: StatusView | null = null;
    let error = '';
    try {
      status = await o.admin.status(o.caller);
    } catch (err) {
      if (!isBrokerError(err)) o.onError(err);
      error = isBrokerError(err) ? err.message : 'internal error';
    }
    const leftOut = hidden.sessions.size;
    const json = JSON.stringify({ status, error, leftOut });
    // Loops pass all the time, and providers are listed; that alone is told only now and then.
    const key = JSON.stringify([steady(status), error, leftOut]);
    if (key === headKey && !(isSlow && json !== head.json)) return false;
    headKey = key;
    head = { json, version: next };
    return true;
  }

  /** Forgets the oldest ends, so that the list stays short. */
  function trimGone(): void {
    if (gone.length <= MAX_GONE) return;
    goneFrom = gone[gone.length - MAX_GONE - 1]?.version ?? 0;
    gone = gone.slice(-MAX_GONE);
  }

  function frameFrom(from: number): Buffer {
    const isFull = from < goneFrom || from === 0;
    const since = (part: Part): string => {
      const found: string[] = [];
      for (const row of rows[part].values()) if (isFull || row.version > from) found.push(row.json);
      return `[${found.join(',')}]`;
    };
    const left = isFull ? [] : gone.filter((g) => g.version > from).map((g) => g.id);
    const text = [
      `"version":${version},"full":${isFull},"now":${o.clock.now()}`,
      `"head":${isFull || head.version > from ? head.json : 'null'}`,
      `"sessions":${since('sessions')},"instances":${since('instances')},"gone":${JSON.stringify(left)}`,
    ];
    return Buffer.from(`event: state\ndata: {${text.join(',')}}\n\n`);
  }

  return {
    version: (): number => version,
    /** Takes in what changed since the last time. */
    async refresh(): Promise<void> {
      const next = version + 1;
      const isSlow = o.clock.monotonic() - slowAt >= SLOW_MS;
      if (isSlow) {
        slowAt = o.clock.monotonic();
        for (const s of o.mirror.all('session'))
          if (s.phase === 'queued' || s.phase === 'starting') dirty.sessions.add(s.id);
      }
      const sessions = lookAtAll('sessions', next);
      const instances = lookAtAll('instances', next);
      const isNew = await lookAtHead(next, isSlow);
      if (!sessions && !instances && !isNew) return;
      trimGone();
      version = next;
      frames.clear();
    },
    /** What a page that has version `from` (0: nothing) must be told; null: nothing. The same bytes for all that are
     *  equally far. */
    frame(from: number): Buffer | null {
      if (from >= version) return null;
      const known = frames.get(from) ?? frameFrom(from);
      frames.set(from, known);
      return known;
    },
    stop,
  };
}

const steady = (s: StatusView | null): unknown =>
  s === null
    ? null
    : {
        ...s,
        loops: s.loops.map(({ name, failures, lastError }) => [name, failures, lastError]),
        providers: s.providers.map(({ listedAt: _, creditMicros: __, ...rest }) => rest),
      };
