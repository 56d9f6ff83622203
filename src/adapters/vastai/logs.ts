import { BrokerError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogQuery } from '../../ports/compute-provider.ts';
import type { Api } from './api.ts';
import { CallFailed, isKind, unavailable } from './problems.ts';
import { LogWire } from './wire.ts';

/** Asked for each time, so that what is new can be found in what comes. */
const LINES = '10000';
/** The text is put somewhere else, and is there after a while: 30 times 0.3 s, as the official client waits. */
const TRIES = 30;
const TRY_MS = 300;
const PIECE = 64 * 1024;
/** What is looked for in the next text to find where it goes on [characters]. */
const ANCHOR = 4096;
const FOLLOW_MS = 2_000;
const LONGEST_FOLLOW_MS = 15_000;
const FAILURES_IN_ROW = 10;

export type LogSource = { readonly api: Api; readonly clock: Clock; readonly pace: number; readonly url: string };

/** A log at Vast.ai is a text that is asked for as a whole; to follow is to ask again. */
export async function* readLogs(
  s: LogSource,
  id: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let text = await fetchLog(s, id, signal);
  yield* pieces(lastLines(text, query.tailLines));
  let [pause, failures] = [FOLLOW_MS, 0];
  while (query.follow) {
    await s.clock.sleep(pause * s.pace, signal);
    pause = Math.min(pause * 1.5, LONGEST_FOLLOW_MS);
    const next = await fetchLog(s, id, signal).catch((err: unknown) => {
      if (!(err instanceof BrokerError) || ++failures > FAILURES_IN_ROW) throw err;
      return err;
    });
    if (next instanceof BrokerError) {
      if (next.code === 'not-found') return;
      continue;
    }
    failures = 0;
    const more = goesOn(text, next);
    if (more !== '') pause = FOLLOW_MS;
    yield* pieces(more);
    text = next;
  }
}

/** @throws BrokerError `not-found`, `unavailable` */
async function fetchLog(s: LogSource, id: string, signal: AbortSignal): Promise<string> {
  try {
    const url = await requestLog(s, id, signal);
    if (url === null) return '';
    for (let tries = 0; tries < TRIES; tries++) {
      const text = await s.api.fetchText(url, signal);
      if (text !== null) return text.trim() === '' ? '' : text;
      await s.clock.sleep(TRY_MS, signal);
    }
  } catch (err) {
    if (isKind(err, 'no-such')) throw new BrokerError('not-found', 'there is no such instance, or no more');
    throw unavailable(err);
  }
  throw new BrokerError('unavailable', 'Vast.ai promised the log and did not give it', { reason: 'PROVIDER_DOWN' });
}

/** Where the text will be; null: there is none yet. */
async function requestLog({ api, url }: LogSource, id: string, signal: AbortSignal): Promise<URL | null> {
  const path = `/api/v0/instances/request_logs/${id}`;
  const body = await api
    .call({ lane: 'logs', method: 'PUT', path, body: { tail: LINES } }, signal)
    .catch((err: unknown) => {
      // "success": false with a message in place of a place: nothing was written yet.
      if (isKind(err, 'odd') && typeof err.body === 'object') return err.body ?? {};
      throw err;
    });
  const place = LogWire.safeParse(body);
  if (!place.success || !place.data.result_url) return null;
  const found = placeIn(place.data.result_url, url);
  if (found !== null) return found;
  throw new CallFailed({ kind: 'odd', text: 'Vast.ai says that the log is where it will not be fetched from' });
}

/** Where a log may be fetched from; null: not from there. In the clear only where the API is, too. */
export function placeIn(written: string, apiUrl: string): URL | null {
  const found = URL.parse(written);
  const isFine = found?.protocol === 'https:' || (found?.protocol === 'http:' && !apiUrl.startsWith('https:'));
  return isFine ? found : null;
}

function lastLines(text: string, lines: number | null): string {
  if (lines === null) return text;
  const all = text.replace(/\n$/, '').split('\n');
  return lines === 0 || text === '' ? '' : `${all.slice(-lines).join('\n')}${text.endsWith('\n') ? '\n' : ''}`;
}

/** What `next` has beyond `seen`, whose beginning may have been cut off meanwhile. */
function goesOn(seen: string, next: string): string {
  if (next.startsWith(seen)) return next.slice(seen.length);
  const anchor = seen.slice(-ANCHOR);
  const at = next.lastIndexOf(anchor);
  return at < 0 ? next : next.slice(at + anchor.length);
}

function* pieces(text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text, 'utf8');
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}
