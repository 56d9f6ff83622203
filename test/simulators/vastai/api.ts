import { isObject, type Row } from './operators.ts';
import { failed, html, json, Refusal, type Reply, refuse, text } from './reply.ts';
import { type Found, findRoute } from './routes.ts';
import type { EndpointStats, World } from './world.ts';

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | null;
  /** Of the caller. */
  readonly address: string;
  readonly body: string;
  readonly base: string;
};

/** The Vast.ai API: key, then limits, then faults, then the endpoint itself. */
export async function answerApi(w: World, r: Request): Promise<Reply> {
  const found = findRoute(r.method, r.path);
  if (found === null) return failed(404, 'not_found', `no such endpoint: ${r.method} ${r.path}`);
  if (found.redirect) return redirect(r);
  const reply = await settle(async () => {
    const key = found.route.open ? '' : keyOf(w, r);
    await w.clock.settle();
    const stats = count(w, found.route.endpoint);
    const limited = w.rates.check(found.route.endpoint, key, r.address, w.clock.now());
    if (limited !== null) stats.limited++;
    const answer = limited ?? fault(w, found) ?? (await settle(() => handle(w, found, r, key)));
    stats.byStatus[answer.status] = (stats.byStatus[answer.status] ?? 0) + 1;
    return answer;
  });
  // What is due at once, such as the start of an instance that takes no time, is seen by the next call.
  await w.clock.settle();
  return reply;
}

const settle = async (work: () => Promise<Reply>): Promise<Reply> => {
  try {
    return await work();
  } catch (err) {
    if (err instanceof Refusal) return err.reply;
    throw err;
  }
};

async function handle(w: World, found: Found, r: Request, key: string): Promise<Reply> {
  return found.route.handle({ world: w, id: found.id, query: r.query, body: bodyOf(r), key, base: r.base });
}

function redirect(r: Request): Reply {
  const query = r.query.size === 0 ? '' : `?${r.query}`;
  return text('', 308, { location: `${r.path}/${query}` });
}

/** Also by the legacy parameter, which is counted: nobody should use it. */
function keyOf(w: World, r: Request): string {
  const legacy = r.query.get('api_key');
  if (legacy !== null) w.account.legacyKeyUses++;
  const key = /^Bearer (.+)$/.exec(r.authorization ?? '')?.[1]?.trim() ?? legacy;
  if (key !== null && w.settings.keys.includes(key)) return key;
  return refuse(w.switches.bad_key_status, 'auth_error', 'Invalid user key');
}

function bodyOf(r: Request): Row {
  if (r.body === '') return {};
  try {
    const body: unknown = JSON.parse(r.body);
    if (isObject(body)) return body;
  } catch {
    // Told below.
  }
  return refuse(400, 'bad_request', 'the body is not a JSON object');
}

function count(w: World, endpoint: string): EndpointStats {
  const now = w.clock.now();
  const known = w.stats.get(endpoint);
  const stats = known ?? { calls: 0, limited: 0, byStatus: {}, shortestGapMs: null, lastMs: now };
  if (known !== undefined)
    stats.shortestGapMs = Math.min(stats.shortestGapMs ?? Number.POSITIVE_INFINITY, now - stats.lastMs);
  stats.lastMs = now;
  stats.calls++;
  w.stats.set(endpoint, stats);
  return stats;
}

function fault(w: World, found: Found): Reply | null {
  const strike = w.faults.strike(
    'http',
    { instance_id: found.id, ask_id: found.id },
    { endpoint: found.route.endpoint },
  );
  if (strike === null || strike.rule === null) return null;
  const status = strike.number('status');
  const { body, error, msg = `error ${status}`, retry_after_s: wait } = strike.rule;
  const headers = wait === undefined ? {} : { 'retry-after': `${wait}` };
  switch (body) {
    case 'hang':
    case 'reset':
      return { ...json({}), how: body };
    case 'html':
      return { ...html(`<html><body><h1>${status}</h1></body></html>`, status), headers };
    case 'text':
      return text(`error ${status}`, status, headers);
    case 'empty':
      return text('', status, headers);
    default:
      return json({ success: false, error, msg }, status, headers);
  }
}
