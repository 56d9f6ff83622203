import { z } from 'zod';
import { createRandom, type Random } from './random.ts';

/** Where in the simulator a fault strikes. */
export type Place = 'start' | 'rent' | 'answer' | 'read' | 'list' | 'destroy' | 'http';

/** Every fault that there is: where it strikes, what it does, and its numbers with their defaults. */
export const FAULTS = {
  slow_boot: { at: 'start', does: 'the start takes `factor` times as long', with: { factor: 30 } },
  never_boots: { at: 'start', does: 'stays in loading for ever', with: {} },
  pull_error: { at: 'start', does: 'the pull fails: stays loading, intended turns stopped after 7 min', with: {} },
  oci_error: { at: 'start', does: 'the container is created and cannot start', with: {} },
  sits_stopped: { at: 'start', does: 'a fresh rental waits for resources that do not come', with: {} },
  exits: { at: 'start', does: 'the process ends `after_s` after it runs', with: { after_s: 60 } },
  goes_offline: { at: 'start', does: 'the host is gone `after_s` after it runs', with: { after_s: 60 } },
  goes_unknown: { at: 'start', does: 'no heartbeat from the host `after_s` after it runs', with: { after_s: 60 } },
  vanishes: { at: 'start', does: 'the provider has lost it `after_s` after it runs', with: { after_s: 60 } },
  restarts: { at: 'start', does: 'the provider restarts it `after_s` after it runs', with: { after_s: 60 } },
  preempted: { at: 'start', does: 'outbid `after_s` after it runs', with: { after_s: 60 } },
  late_ports: { at: 'start', does: 'runs without ports for `for_s`', with: { for_s: 25 } },
  port_dead: { at: 'start', does: 'runs with ports on which nobody listens', with: {} },
  port_silent: { at: 'start', does: 'runs with ports that accept and never answer', with: {} },
  offer_gone: { at: 'rent', does: 'somebody else has just taken it: no_such_ask', with: { status: 410 } },
  double_rent: { at: 'rent', does: 'a rented ask is rented again; the second one dies on its ports', with: {} },
  host_full: {
    at: 'rent',
    does: 'no room: an error, or a stopped instance that waits without cancel_unavail',
    with: {},
  },
  no_credit: { at: 'rent', does: 'insufficient_credit', with: { status: 400 } },
  create_refused: { at: 'rent', does: 'success:false with 200, nothing is rented', with: {} },
  create_5xx_unrented: { at: 'rent', does: 'answers `status`, nothing is rented', with: { status: 503 } },
  create_5xx_rented: { at: 'answer', does: 'answers `status` and has rented', with: { status: 503 } },
  create_hang_rented: { at: 'answer', does: 'never answers and has rented', with: {} },
  create_reset_rented: { at: 'answer', does: 'cuts the connection and has rented', with: {} },
  create_html_rented: { at: 'answer', does: 'answers 200 with a page and has rented', with: {} },
  create_failed_rented: {
    at: 'answer',
    does: 'success:false with new_contract, which is stopped',
    with: { status: 200 },
  },
  read_lag: { at: 'read', does: 'lists and reads show a new instance `for_s` late', with: { for_s: 10 } },
  list_short: {
    at: 'list',
    does: 'the last `rows` of a page are missing, and no next_token is given',
    with: { rows: 1 },
  },
  list_torn: { at: 'list', does: 'the answer ends in its middle', with: {} },
  list_without_total: { at: 'list', does: 'total_instances and instances_found are missing', with: {} },
  destroy_ignored: { at: 'destroy', does: 'answers success and does nothing', with: {} },
  destroy_lags: {
    at: 'destroy',
    does: 'answers success; it is listed and billed for `for_s` more',
    with: { for_s: 30 },
  },
  destroy_429: { at: 'destroy', does: 'answers 429 and does nothing', with: {} },
  destroy_5xx: { at: 'destroy', does: 'answers `status` and does nothing', with: { status: 500 } },
  destroy_5xx_done: { at: 'destroy', does: 'answers `status` and has destroyed', with: { status: 502 } },
  http: {
    at: 'http',
    does: 'any `endpoint` answers `status` with `body`, before it does anything',
    with: { status: 503 },
  },
} as const satisfies Readonly<
  Record<string, { readonly at: Place; readonly does: string; readonly with: Readonly<Record<string, number>> }>
