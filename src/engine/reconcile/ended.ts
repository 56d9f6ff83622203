import type { SessionId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { Drop } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { decode, KEY, type NameRecord, SET, splitKey } from '../records/records.ts';

const BATCH = 100;
/** Idempotency keys dropped in one commit: a session with a name may have gathered any number of them. */
const ALIASES = 500;

/** Drops what has been kept long enough: released sessions with their keys, and tombstones. @returns pause [ms] */
export async function dropEnded(ctx: EngineContext, term: Term, idleMs: number): Promise<number> {
  const keys = await ctx.store.range(SET.expiry, { by: 'score', max: ctx.clock.now(), limit: BATCH });
  for (const key of keys) {
    if (splitKey(key).kind === 'session') await dropSession(ctx, term, key);
    else await dropTombstone(ctx, term, key);
  }
  return keys.length === BATCH ? 0 : idleMs;
}

async function dropSession(ctx: EngineContext, term: Term, key: string): Promise<void> {
  const [stored] = await ctx.store.read([key]);
  const expiry = { set: SET.expiry, member: key, score: null };
  if (!stored) {
    await ctx.store.commit({ index: [expiry], expect: [term.fence] });
    return;
  }
  const session = decode<Session>(stored);
  // Before the session: whatever is left when it is gone would never be found again.
  if (!(await dropAliases(ctx, term, session))) return;
  const name = session.asked.name === '' ? [] : [KEY.name(session.tenant, session.asked.name)];
  await ctx.store.commit({
    drop: [
      { key, was: session.revision },
      ...(await ownDrops(ctx, session, [KEY.request(session.tenant, session.requestId), ...name])),
    ],
    index: [expiry, { set: SET.ended, member: `${session.tenant}/${session.id}`, score: null }],
    expect: [term.fence],
  });
}

/** @returns whether none is left; if not, the next pass goes on */
async function dropAliases(ctx: EngineContext, term: Term, session: Session): Promise<boolean> {
  const set = SET.aliases(session.id);
  for (;;) {
    const aliases = await ctx.store.range(set, { by: 'member', prefix: '', limit: ALIASES });
    if (aliases.length === 0) return true;
    const dropped = await ctx.store.commit({
      drop: await ownDrops(ctx, session, aliases),
      index: aliases.map((member) => ({ set, member, score: null })),
      expect: [term.fence],
    });
    if (!dropped.committed) return false;
  }
}

/** Of these keys, those that stand for the session: another may have taken its name. */
async function ownDrops(ctx: EngineContext, session: Session, keys: readonly string[]): Promise<Drop[]> {
  const found = await ctx.store.read(keys);
  return keys.flatMap((key, n) => {
    const stored = found[n];
    if (!stored) return [];
    const record = decode<NameRecord | { readonly session?: SessionId }>(stored);
    return record.session === session.id ? [{ key, was: stored.revision }] : [];
  });
}

async function dropTombstone(ctx: EngineContext, term: Term, key: string): Promise<void> {
  const [stored] = await ctx.store.read([key]);
  await ctx.store.commit({
    drop: stored ? [{ key, was: stored.revision }] : [],
    index: [{ set: SET.expiry, member: key, score: null }],
    expect: [term.fence],
  });
}
