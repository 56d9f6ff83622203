import type { SessionClass } from '../../domain/session-class.ts';
import { MINUTE } from '../../domain/time.ts';
import { isAnswered } from '../calls/quote.ts';
import type { EngineContext } from '../context.ts';
import type { Term } from '../lead/leader.ts';
import { noProvider } from '../market/launch.ts';
import { encode, KEY, type MarketRecord, SET } from '../records/records.ts';
import { staleKeys } from './stale.ts';

/** Offers of one answer that are written down: the best. */
const KEPT_OFFERS = 64;
/** Questions that nobody has asked for so long are forgotten [ms]. */
const FORGET_MS = 10 * MINUTE;

/** What one look at a question takes. */
export type QuoteDeps = { readonly ctx: EngineContext; readonly term: Term };

/** Answers whoever asked for a quote, from what was seen lately if that is fresh. @returns when to look again
 *  [monotonic ms] */
export async function lookAtMarket(d: QuoteDeps, id: string, signal: AbortSignal): Promise<number | null> {
  const { ctx } = d;
  const record = ctx.mirror.market(id);
  if (record === undefined) return null;
  const left = record.askedAt + FORGET_MS - ctx.clock.now();
  const c = ctx.classes.current().get(record.class);
  if (left <= 0 || c === undefined) return forget(d, id);
  if (isAnswered(record)) return ctx.clock.monotonic() + left;
  const answer = await see(ctx, c, record, signal);
  const was = ctx.mirror.revision('market', id);
  const after: MarketRecord = { ...record, ...answer, answeredAt: Math.max(ctx.clock.now(), record.askedAt) };
  const put = [{ key: KEY.market(id), was, value: encode(after) }];
  const result = await ctx.store.commit({ put, expect: [d.term.fence] });
  if (!result.committed) return staleKeys(ctx, result.why);
  ctx.mirror.apply('market', id, was + 1, after);
  return ctx.clock.monotonic() + left;
}

async function see(ctx: EngineContext, c: SessionClass, { search }: MarketRecord, signal: AbortSignal) {
  const provider = ctx.providers.get(c.provider);
  if (provider === undefined) return NOTHING(noProvider(c.provider).why);
  const q = { key: JSON.stringify(search), search };
  const seen = await ctx.market.ask(c, provider, signal)(q, () => 'some');
  if ('why' in seen) return NOTHING(seen.why);
  const { ranked, refused } = ctx.market.sort(c.provider, search, q, seen, true);
  const offers = ranked()
    .slice(0, KEPT_OFFERS)
    .map((r) => r.offer);
  return { takenAt: seen.takenAt, offers, refused, more: seen.more, why: '' };
}

const NOTHING = (why: string) => ({ takenAt: null, offers: [], refused: {}, more: false, why });

async function forget({ ctx, term }: QuoteDeps, id: string): Promise<number | null> {
  const key = KEY.market(id);
  const result = await ctx.store.commit({
    drop: [{ key, was: ctx.mirror.revision('market', id) }],
    index: [{ set: SET.settings, member: key, score: null }],
    expect: [term.fence],
  });
  if (!result.committed) return staleKeys(ctx, result.why);
  ctx.mirror.apply('market', id, 0, undefined);
  return null;
}
