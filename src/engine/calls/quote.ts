import { createHash } from 'node:crypto';
import { BrokerError, invalid } from '../../domain/errors.ts';
import type { Question } from '../../domain/question.ts';
import type { Ranked } from '../../domain/rank.ts';
import { expectedStart } from '../../domain/reserve.ts';
import { requirementViolations } from '../../domain/terms.ts';
import { SECOND } from '../../domain/time.ts';
import type { EngineContext } from '../context.ts';
import { createWakeable } from '../lead/wakeable.ts';
import { wishOf } from '../market/launch.ts';
import { nothing } from '../market/market.ts';
import { rentingOff } from '../money/renting.ts';
import { suits } from '../records/claim.ts';
import { encode, KEY, type MarketRecord, SET } from '../records/records.ts';
import type { QuotedOffer, QuoteInput, QuoteView } from '../use-cases.ts';
import { classNamed } from './find-class.ts';

/** An answer that is no older is told again; one that found only an error is not told as long. */
const FRESH_MS = 60 * SECOND;
const FRESH_FAILURE_MS = 5 * SECOND;
/** How long the leader has to answer. */
const ANSWER_MS = 10 * SECOND;
/** Different questions that are kept at once. */
const MOST = 256;

/**
 * QuoteSession. The leader alone asks providers, so that they are not asked once per replica: whoever is asked for a
 * quote writes down that a look is wanted, and the leader writes down what it saw. What of that would do is judged
 * here, from the same records that the leader chooses by.
 */
export function createQuotes(ctx: EngineContext) {
  /** One commit for all who ask the same of this replica at once. */
  const asking = new Map<string, Promise<void>>();

  async function answerTo(className: string, q: Question, signal: AbortSignal): Promise<MarketRecord> {
    const id = marketId(className, q);
    const known = ctx.mirror.market(id);
    if (known !== undefined && isFresh(known, ctx.clock.now())) return known;
    const started = asking.get(id) ?? begin(id, className, q).finally(() => asking.delete(id));
    asking.set(id, started);
    await started;
    return answered(id, signal);
  }

  async function begin(id: string, className: string, q: Question): Promise<void> {
    const { mirror, clock } = ctx;
    const before = mirror.market(id);
    const now = clock.now();
    // Somebody has asked: the leader is at it.
    if (before !== undefined && !isAnswered(before) && now - before.askedAt < ANSWER_MS) return;
    if (before === undefined && mirror.size('market') >= MOST)
      throw new BrokerError('unavailable', 'too many different quotes were asked for lately', {
        reason: 'TOO_MANY_QUOTES',
        retryAfterMs: FRESH_MS,
      });
    const was = mirror.revision('market', id);
    const key = KEY.market(id);
    const empty = { takenAt: null, answeredAt: null, offers: [], refused: {}, more: false, why: '' };
    const record: MarketRecord = { ...empty, ...before, class: className, search: q.search, askedAt: now };
    const result = await ctx.store.commit({
      put: [{ key, was, value: encode(record) }],
      index: [{ set: SET.settings, member: key, score: 0 }],
    });
    if (result.committed) mirror.apply('market', id, was + 1, record);
    // Another was faster, and its question is this one.
    else await ctx.follower.refresh(key);
  }

  async function answered(id: string, signal: AbortSignal): Promise<MarketRecord> {
    const { clock, mirror } = ctx;
    const sleeper = createWakeable(clock);
    const unlisten = mirror.listen((change) => {
      if (change.kind === 'market' && change.id === id) sleeper.wake();
    });
    try {
      const until = clock.monotonic() + ANSWER_MS;
      for (let left = ANSWER_MS; left > 0; left = until - clock.monotonic()) {
        const record = mirror.market(id);
        if (record !== undefined && isAnswered(record)) return record;
        await sleeper.sleep(left, signal);
        signal.throwIfAborted();
      }
    } finally {
      unlisten();
    }
    throw new BrokerError('unavailable', `the leader has not looked at the market within ${ANSWER_MS / SECOND} s`, {
      reason: 'NO_QUOTE',
      retryAfterMs: SECOND,
    });
  }

  return async function quote(input: QuoteInput, signal: AbortSignal): Promise<QuoteView> {
    const c = classNamed(ctx, input.class);
    const violations = requirementViolations(c, input.requirements);
    if (violations.length > 0) throw invalid(violations);
    const wish = wishOf(c, input.requirements);
    let takenAt = ctx.clock.now();
    const found = await ctx.market.look(
      { c, wish, overCap: false },
      async (q) => {
        const record = await answerTo(c.name, q, signal);
        takenAt = record.takenAt ?? record.askedAt;
        const { why, offers, refused, more } = record;
        // Before all that was taken here since.
        return why === '' ? { offers, refused, more, takenAt, begun: 0 } : { why, refused };
      },
      (f) => f,
    );
    const asked = { asked: { requirements: input.requirements } };
    const base = {
      provider: c.provider,
      ready: ctx.mirror.pool.count(c.name, (m) => suits(m, asked)),
      refused: found.refused,
      takenAt,
    };
    if ('why' in found) return { ...base, offers: [], suitable: 0, why: found.why };
    const history = ctx.mirror.history(c.name);
    const usualMs = history === undefined ? null : expectedStart(history);
    return {
      ...base,
      offers: found
        .ranked()
        .slice(0, input.limit)
        .map((r) => quoted(r, usualMs)),
      suitable: found.suitable.length,
      // What would do is told all the same: the switch may be turned again.
      why: found.suitable.length > 0 ? (rentingOff(ctx.mirror)?.why ?? '') : nothing(c.provider, found.refused).why,
    };
  };
}

/** Questions of one class side by side. */
export const marketId = (className: string, q: Question): string =>
  `${className}.${createHash('sha256').update(q.key).digest('hex').slice(0, 16)}`;

export const isAnswered = (r: MarketRecord): boolean => r.answeredAt !== null && r.answeredAt >= r.askedAt;

const isFresh = (r: MarketRecord, now: number): boolean =>
  isAnswered(r) && now - (r.answeredAt ?? 0) < (r.why === '' ? FRESH_MS : FRESH_FAILURE_MS);

/** @param usualMs how long starts of the class take, where nothing is known of the machine */
function quoted({ offer: o, startMs }: Ranked, usualMs: number | null): QuotedOffer {
  return {
    machine: o.machine,
    host: o.host,
    region: o.region,
    granted: o.granted,
    microsPerHour: o.microsPerHour,
    storageMicrosPerHour: o.storageMicrosPerHour ?? 0,
    expectedStartMs: startMs ?? usualMs,
    reliability: o.reliability ?? null,
    interruptible: o.interruptible ?? false,
  };
}
