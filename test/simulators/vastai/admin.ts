import { z } from 'zod';
import type { Request } from './api.ts';
import { RuleSchema } from './faults.ts';
import * as life from './life.ts';
import type { Habit } from './market.ts';
import { failed, json, Refusal, type Reply } from './reply.ts';
import { machineOf, meterOf, stateOf } from './state.ts';
import { createTemplate } from './templates.ts';
import { SwitchesSchema, type World } from './world.ts';

const ClockSchema = z.strictObject({ advance_s: z.number().min(0).default(0), frozen: z.boolean().optional() });
const LimitsChange = z.strictObject({
  factor: z.number().min(0).optional(),
  searches_per_day: z.number().int().min(0).optional(),
  body: z.enum(['mixed', 'text', 'threshold', 'detail', 'json']).optional(),
  retry_after: z.enum(['mixed', 'always', 'never']).optional(),
});
const HABITS: readonly [Habit, ...Habit[]] = [
  'good',
  'slow_boot',
  'never_boots',
  'pull_error',
  'oci_error',
  'exits',
  'goes_offline',
  'port_dead',
  'late_ports',
];
const MachineChange = z.strictObject({
  habit: z.enum(HABITS).optional(),
  habit_probability: z.number().min(0).max(1).optional(),
  rentable: z.boolean().optional(),
});

type Admin = (w: World, r: Request, id: number, action: string) => Reply | Promise<Reply>;

const parsed = <T>(schema: z.ZodType<T>, r: Request): T => {
  let body: unknown = null;
  try {
    body = JSON.parse(r.body === '' ? '{}' : r.body);
  } catch {
    throw new Refusal(failed(400, 'bad_request', 'the body is not JSON'));
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Refusal(failed(400, 'bad_request', z.prettifyError(result.error)));
};

const unknown = (): Reply => failed(404, 'not_found', 'no such thing in the simulator');

/** Only what the body names: a field that is not named keeps its value, a default must not set it. */
const onlyNamed = <T extends object>(changes: T, r: Request): Partial<T> => {
  const named = Object.keys(JSON.parse(r.body === '' ? '{}' : r.body));
  return Object.fromEntries(Object.entries(changes).filter(([name]) => named.includes(name))) as Partial<T>;
};

/** How the simulator is steered. No part of the Vast.ai API. */
const PATHS: readonly (readonly [method: string, path: RegExp, run: Admin])[] = [
  ['GET', /^\/_sim\/state$/, (w, r) => json(stateOf(w, Number(r.query.get('recent') ?? 100)))],
  ['GET', /^\/_sim\/meter$/, (w) => json(meterOf(w))],
  ['GET', /^\/_sim\/machines$/, (w) => json(w.asks.machines.map(machineOf(w)))],
  ['POST', /^\/_sim\/machines\/(\d+)$/, changeMachine],
  ['POST', /^\/_sim\/instances\/(\d+)\/(\w+)$/, act],
  ['POST', /^\/_sim\/clock$/, moveClock],
  ['GET', /^\/_sim\/faults$/, (w) => json(w.faults.all())],
  ['POST', /^\/_sim\/faults$/, (w, r) => json(w.faults.add(parsed(RuleSchema, r)))],
  ['DELETE', /^\/_sim\/faults\/(\d+)$/, (w, _, id) => (w.faults.remove(id) ? json({}) : unknown())],
  ['DELETE', /^\/_sim\/faults$/, clearFaults],
  ['POST', /^\/_sim\/limits$/, (w, r) => json(Object.assign(w.limits, parsed(LimitsChange, r)))],
  ['POST', /^\/_sim\/switches$/, (w, r) => json(Object.assign(w.switches, onlyNamed(parsed(SwitchesSchema, r), r)))],
  ['POST', /^\/_sim\/credit$/, setCredit],
  ['POST', /^\/_sim\/boot$/, setBoot],
  ['POST', /^\/_sim\/templates$/, foreignTemplate],
];

/** @returns null: no path of the simulator's */
export async function answerAdmin(w: World, r: Request): Promise<Reply | null> {
  await w.clock.settle();
  for (const [method, path, run] of PATHS) {
    const match = method === r.method ? path.exec(r.path) : null;
    if (match !== null) return run(w, r, Number(match[1]), match[2] ?? '');
  }
  return null;
}

function changeMachine(w: World, r: Request, id: number): Reply {
  const machine = w.asks.machines.find((m) => m.id === id);
  if (machine === undefined) return unknown();
  const change = parsed(MachineChange, r);
  machine.habit = change.habit ?? machine.habit;
  machine.habitProbability = change.habit_probability ?? (change.habit === undefined ? machine.habitProbability : 1);
  machine.rentable = change.rentable ?? machine.rentable;
  return json(machineOf(w)(machine));
}

/** What happens to an instance without its renter. */
async function act(w: World, _: Request, id: number, action: string): Promise<Reply> {
  const i = w.instances.get(id);
  if (i === undefined || i.goneMs !== null) return unknown();
  const now = w.clock.now();
  if (action === 'exit') await life.exit(w, i, now);
  else if (action === 'offline' || action === 'unknown') await life.cutOff(w, i, action, now);
  else if (action === 'preempt') await life.preempt(w, i, now);
  else if (action === 'restart') await life.reboot(w, i, false, now);
  else if (action === 'vanish') await life.end(w, i, false, now);
  else return unknown();
  await w.clock.settle();
  return json({});
}

async function moveClock(w: World, r: Request): Promise<Reply> {
  const { advance_s, frozen } = parsed(ClockSchema, r);
  if (frozen !== undefined) w.clock.freeze(frozen);
  await w.clock.advance(advance_s * 1000);
  return json({ now_ms: w.clock.now(), frozen: w.clock.isFrozen() });
}

function clearFaults(w: World): Reply {
  w.faults.clear();
  return json({});
}

/** What is left from now on. */
async function setCredit(w: World, r: Request): Promise<Reply> {
  const { credit } = parsed(z.strictObject({ credit: z.number() }), r);
  w.account.granted += credit - meterOf(w).credit;
  life.lookAtCredit(w);
  await w.clock.settle();
  return json(meterOf(w));
}

function setBoot(w: World, r: Request): Reply {
  w.bootFactor = parsed(z.strictObject({ factor: z.number().min(0) }), r).factor;
  return json({ factor: w.bootFactor });
}

/** Somebody else's public template; equal content has an equal hash. */
function foreignTemplate(w: World, r: Request): Reply {
  return createTemplate(w, parsed(z.record(z.string(), z.unknown()), r), 1);
}