>;
export type FaultName = keyof typeof FAULTS;

const NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];

export const RuleSchema = z.strictObject({
  fault: z.enum(NAMES),
  /** Of each occasion. */
  probability: z.number().min(0).max(1).default(1),
  /** After so many strikes the rule is gone. */
  times: z.number().int().min(1).optional(),
  /** Only where all of these are so. */
  match: z
    .strictObject({
      machine_id: z.number().optional(),
      host_id: z.number().optional(),
      ask_id: z.number().optional(),
      instance_id: z.number().optional(),
      label: z.string().optional(),
      image: z.string().optional(),
      gpu_name: z.string().optional(),
    })
    .default({}),
  /** Of `http`: the endpoint's name as in /_sim/state. */
  endpoint: z.string().optional(),
  /** Of `http`. */
  body: z.enum(['json', 'text', 'html', 'empty', 'hang', 'reset']).default('json'),
  /** Of `http` with a JSON body. */
  error: z.string().default('error'),
  msg: z.string().optional(),
  /** Of `http`: a Retry-After header [s]. */
  retry_after_s: z.number().optional(),
  /** The fault's own numbers. */
  with: z.record(z.string(), z.number()).default({}),
});
export type RuleAsked = z.output<typeof RuleSchema>;
export type Rule = RuleAsked & { readonly id: number; strikes: number };
export type Strike = {
  readonly fault: FaultName;
  readonly rule: Rule | null;
  readonly number: (name: string) => number;
};
/** What is known where a fault may strike. */
export type Occasion = { readonly [K in keyof RuleAsked['match']]?: string | number | null | undefined };

export type FaultBook = {
  add(rule: RuleAsked): Rule;
  remove(id: number): boolean;
  clear(): void;
  all(): readonly Rule[];
  /** The first rule of that place that matches and whose dice say so. @param never what cannot happen this time */
  strike(at: Place, occasion: Occasion, o?: { readonly endpoint?: string; readonly never?: FaultName }): Strike | null;
};

/** With the fault's usual numbers, but for those in `own`. */
export function struck(fault: FaultName, own: Readonly<Record<string, number>> = {}, rule: Rule | null = null): Strike {
  const usual: Readonly<Record<string, number>> = FAULTS[fault].with;
  return { fault, rule, number: (name) => own[name] ?? usual[name] ?? 0 };
}

export function createFaultBook(seed: string): FaultBook {
  const rules = new Map<number, Rule>();
  const dice = new Map<number, Random>();
  let nextId = 0;

  function fires(rule: Rule): boolean {
    if (rule.probability < 1 && (dice.get(rule.id)?.next() ?? 1) >= rule.probability) return false;
    rule.strikes++;
    if (rule.times !== undefined && rule.strikes >= rule.times) rules.delete(rule.id);
    return true;
  }

  return {
    add(asked) {
      const rule = { ...asked, id: ++nextId, strikes: 0 };
      rules.set(rule.id, rule);
      dice.set(rule.id, createRandom(`${seed}/fault/${rule.id}`));
      return rule;
    },
    remove: (id) => rules.delete(id),
    clear: () => rules.clear(),
    all: () => [...rules.values()],
    strike(at, occasion, { endpoint, never } = {}) {
      const here = (rule: Rule): boolean =>
        FAULTS[rule.fault].at === at && rule.endpoint === endpoint && rule.fault !== never;
      for (const rule of [...rules.values()])
        if (here(rule) && matches(rule, occasion) && fires(rule)) return struck(rule.fault, rule.with, rule);
      return null;
    },
  };
}

const matches = (rule: Rule, occasion: Occasion): boolean =>
  Object.entries(rule.match).every(([field, want]) => want === undefined || occasion[field as keyof Occasion] === want);
