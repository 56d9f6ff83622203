import type { SessionId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { Drop } from '../../ports/store.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../leader.ts';
import { decode, KEY, type NameRecord, SET, splitKey } from '../records.ts';

const BATCH = 100;

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
  const aliases = await ctx.store.range(SET.aliases(session.id), { by: 'member', prefix: '', limit: 1_000 });
  await ctx.store.commit({
    drop: [{ key, was: session.revision }, ...(await keysOf(ctx, session, aliases))],
    index: [
      expiry,
      { set: SET.ended, member: `${session.tenant}/${session.id}`, score: null },
      ...aliases.map((member) => ({ set: SET.aliases(session.id), member, score: null })),
    ],
    expect: [term.fence],
  });
}

/** Idempotency keys that stand for the session, and its name unless another has taken it. */
async function keysOf(ctx: EngineContext, session: Session, aliases: readonly string[]): Promise<Drop[]> {
  const name = session.asked.name === '' ? [] : [KEY.name(session.tenant, session.asked.name)];
  const keys = [...aliases, KEY.request(session.tenant, session.requestId), ...name];
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
