import type { Instance } from './instance.ts';
import * as life from './life.ts';
import { unknownInstance, visible } from './list.ts';
import type { Row } from './operators.ts';
import { failed, json, Refusal, type Reply, refuse } from './reply.ts';
import type { World } from './world.ts';

const MAX_LABEL = 1024;
const MAX_BULK = 64;

/** Destroying and managing work before reading does: the read is what lags. */
export function find(w: World, id: number): Instance {
  const i = w.instances.get(id);
  if (i === undefined || i.goneMs !== null) throw new Refusal(unknownInstance(w, id));
  return i;
}

/** DELETE instances/{id}/ */
export async function destroy(w: World, id: number): Promise<Reply> {
  const i = find(w, id);
  const strike = w.faults.strike('destroy', {
    instance_id: id,
    label: i.label,
    machine_id: i.machine.id,
    host_id: i.machine.host,
  });
  const status = strike?.number('status') ?? 500;
  switch (strike?.fault) {
    case 'destroy_429':
      return failed(429, 'rate_limit_exceeded', 'API requests too frequent');
    case 'destroy_5xx':
      return { status, type: 'text/html', body: '<html><body>error</body></html>' };
    case 'destroy_ignored':
      return json({ success: true });
    case 'destroy_lags':
      endLater(w, i, w.clock.now() + strike.number('for_s') * 1000);
      return json({ success: true });
    default:
      await life.end(w, i, true, w.clock.now());
      return strike === null
        ? json({ success: true })
        : { status, type: 'text/html', body: '<html>bad gateway</html>' };
  }
}

function endLater(w: World, i: Instance, atMs: number): void {
  w.clock.at(atMs, (now) => life.end(w, i, true, now));
}

/** DELETE instances/ {instance_ids}: all that there are. */
export async function destroyMany(w: World, body: Row): Promise<Reply> {
  const ids = idsOf(body.instance_ids).filter((id) => w.instances.get(id)?.goneMs === null);
  for (const id of ids) await destroy(w, id);
  return json({ success: true, msg: `${ids.length} destroyed` });
}

/** PUT instances/{id}/ {state} or {label} */
export async function change(w: World, id: number, body: Row): Promise<Reply> {
  const i = find(w, id);
  const now = w.clock.now();
  if (body.label !== undefined) return relabel(i, body.label);
  if (body.state === 'stopped') await life.stop(w, i, now);
  else if (body.state !== 'running') return refuse(400, 'invalid_args', 'state must be running or stopped');
  else if (!life.start(w, i, now))
    return json({ success: false, error: 'resources_unavailable', msg: life.UNAVAILABLE });
  return json({ success: true });
}

/** PUT instances/ {state, ids} */
export async function changeMany(w: World, body: Row): Promise<Reply> {
  for (const id of idsOf(body.ids)) await change(w, id, { state: body.state });
  return json({ success: true });
}

function relabel(i: Instance, label: unknown): Reply {
  if (typeof label !== 'string') return refuse(400, 'invalid_args', 'label must be a string');
  if (label.length > MAX_LABEL) return refuse(400, 'label_too_long', `label is longer than ${MAX_LABEL} characters`);
  i.label = label === '' ? null : label;
  return json({ success: true, msg: `label set to ${label}` });
}

function idsOf(raw: unknown): readonly number[] {
  if (!Array.isArray(raw) || raw.length > MAX_BULK)
    return refuse(400, 'invalid_args', `ids must be at most ${MAX_BULK}`);
  return raw.map(Number);
}

/** PUT instances/reboot/{id}/ and instances/recycle/{id}/ */
export async function reboot(w: World, id: number, fresh: boolean): Promise<Reply> {
  const i = find(w, id);
  if (i.cur !== 'running') return refuse(400, 'invalid_args', 'the instance is not running');
  await life.reboot(w, i, fresh, w.clock.now());
  return json({ success: true });
}

/** How long a log takes until it can be fetched. */
const LOG_DELAY_MS = 600;
const DEFAULT_TAIL = 1000;

/** PUT instances/request_logs/{id}: the text is at the URL, after a while. */
export function requestLogs(w: World, id: number, body: Row, base: string): Reply {
  const i = find(w, id);
  if (!visible(w, i)) return failed(404, w.switches.unknown_instance, `Instance ${id} not found`);
  if (body.daemon_logs !== 'true' && i.ranFromMs === null)
    return json({ success: false, msg: `instance ${id} has no logs yet` });
  const tail = Number(body.tail ?? DEFAULT_TAIL);
  const filter = typeof body.filter === 'string' ? body.filter : '';
  const lines = (body.daemon_logs === 'true' ? (i.msg ?? '') : (i.program?.log() ?? i.lastLog)).trimEnd().split('\n');
  const kept = lines.filter((l) => l.includes(filter)).slice(tail > 0 ? -tail : 0);
  const path = `/s3/instance_logs/${i.apiKey.slice(0, 16)}-${w.results.size}.log`;
  w.results.set(path, { fromMs: w.clock.now() + LOG_DELAY_MS, body: `${kept.join('\n')}\n` });
  return json({ success: true, result_url: `${base}${path}`, msg: 'logs requested' });
}

/** The store of results is another service: it refuses what carries a key, and does not know what is not there yet. */
export function fetchResult(w: World, path: string, hasKey: boolean): Reply {
  const found = w.results.get(path);
  const error = (code: string, status: number): Reply => ({
    status,
    type: 'application/xml',
    body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
  });
  if (hasKey) return error('InvalidArgument', 400);
  if (found === undefined || found.fromMs > w.clock.now()) return error('AccessDenied', 403);
  return { status: 200, type: 'text/plain', body: found.body };
}

/** PUT instances/bid_price/{id}/ */
export function changeBid(w: World, id: number, body: Row): Reply {
  const i = find(w, id);
  if (i.order.bid === null) return refuse(400, 'invalid_args', 'not an interruptible instance');
  const price = body.price ?? i.machine.minBid * i.gpus * 1.01;
  if (typeof price !== 'number' || !(price >= 0.001 && price <= 128))
    return refuse(400, 'invalid_price', 'price must be 0.001 to 128');
  return json({ success: true, msg: `bid set to $${price} per gpu` });
}
