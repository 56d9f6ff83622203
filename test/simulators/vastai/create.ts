import type { Ask } from './asks.ts';
import { type Strike, struck } from './faults.ts';
import type { Instance, RentOrder } from './instance.ts';
import { begin, show, stop, takeAway, UNAVAILABLE } from './life.ts';
import { credit } from './meter.ts';
import { storagePerHour } from './offer-row.ts';
import { createRandom } from './random.ts';
import { parseOrder } from './rent-order.ts';
import { failed, html, json, Refusal, type Reply, refuse, text } from './reply.ts';
import type { World } from './world.ts';

/** PUT asks/{id}/ */
export function create(w: World, askId: number, body: unknown): Reply {
  const order = parseOrder(w, body);
  const about = { ask_id: askId, label: order.label, image: order.image };
  const known = w.asks.find(askId) ?? w.asks.rented(askId);
  const occasion = {
    ...about,
    machine_id: known?.machine.id,
    host_id: known?.machine.host,
    gpu_name: known?.machine.gpu.name,
  };
  const canBeTwice = w.asks.find(askId) === null && w.asks.rented(askId) !== null;
  const before = w.faults.strike('rent', occasion, canBeTwice ? {} : { never: 'double_rent' });
  if (before?.fault === 'create_refused')
    return failed(200, 'error', 'Something went wrong, please try again later', { ask_id: askId });
  if (before?.fault === 'create_5xx_unrented') return text('upstream error', before.number('status'));
  if (before?.fault === 'no_credit' || credit(w) <= 0) return noCredit(before, askId);
  if (before?.fault === 'offer_gone') return takenAway(w, askId, before);
  const { ask, twice } = takeAsk(w, askId, before);
  if (before?.fault === 'host_full') return full(w, ask, order);
  if (order.bid !== null && order.bid < ask.machine.minBid * ask.gpus) return tooLow(w, ask, order);
  const strike = w.faults.strike('answer', occasion);
  const instance = rent(w, ask, order, twice, strike);
  return answer(instance, strike);
}

function noCredit(strike: Strike | null, askId: number): Reply {
  const msg = 'Your account lacks credit; see the billing page.';
  // Without money it is so whatever else would have struck.
  const status = strike?.fault === 'no_credit' ? strike.number('status') : 400;
  return failed(status, 'insufficient_credit', msg, { ask_id: askId });
}

/** The wordings that have been seen, each with its status. */
function goneAsk(status: number, askId: number): Reply {
  const about = { ask_id: askId };
  if (status === 404)
    return failed(
      404,
      'invalid_args',
      `error 404/3603: no_such_ask Instance type by id ${askId} is not available.`,
      about,
    );
  if (status === 400) return failed(400, 'no_such_ask', `no_such_ask: ask ${askId} is not available`, about);
  return failed(410, 'no_such_ask', `error 410/3907: Ask ${askId} is no longer available.`, about);
}

function takenAway(w: World, askId: number, strike: Strike): Reply {
  const ask = w.asks.find(askId);
  if (ask !== null) takeAway(w, ask);
  return goneAsk(strike.number('status'), askId);
}

function takeAsk(w: World, askId: number, before: Strike | null): { readonly ask: Ask; readonly twice: boolean } {
  const ask = w.asks.find(askId);
  if (ask?.machine.rentable && ask.machine.listedUntilMs > w.clock.now()) return { ask, twice: false };
  const rented = w.asks.rented(askId);
  if (rented !== null && before?.fault === 'double_rent') return { ask: rented, twice: true };
  const { gone_ask: as } = w.switches;
  throw new Refusal(goneAsk(as === 'natural' ? (rented === null && ask === null ? 404 : 410) : Number(as), askId));
}

function full(w: World, ask: Ask, order: RentOrder): Reply {
  if (order.cancelUnavailable) return goneAsk(404, ask.id);
  const instance = add(w, ask, order, 0);
  Object.assign(instance, { waiting: true });
  show(w, instance, { cur: 'stopped', next: 'stopped', msg: UNAVAILABLE }, w.clock.now());
  return answer(instance, null);
}

