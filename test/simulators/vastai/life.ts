import type { Ask } from './asks.ts';
import type { FaultName, Strike } from './faults.ts';
import { environment, fillAll, findImage } from './images.ts';
import type { Instance } from './instance.ts';
import type { Machine } from './market.ts';
import { meter, watchCredit } from './meter.ts';
import { GIVES_UP_MS, planStart, type StartPlan } from './plan.ts';
import { MARK } from './proc.ts';
import { type Program, startInline, startProcess, startSilent } from './program.ts';
import { living, type World } from './world.ts';

/** How long somebody else keeps the GPUs that he has taken away from us. */
const TAKEN_FOR_MS = 3_600_000;
const REBOOT_MS = 8000;
export const UNAVAILABLE = 'Required resources are currently unavailable, state change queued.';

type Shown = Partial<Pick<Instance, 'actual' | 'intended' | 'cur' | 'next' | 'msg' | 'pull' | 'portsShown'>>;

/** The one place where a status changes, so that the meter always follows. */
export function show(w: World, i: Instance, to: Shown, atMs: number): void {
  Object.assign(i, to);
  meter(i, atMs);
  lookAtCredit(w);
}

/** At zero credit what runs is stopped. */
export function lookAtCredit(w: World): void {
  watchCredit(w, (now) => {
    for (const i of living(w)) if (i.gpuSinceMs !== null) void stop(w, i, now);
  });
}

function later(w: World, i: Instance, atMs: number, run: (atMs: number) => void | Promise<void>): void {
  const cancel = w.clock.at(atMs, (due) => {
    i.timers.delete(cancel);
    return run(due);
  });
  i.timers.add(cancel);
}

function forget(i: Instance): void {
  for (const cancel of i.timers) cancel();
  i.timers.clear();
}

/** From the create call, or from a fresh pull: null, loading, then what its plan says.
 *  @param forced what goes wrong in any case */
export function begin(w: World, i: Instance, atMs: number, forced: Strike | null = null): void {
  forget(i);
  const plan = planStart(w, i, forced);
  i.fault = plan.strike?.fault ?? null;
  if (plan.strike?.fault === 'sits_stopped') {
    show(w, i, { actual: 'loading', cur: 'stopped', next: 'stopped', msg: UNAVAILABLE }, atMs);
    return;
  }
  const gb = findImage(w.images, i.image)?.size_gb ?? 0;
  later(w, i, atMs + plan.loadingMs, (now) => {
    const never = plan.strike?.fault === 'never_boots';
    const toMs = never ? Number.POSITIVE_INFINITY : atMs + plan.pulledMs;
    show(w, i, { actual: 'loading', pull: { fromMs: now, toMs, gb } }, now);
    if (!never) later(w, i, toMs, (then) => pulled(w, i, plan, then));
  });
}

async function pulled(w: World, i: Instance, plan: StartPlan, atMs: number): Promise<void> {
  if (plan.strike?.fault === 'pull_error') {
    show(w, i, { pull: null, msg: plan.pullError }, atMs);
    later(w, i, atMs + GIVES_UP_MS * w.bootFactor, (now) => {
      show(w, i, { intended: 'stopped', cur: 'stopped', next: 'stopped' }, now);
    });
    return;
  }
  if (plan.strike?.fault === 'oci_error') {
    const msg =
      'Error response from daemon: failed to create task for container: OCI runtime create failed: runc create failed\n';
    show(w, i, { actual: 'created', pull: null, msg }, atMs);
    return;
  }
  w.pulled.add(`${i.machine.id} ${i.image}`);
  await run(w, i, plan.strike, atMs);
}

/** Starts the program and says so. */
async function run(w: World, i: Instance, strike: Strike | null, atMs: number): Promise<void> {
  const fault = strike?.fault;
  if (i.ports.size === 0 && i.order.ports.length > 0) {
    const outer = await w.ports.take(i.order.ports.length);
    if (i.goneMs !== null) return w.ports.giveBack(outer);
    i.ports = new Map(i.order.ports.map((p, n) => [p.inner, outer[n] ?? 0]));
  }
  i.ranFromMs ??= atMs;
  if (fault === 'port_silent') keep(w, i, startSilent([...i.ports.values()][0] ?? 0));
  else if (fault !== 'port_dead') keep(w, i, startProgram(w, i));
  const portsLateMs = fault === 'late_ports' ? (strike?.number('for_s') ?? 0) * 1000 : 0;
  const msg = `success, running ${i.image.replaceAll(/[/:]/g, '_')}/ssh\n`;
  const up = { actual: 'running', intended: 'running', cur: 'running', next: 'running' } as const;
  show(w, i, { ...up, msg, pull: null, portsShown: portsLateMs === 0 }, atMs);
  if (portsLateMs > 0) later(w, i, atMs + portsLateMs, (now) => show(w, i, { portsShown: true }, now));
  const happens = strike === null ? undefined : LATER[strike.fault];
  if (happens !== undefined && strike !== null)
    later(w, i, atMs + strike.number('after_s') * 1000, (now) => happens(w, i, now));
}

/** What befalls an instance that has run for a while. */
const LATER: { readonly [F in FaultName]?: (w: World, i: Instance, atMs: number) => Promise<void> } = {
  exits: (w, i, now) => exit(w, i, now),
  goes_offline: (w, i, now) => cutOff(w, i, 'offline', now),
  goes_unknown: (w, i, now) => cutOff(w, i, 'unknown', now),
  vanishes: (w, i, now) => end(w, i, false, now),
  restarts: (w, i, now) => reboot(w, i, false, now),
  preempted: (w, i, now) => preempt(w, i, now),
};

