import { createRandom } from './random.ts';
import { json, type Reply, text } from './reply.ts';

/** One limit: at least `gapS` between two calls; after one that came too early, `penaltyS` from then on. */
type Limit = { readonly gapS: number; readonly penaltyS?: number };

/** As the API's description states them; berth's facts call them indicative. Endpoints without one are not limited. */
export const LIMITS: Readonly<Record<string, Limit>> = {
  create: { gapS: 4.5, penaltyS: 12 },
  list: { gapS: 1 },
  show: { gapS: 2 },
  manage: { gapS: 1 },
  destroy: { gapS: 3 },
  reboot: { gapS: 1 },
  recycle: { gapS: 1 },
  'change-bid': { gapS: 5.5 },
  templates: { gapS: 3 },
};

/** Searches per minute and address. */
export const SEARCHES_PER_MINUTE = 10;

export type LimitSettings = {
  /** Of all times above: 0.1 is ten times as fast, 0 is no limits. */
  factor: number;
  /** Searches a day; the real number is not known. It starts anew at midnight UTC. */
  searches_per_day: number;
  /** `mixed`: all shapes that have been seen, by chance. */
  body: 'mixed' | 'text' | 'threshold' | 'detail' | 'json';
  retry_after: 'mixed' | 'always' | 'never';
};

export type RateLimiter = {
  /** The 429, or null: it may pass. Searches count by address alone, the rest by key and address. */
  check(endpoint: string, key: string, address: string, nowMs: number): Reply | null;
  readonly searches: { day: number; used: number };
};

const DAY = 86_400_000;

export function createRateLimiter(settings: LimitSettings, seed: string): RateLimiter {
  const nextAt = new Map<string, number>();
  const searched = new Map<string, number[]>();
  const searches = { day: 0, used: 0 };
  const random = createRandom(`${seed}/rates`);

  function tooFrequent(endpoint: string, waitMs: number, threshold: number): Reply {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    const say = settings.retry_after === 'always' || (settings.retry_after === 'mixed' && random.next() < 0.5);
    const headers = say ? { 'retry-after': `${seconds}` } : {};
    if (endpoint === 'destroy')
      return json({ success: false, error: 'rate_limit_exceeded', msg: 'API requests too frequent' }, 429, headers);
    const shape = settings.body === 'mixed' ? random.pick(['text', 'threshold', 'detail', 'json']) : settings.body;
    const long = `API requests too frequent: endpoint threshold=${threshold}`;
    if (shape === 'text') return text('API requests too frequent', 429, headers);
    if (shape === 'threshold') return text(long, 429, headers);
    if (shape === 'detail') return json({ detail: long }, 429, headers);
    return json({ success: false, error: 'rate_limit_exceeded', msg: long, retry_after: seconds }, 429, headers);
  }

  function interval(endpoint: string, limit: Limit, who: string, now: number): Reply | null {
    const key = `${endpoint} ${who}`;
    const at = nextAt.get(key) ?? 0;
    if (now < at) {
      const until = limit.penaltyS === undefined ? at : now + limit.penaltyS * 1000 * settings.factor;
      nextAt.set(key, Math.max(at, until));
      return tooFrequent(endpoint, Math.max(at, until) - now, limit.gapS);
    }
    nextAt.set(key, now + limit.gapS * 1000 * settings.factor);
    return null;
  }

  function search(who: string, now: number): Reply | null {
    const day = Math.floor(now / DAY);
    if (searches.day !== day) Object.assign(searches, { day, used: 0 });
    if (searches.used >= settings.searches_per_day) {
      const reset = { 'x-ratelimit-reset': `${((day + 1) * DAY) / 1000}` };
      const msg = 'Daily search quota exceeded. Please try again tomorrow.';
      return json({ success: false, error: 'search_quota_exceeded', msg }, 429, reset);
    }
    const window = 60_000 * settings.factor;
    const recent = (searched.get(who) ?? []).filter((at) => at > now - window);
    const [oldest] = recent;
    if (recent.length >= SEARCHES_PER_MINUTE && oldest !== undefined)
      return tooFrequent('search', oldest + window - now, SEARCHES_PER_MINUTE);
    searched.set(who, [...recent, now]);
    searches.used++;
    return null;
  }

  return {
    searches,
    check(endpoint, key, address, now) {
      if (endpoint === 'search') return search(address, now);
      const limit = LIMITS[endpoint];
      return limit === undefined || settings.factor === 0 ? null : interval(endpoint, limit, `${key} ${address}`, now);
    },
  };
}
