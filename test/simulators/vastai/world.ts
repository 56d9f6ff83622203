import { z } from 'zod';
import { type AskBook, createAskBook } from './asks.ts';
import { createSimClock, type SimClock } from './clock.ts';
import { createFaultBook, type FaultBook } from './faults.ts';
import { DEFAULT_IMAGES, type Image, ImageSchema } from './images.ts';
import type { Instance, Template } from './instance.ts';
import { createMarket } from './market.ts';
import { createPortPool, type PortPool } from './ports.ts';
import { createRandom, type Random } from './random.ts';
import { createRateLimiter, type LimitSettings, type RateLimiter } from './rates.ts';

/** What sources disagree about, or what differs between accounts. */
export const SwitchesSchema = z.strictObject({
  /** How a wrong key is answered. */
  bad_key_status: z.union([z.literal(401), z.literal(403), z.literal(404)]).default(401),
  /** `200`: the old list of instances still works. */
  old_list: z.union([z.literal(410), z.literal(200)]).default(410),
  /** How an ask that is gone is answered. `natural`: 410 when it was there once, else 404. */
  gone_ask: z.enum(['natural', '400', '404', '410']).default('natural'),
  /** How a destroyed instance reads. */
  gone_instance: z.enum(['null', '404']).default('null'),
  /** A search with one result gives an object in place of a list. */
  single_offer_as_object: z.boolean().default(false),
  /** The error of what does not exist. */
  unknown_instance: z.enum(['no_such_instance', 'not_found']).default('no_such_instance'),
});
export type Switches = z.output<typeof SwitchesSchema>;

export const LimitsSchema = z.strictObject({
  factor: z.number().min(0).default(1),
  searches_per_day: z.number().int().min(0).default(1000),
  body: z.enum(['mixed', 'text', 'threshold', 'detail', 'json']).default('mixed'),
  retry_after: z.enum(['mixed', 'always', 'never']).default('mixed'),
});

export const OptionsSchema = z.strictObject({
  /** 0: any. */
  port: z.number().int().min(0).max(65_535).default(0),
  /** Of one account. */
  keys: z.array(z.string().min(1)).min(1).default(['sim-key']),
  seed: z.string().default('1'),
  machines: z.number().int().min(1).max(5000).default(160),
  /** Share of bad machines: 1 as on the real market, 0 none. */
  badness: z.number().min(0).default(1),
  /** Of every time between create and running: 0 is at once. */
  boot_factor: z.number().min(0).default(1),
  limits: LimitsSchema.prefault({}),
  switches: SwitchesSchema.prefault({}),
  /** $ of prepaid money. */
  credit: z.number().default(100),
  images: z
    .array(ImageSchema)
    .min(1)
    .prefault([...DEFAULT_IMAGES]),
  ports: z.strictObject({ from: z.number().int(), to: z.number().int() }).default({ from: 20_000, to: 29_999 }),
  /** Epoch ms; null: now. */
  start_ms: z.number().nullable().default(null),
  /** Time stands still until it is moved. */
  frozen: z.boolean().default(false),
});
export type SimOptions = z.input<typeof OptionsSchema>;
export type Settings = z.output<typeof OptionsSchema>;

/** Calls of one endpoint. */
export type EndpointStats = {
  calls: number;
  limited: number;
  byStatus: Record<string, number>;
  /** Shortest time between two calls [ms]. */
  shortestGapMs: number | null;
  lastMs: number;
};

/** All that the simulator knows. */
export type World = {
  readonly settings: Settings;
  readonly mark: string;
  readonly clock: SimClock;
  readonly asks: AskBook;
  /** Also those that are gone. */
  readonly instances: Map<number, Instance>;
  readonly templates: Map<number, Template>;
  readonly faults: FaultBook;
  readonly limits: LimitSettings;
  readonly rates: RateLimiter;
  readonly switches: Switches;
  readonly ports: PortPool;
  readonly images: readonly Image[];
  readonly starts: Random;
  readonly account: { readonly id: number; readonly email: string; granted: number; legacyKeyUses: number };
  readonly stats: Map<string, EndpointStats>;
  /** Filters that named no column, which the server passes over. */
  readonly ignoredFilters: Set<string>;
  /** Texts that can be fetched once they are there, by path. */
  readonly results: Map<string, { readonly fromMs: number; readonly body: string }>;
  bootFactor: number;
  /** Machines that have pulled an image already. */
  readonly pulled: Set<string>;
  creditTimer: (() => void) | null;
  nextId: number;
};

export function createWorld(o: SimOptions, mark: string): World {
  const settings = OptionsSchema.parse(o);
  const clock = createSimClock({ startMs: settings.start_ms, frozen: settings.frozen });
  const { seed } = settings;
  const limits = { ...settings.limits };
  return {
    settings,
    mark,
    clock,
    asks: createAskBook(
      createMarket({ seed, machines: settings.machines, badness: settings.badness, nowMs: clock.now() }),
    ),
    instances: new Map(),
    templates: new Map(),
    faults: createFaultBook(seed),
    limits,
    rates: createRateLimiter(limits, seed),
    switches: { ...settings.switches },
    ports: createPortPool(settings.ports),
    images: settings.images,
    starts: createRandom(`${seed}/starts`),
    account: { id: 90_210, email: 'renter@example.com', granted: settings.credit, legacyKeyUses: 0 },
    stats: new Map(),
    ignoredFilters: new Set(),
    results: new Map(),
    bootFactor: settings.boot_factor,
    pulled: new Set(),
    creditTimer: null,
    nextId: 31_000_000,
  };
}

export const living = (w: World): readonly Instance[] => [...w.instances.values()].filter((i) => i.goneMs === null);
