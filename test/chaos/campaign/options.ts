/** What one campaign is. The seed repeats the market, the faults' dice and what clients do; how they meet in time does
 *  not repeat. */
export type CampaignOptions = {
  /** With all that has no flag of its own as in every run of the chaos tests. */
  readonly short: boolean;
  readonly sessions: number;
  readonly seed: string;
  /** How often the broker is killed, and started again on the same store. */
  readonly kills: number;
  readonly store: 'sqlite' | 'redis';
  /** Of all of the provider's times: its limits, how often it is called, how long its machines take to start. */
  readonly factor: number;
  /** That ask at a time. */
  readonly clients: number;
  readonly maxInstances: number;
  readonly maxDollarsPerHour: number;
  /** How long a client waits for its session in vain [s]. */
  readonly queueTimeoutS: number;
  /** From the last session that was asked for until all is over [ms]. */
  readonly settleMs: number;
  /** Where the brokers' log is written; it stays. null: in a folder that goes with the campaign. */
  readonly logFile: string | null;
};

export const LONG: CampaignOptions = {
  short: false,
  sessions: 500,
  seed: '1',
  kills: 12,
  store: 'sqlite',
  factor: 0.02,
  clients: 30,
  maxInstances: 24,
  maxDollarsPerHour: 8,
  queueTimeoutS: 40,
  settleMs: 150_000,
  logFile: null,
};

/** For every run of the chaos tests. */
export const SHORT: CampaignOptions = {
  ...LONG,
  short: true,
  sessions: 32,
  kills: 2,
  clients: 12,
  maxInstances: 8,
  maxDollarsPerHour: 2,
  queueTimeoutS: 12,
  settleMs: 60_000,
};

/** The command that does the same again. */
export const commandOf = (o: CampaignOptions): string =>
  `npm run campaign --${o.short ? ' --short' : ''} --sessions ${o.sessions} --seed ${o.seed} --kills ${o.kills} --store ${o.store} --factor ${o.factor}`;

/** What a class of the real market would have, times the factor: a boot timeout of 10 minutes is 12 s. */
export const classFile = (o: CampaignOptions): string => `
defaults:
  provider: vastai
  proxy: direct
  image: example/inline:1
  ports: [{ name: http, number: 8000 }]
  placement:
    min_reliability: 0.8
    min_download: 50
    verified: false
    max_price: 0.8
    image_size: 2GB
    offer_attempts: 5
  readiness:
    http: { path: /healthz, expect: 200 }
    interval: 50ms
    ready_interval: 1s
  boot_timeout: ${Math.round(600 * o.factor)}s
  queue_timeout: ${o.queueTimeoutS}s
  lifetime: { default: 6s, min: 1s }
  confirm_timeout: 5s
  start_attempts: 5
classes:
  gpu: {}
  warm:
    reserve: { target: 2, max_at_once: 2, retry: 1s, max_retry: 5s }
  kept:
    proxy: nginx-local
    on_loss: { replace: { attempts: 3, within: 30s } }
  broken:
    image: example/no-such-image:1
`;
