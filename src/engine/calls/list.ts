import type { Caller } from '../../domain/caller.ts';
import { BrokerError } from '../../domain/errors.ts';
import type { Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { decode, KEY, SET } from '../records/records.ts';
import type { ListQuery, SessionPage } from '../use-cases.ts';
import { strangePageToken } from './page-token.ts';
import { viewOf } from './view.ts';

/** Records read for one page at most, so that a filter that hardly anything passes cannot hold a call for long. */
const READ_AT_MOST = 5_000;
const CHUNK = 100;
/** A page ends early beyond this: a gRPC client takes 4 MiB unless it says otherwise. With a chunk of the largest
 *  sessions on top it stays below [bytes]. */
const PAGE_BYTES = 2 * 1_024 * 1_024;
/** What a session takes on the wire without what its caller wrote, at most [bytes]. */
const SESSION_BYTES = 2_048;

/**
 * ListSessions. Sessions are kept in sets by `tenant/id`, and an id begins with its time of creation: a token is the
 * last member looked at, and stays good whatever comes and goes around it.
 */
export async function list(ctx: EngineContext, caller: Caller, query: ListQuery): Promise<SessionPage> {
  const prefix = prefixFor(caller, query);
  const sets = query.phases.length === 0 ? [SET.live] : [SET.live, SET.ended];
  const page = createPage(query);
  let after = tokenToMember(query.pageToken, prefix);
  for (let read = 0; read < READ_AT_MOST && !page.isFull(); ) {
    // With a filter it is not known how many must be read to fill the page.
    const limit = isFiltered(query) ? CHUNK : Math.min(CHUNK, page.room());
    const members = await nextMembers(ctx, sets, prefix, after, limit);
    if (members.length === 0) return pageOf(ctx, page.found, '');
    const sessions = await readMembers(ctx, members);
    for (const [i, member] of members.entries()) {
      if (page.isFull()) break;
      after = member;
      page.add(sessions[i] ?? null);
    }
    read += members.length;
  }
  return pageOf(ctx, page.found, after);
}

/** What passes the query, until there are as many as were asked for or as a client takes. */
function createPage(query: ListQuery) {
  const found: Session[] = [];
  let bytes = 0;
  return {
    found,
    room: () => query.pageSize - found.length,
    isFull: () => found.length >= query.pageSize || bytes >= PAGE_BYTES,
    add(session: Session | null): void {
      if (session === null || !passes(session, query)) return;
      found.push(session);
      bytes += sizeOf(session);
    },
  };
}

const sizeOf = ({ asked: { labels, owner } }: Session): number =>
  SESSION_BYTES + Buffer.byteLength(JSON.stringify([labels, owner]));

const pageOf = (ctx: EngineContext, found: readonly Session[], after: string): SessionPage => ({
  sessions: found.map((s) => viewOf(ctx, s)),
  nextPageToken: after === '' ? '' : Buffer.from(after).toString('base64url'),
});

function prefixFor(caller: Caller, query: ListQuery): string {
  if (caller.role === 'admin') return query.tenant === null ? '' : `${query.tenant}/`;
  if (query.tenant !== null && query.tenant !== caller.tenant)
    throw new BrokerError('denied', `tenant: only admins may list the sessions of another tenant than their own`, {
      reason: 'PERMISSION_DENIED',
    });
  return `${caller.tenant}/`;
}

function tokenToMember(token: string, prefix: string): string {
  if (token === '') return '';
  const member = Buffer.from(token, 'base64url').toString();
  if (member.startsWith(prefix) && /^[a-z0-9-]+\/s-[0-9a-z]{26}$/.test(member)) return member;
  throw strangePageToken();
}

/** The next members over both sets in order; one that moves between them meanwhile is met once. */
async function nextMembers(
  ctx: EngineContext,
  sets: readonly string[],
  prefix: string,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const range = { by: 'member', prefix, limit, ...(after === '' ? {} : { after }) } as const;
  const pages = await Promise.all(sets.map((set) => ctx.store.range(set, range)));
  return [...new Set(pages.flat())].sort().slice(0, limit);
}

async function readMembers(ctx: EngineContext, members: readonly string[]): Promise<readonly (Session | null)[]> {
  const stored = await ctx.store.read(members.map((m) => KEY.session(m.slice(m.indexOf('/') + 1))));
  return stored.map((s) => (s ? (decode<Session>(s) as Session) : null));
}

const isFiltered = (q: ListQuery): boolean =>
  q.phases.length > 0 || q.class !== null || q.owner !== null || Object.keys(q.labels).length > 0;

function passes(s: Session, q: ListQuery): boolean {
  const inPhase = q.phases.length === 0 ? s.phase !== 'released' : q.phases.includes(s.phase);
  return (
    inPhase &&
    (q.class === null || s.asked.class === q.class) &&
    (q.owner === null || s.asked.owner === q.owner) &&
    Object.entries(q.labels).every(([key, value]) => s.asked.labels[key] === value)
  );
}