function startProgram(w: World, i: Instance): Program {
  const image = findImage(w.images, i.image);
  const fill = { ports: i.ports, args: i.order.args };
  if (image?.command === undefined || image.command === 'inline')
    return startInline([...i.ports.values()][0] ?? 0, i.label ?? `C.${i.id}`);
  const { PATH = '' } = process.env;
  return startProcess(fillAll(image.command, fill), {
    PATH,
    BERTH_INSTANCE_ID: i.label ?? `C.${i.id}`,
    ...environment(image, i.order.env, fill),
    PUBLIC_IPADDR: '127.0.0.1',
    CONTAINER_ID: `${i.id}`,
    CONTAINER_API_KEY: i.apiKey,
    [MARK]: w.mark,
  });
}

/** What ends by itself turns the instance to exited. */
function keep(w: World, i: Instance, program: Program): void {
  i.program = program;
  void program.ended.then(() => {
    if (i.program === program && i.goneMs === null) void exit(w, i, w.clock.now());
  });
}

async function halt(i: Instance): Promise<void> {
  const { program } = i;
  i.program = null;
  await program?.kill();
  if (program !== null) i.lastLog = program.log();
}

/** The process in it ended. */
export async function exit(w: World, i: Instance, atMs: number): Promise<void> {
  forget(i);
  show(w, i, { actual: 'exited', portsShown: false, msg: 'Error: container exited unexpectedly\n' }, atMs);
  await halt(i);
}

/** The host is gone; nothing on it can be reached. */
export async function cutOff(w: World, i: Instance, as: 'offline' | 'unknown', atMs: number): Promise<void> {
  forget(i);
  show(w, i, { actual: as }, atMs);
  await halt(i);
}

/** Somebody bid more: it is stopped, and its GPUs are somebody else's for a while. */
export async function preempt(w: World, i: Instance, atMs: number): Promise<void> {
  forget(i);
  const stopped = { intended: 'stopped', cur: 'stopped', next: 'stopped' } as const;
  show(w, i, { ...stopped, actual: i.actual === 'running' ? 'exited' : i.actual, portsShown: false }, atMs);
  if (i.holdsGpus) w.clock.at(atMs + TAKEN_FOR_MS, () => giveBack(w, i.machine, i.gpus));
  i.holdsGpus = false;
  await halt(i);
}

/** Asked for, or out of credit. The disk goes on costing. */
export async function stop(w: World, i: Instance, atMs: number): Promise<void> {
  forget(i);
  i.waiting = false;
  const stopped = { intended: 'stopped', cur: 'stopped', next: 'stopped' } as const;
  show(w, i, { ...stopped, actual: i.ranFromMs === null ? i.actual : 'exited', pull: null, portsShown: false }, atMs);
  if (i.holdsGpus) giveBack(w, i.machine, i.gpus);
  i.holdsGpus = false;
  await halt(i);
}

/** @returns whether it can start now; else it waits until GPUs are free */
export function start(w: World, i: Instance, atMs: number): boolean {
  if (i.cur === 'running' && i.holdsGpus) return true;
  // A rental that is over cannot start again.
  if (atMs >= i.machine.listedUntilMs) return false;
  i.holdsGpus ||= w.asks.take(i.machine, i.gpus);
  i.intended = 'running';
  i.waiting = !i.holdsGpus;
  if (i.waiting) return false;
  show(w, i, { cur: 'running', next: 'running' }, atMs);
  // The old status is still shown until the container is up again.
  if (i.ranFromMs === null) begin(w, i, atMs);
  else later(w, i, atMs + REBOOT_MS * w.bootFactor, (now) => run(w, i, null, now));
  return true;
}

/** @param fresh the container is made anew from a fresh pull */
export async function reboot(w: World, i: Instance, fresh: boolean, atMs: number): Promise<void> {
  forget(i);
  show(w, i, { actual: 'rebooting', portsShown: false, msg: fresh ? 'recycling\n' : 'rebooting\n' }, atMs);
  await halt(i);
  if (fresh) w.pulled.delete(`${i.machine.id} ${i.image}`);
  if (fresh) begin(w, i, atMs);
  else later(w, i, atMs + REBOOT_MS * w.bootFactor, (now) => run(w, i, null, now));
}

/** @param byClient false: the provider lost it */
export async function end(w: World, i: Instance, byClient: boolean, atMs: number): Promise<void> {
  if (i.goneMs !== null) return;
  forget(i);
  i.expiry?.();
  i.goneMs = atMs;
  i.destroyed = byClient;
  show(w, i, { cur: 'unloaded', portsShown: false }, atMs);
  if (i.holdsGpus) giveBack(w, i.machine, i.gpus);
  i.holdsGpus = false;
  await halt(i);
  w.ports.giveBack([...i.ports.values()]);
}

/** Somebody else rents it, for a while. */
export function takeAway(w: World, ask: Ask): void {
  w.asks.rent(ask);
  w.clock.at(w.clock.now() + TAKEN_FOR_MS, () => giveBack(w, ask.machine, ask.gpus));
}

function giveBack(w: World, machine: Machine, gpus: number): void {
  w.asks.giveBack(machine, gpus);
  for (const other of living(w)) if (other.waiting && other.machine === machine) start(w, other, w.clock.now());
}