/** Refused, and yet there is an instance: stopped, and its disk costs. */
function tooLow(w: World, ask: Ask, order: RentOrder): Reply {
  const instance = add(w, ask, order, 0);
  show(w, instance, { cur: 'stopped', intended: 'stopped', next: 'stopped' }, w.clock.now());
  const msg = `bid ${order.bid} is too low: the minimum is ${ask.machine.minBid * ask.gpus}`;
  return failed(200, 'bid_too_low', msg, { ask_id: ask.id, new_contract: instance.id });
}

function rent(w: World, ask: Ask, order: RentOrder, twice: boolean, strike: Strike | null): Instance {
  const lag = w.faults.strike('read', { machine_id: ask.machine.id, label: order.label, ask_id: ask.id });
  const instance = add(w, ask, order, (lag?.number('for_s') ?? 0) * 1000);
  const stopped = order.target === 'stopped' || strike?.fault === 'create_failed_rented';
  if (stopped) show(w, instance, { cur: 'stopped', intended: 'stopped', next: 'stopped' }, instance.createdMs);
  if (twice) {
    begin(w, instance, instance.createdMs, struck('exits', { after_s: 1 }));
    return instance;
  }
  if (stopped) return instance;
  w.asks.rent(ask);
  instance.holdsGpus = true;
  show(w, instance, {}, instance.createdMs);
  begin(w, instance, instance.createdMs);
  return instance;
}

function add(w: World, ask: Ask, order: RentOrder, lagMs: number): Instance {
  const { machine, gpus } = ask;
  const now = w.clock.now();
  w.nextId += 1 + w.starts.int(7);
  const instance: Instance = {
    id: w.nextId,
    askId: ask.id,
    machine,
    gpus,
    createdMs: now,
    order,
    gpuPerHour: order.bid ?? machine.price * gpus,
    storagePerHour: storagePerHour(machine, order.diskGb),
    apiKey: secret(w, w.nextId),
    visibleFromMs: now + lagMs,
    image: order.image,
    label: order.label,
    actual: null,
    intended: 'running',
    cur: 'running',
    next: 'running',
    msg: null,
    pull: null,
    ports: new Map(),
    portsShown: false,
    program: null,
    lastLog: '',
    holdsGpus: false,
    waiting: false,
    ranFromMs: null,
    fault: null,
    gpuMs: 0,
    gpuSinceMs: null,
    goneMs: null,
    destroyed: false,
    timers: new Set(),
    expiry: null,
  };
  w.instances.set(instance.id, instance);
  instance.expiry = w.clock.at(machine.listedUntilMs, (at) => stop(w, instance, at));
  return instance;
}

function secret(w: World, id: number): string {
  const random = createRandom(`${w.settings.seed}/secret/${id}`);
  return Array.from({ length: 64 }, () => random.int(16).toString(16)).join('');
}

function answer(i: Instance, strike: Strike | null): Reply {
  const status = strike?.number('status') ?? 200;
  const rented = { new_contract: i.id, instance_api_key: i.apiKey };
  switch (strike?.fault) {
    case 'create_hang_rented':
      return { ...json({}), how: 'hang' };
    case 'create_reset_rented':
      return { ...json({}), how: 'reset' };
    case 'create_html_rented':
      return html('<html><body>Just a moment...</body></html>');
    case 'create_5xx_rented':
      return html(`<html><body><h1>${status}</h1></body></html>`, status);
    case 'create_failed_rented':
      return failed(status, 'error', 'could not start the instance', { ask_id: i.askId, new_contract: i.id });
    default:
      return json({ success: true, ...rented });
  }
}

/** PUT launch_instance/ is a search and a create in one; it takes the first row. */
export function launch(w: World, body: Readonly<Record<string, unknown>>, find: (q: unknown) => Reply): Reply {
  const { q, ...order } = body;
  const { offers } = JSON.parse(find(q ?? {}).body) as { readonly offers: readonly { readonly id: number }[] };
  const [first] = offers;
  if (first === undefined) return refuse(404, 'no_offers', 'no offer matches');
  return create(w, first.id, order);
}
