import { BrokerError } from '../../domain/errors.ts';
import { type Answer, createHttp, type Sending } from './http.ts';
import { isKey } from './key.ts';
import { createLane, type Lane, type LaneName } from './lanes.ts';
import type { VastaiOptions } from './options.ts';
import { aborted, CallFailed, type Problem, problemOf } from './problems.ts';

export type ApiCall = {
  readonly lane: LaneName;
  readonly method: Sending['method'];
  /** From the root, with its slash at the end where the API wants one. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Once sent [ms]. */
  readonly withinMs?: number;
  readonly fresh?: boolean;
  /** Values of the body that no text may repeat. */
  readonly secrets?: readonly string[];
};

export type Api = {
  /** When it is its turn: one call, never again by itself. Gives the answer's JSON object.
   *  @throws CallFailed for everything else; an AbortError when nothing was sent yet */
  call(call: ApiCall, signal: AbortSignal): Promise<object>;
  /** A text from elsewhere, without the key. null: it is not there (yet). @throws CallFailed */
  fetchText(url: URL, signal: AbortSignal): Promise<string | null>;
  /** Least time between two such calls [ms]. */
  gapMs(lane: LaneName): number;
  close(): void;
};

const WITHIN_MS = 15_000;
const MAX_BYTES = 16 * 1024 * 1024;
const DAY = 86_400_000;
/** The API's clock may be ahead of ours. */
const MIDNIGHT_MARGIN_MS = 5_000;

export function createApi(o: VastaiOptions): Api {
  const { clock, log } = o;
  const http = createHttp(clock);
  const lanes = new Map<LaneName, Lane>();
  const laneOf = (name: LaneName): Lane => {
    const lane = lanes.get(name) ?? createLane(name, o.pace, clock);
    lanes.set(name, lane);
    return lane;
  };

  async function send(c: ApiCall, lane: Lane, key: string, signal: AbortSignal): Promise<Answer> {
    const url = new URL(c.path, o.url);
    for (const [name, value] of Object.entries(c.query ?? {})) url.searchParams.set(name, value);
    const sending = {
      method: c.method,
      url,
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'user-agent': 'berth' },
      ...(c.body === undefined ? {} : { body: JSON.stringify(c.body) }),
      withinMs: c.withinMs ?? WITHIN_MS,
      maxBytes: MAX_BYTES,
      fresh: c.fresh ?? false,
      // What is paced from outside as well has a connection of its own each time: that is as long for all of them, and
      // to count it here would let the two drift apart.
      ...(c.fresh ? {} : { onSent: lane.left }),
    };
    return http.send(sending, signal);
  }

  /** Counts what the answer says of the limits, and tells how long they hold. */
  function heed(lane: Lane, problem: Problem, answer: Answer): Problem {
    if (problem.kind === 'quota') {
      const now = clock.now();
      const midnight = (Math.floor(now / DAY) + 1) * DAY + MIDNIGHT_MARGIN_MS;
      const ms = Math.min(Math.max((answer.resetAtMs ?? midnight) - now, 0), DAY);
      lane.hold(problem, ms);
      return { ...problem, retryAfterMs: ms };
    }
    if (problem.kind === 'limited') return { ...problem, retryAfterMs: lane.limited(problem) };
    lane.passed();
    return problem;
  }

  return {
    async call(c, signal) {
      const lane = laneOf(c.lane);
      const key = await keyOf(o);
      await lane.turn(signal).catch((err: unknown) => {
        throw err instanceof CallFailed ? err : aborted();
      });
      const startedAt = clock.monotonic();
      const about = { provider: 'vastai', method: c.method, path: c.path };
      const answer = await send(c, lane, key, signal).catch((err: unknown) => {
        const reason = err instanceof CallFailed ? err.problem.kind : 'unknown';
        log.debug({ ...about, durationMs: clock.monotonic() - startedAt, reason }, 'provider.not-answered');
        throw err;
      });
      log.debug({ ...about, durationMs: clock.monotonic() - startedAt, code: `${answer.status}` }, 'provider.answered');
      const found = problemOf(answer, [key, ...(c.secrets ?? [])]);
      if (found === null) {
        lane.passed();
        return answer.json as object;
      }
      const problem = heed(lane, found, answer);
      if (problem.kind === 'limited' || problem.kind === 'quota')
        log.warn(
          { ...about, reason: problem.kind, detail: `${problem.text}; held for ${problem.retryAfterMs} ms` },
          'provider.limited',
        );
      throw new CallFailed(problem, answer.json);
    },
    async fetchText(url, signal) {
      const sending = { method: 'GET', url, headers: {}, withinMs: WITHIN_MS, maxBytes: MAX_BYTES } as const;
      const { status, text } = await http.send(sending, signal);
      return status === 200 ? text : null;
    },
    gapMs: (lane) => laneOf(lane).gapMs(),
    close: http.close,
  };
}

/** @throws CallFailed when there is none: nothing is sent then */
async function keyOf(o: VastaiOptions): Promise<string> {
  try {
    const key = (await o.key()).trim();
    if (isKey(key)) return key;
  } catch (err) {
    o.log.warn({ provider: 'vastai', err }, 'provider.key-unreadable');
    if (err instanceof BrokerError) throw new CallFailed({ kind: 'auth', text: err.message });
  }
  throw new CallFailed({ kind: 'auth', text: 'the API key of Vast.ai is missing, or cannot be read' });
}
