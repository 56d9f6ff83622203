import { DAY, HOUR } from '../../../src/domain/time.ts';

/** How a bad machine fails whoever rents it. `never` pulls for ever, `silent` runs and never answers: both are given up
 *  at the boot deadline. `pull` and `runtime` say so at once. */
export type Failing = 'never' | 'silent' | 'pull' | 'runtime';

/** A market, and what is asked of it. */
export type Setting = {
  readonly name: string;
  /** What it assumes beyond what holds for all, for readers of the table. */
  readonly assumes: string;
  /** Machines in the whole market; about one in eight does for the class. */
  readonly machines: number;
  /** Of those that do, each with this probability. */
  readonly badMachines: number;
  /** Hosts whose machines are all bad, each with this probability. */
  readonly badHosts: number;
  readonly failings: readonly { readonly kind: Failing; readonly weight: number }[];
  /** How often a bad machine fails: between these, drawn once for each. */
  readonly fails: readonly [from: number, to: number];
  /** Starts on any machine that fail by chance. */
  readonly hiccups: number;
  /** What pulls truly get, whatever the machine claims [Mbit/s]; null: what it claims, over its drag. */
  readonly truly: { readonly from: number; readonly to: number; readonly slowestPays: number } | null;
  /** Whether starts vary for reasons of their own. */
  readonly noise: boolean;
  /** Every instance made between these runs and never answers [ms from the beginning]. null: none. */
  readonly broken: readonly [from: number, to: number] | null;
  /** For how long sessions are asked for; those that wait then are still served. */
  readonly days: number;
  readonly perHour: number;
  /** Every day [ms from its beginning]. null: none. */
  readonly peak: { readonly from: number; readonly to: number; readonly perHour: number } | null;
  /** For how long others leave a good machine alone, and for how long they keep it, on average [hours]. */
  readonly others: { readonly free: number; readonly busy: number };
};

const NEVER = [{ kind: 'never', weight: 1 }] as const;

const HEALTHY: Setting = {
  name: 'healthy',
  assumes: 'No bad machines',
  machines: 800,
  badMachines: 0,
  badHosts: 0,
  failings: NEVER,
  fails: [1, 1],
  hiccups: 0.01,
  truly: null,
  noise: true,
  broken: null,
  // Two terms of a ban.
  days: 14,
  perHour: 6,
  peak: null,
  others: { free: 6, busy: 6 },
};

export const SETTINGS: readonly Setting[] = [
  HEALTHY,
  {
    ...HEALTHY,
    name: '5 % bad',
    assumes: '5 % of the machines never boot',
    badMachines: 0.05,
  },
  {
    ...HEALTHY,
    name: '20 % bad, bad hosts',
    assumes:
      '10 % of the machines are bad, and all machines of 12 % of the hosts: they fail 60 to 100 % of their starts (never boot 14, pull fails 7, container does not start 7, runs and never answers 8, in proportion)',
    badMachines: 0.1,
    badHosts: 0.12,
    failings: [
      { kind: 'never', weight: 14 },
      { kind: 'pull', weight: 7 },
      { kind: 'runtime', weight: 7 },
      { kind: 'silent', weight: 8 },
    ],
    fails: [0.6, 1],
  },
  {
    ...HEALTHY,
    name: 'slow where cheap',
    assumes:
      'No machine is as fast as it claims: pulls get 50 to 2,000 Mbit/s (log-uniform), whatever is claimed; the slowest cost 30 % less than the fastest. Bad are those that usually pass the boot deadline',
    truly: { from: 50, to: 2_000, slowestPays: 0.7 },
  },
  {
    ...HEALTHY,
    name: 'broken image for 1 h',
    assumes:
      'Every instance made within the hour after 7 d runs and never answers; 12 sessions an hour, twice the market',
    machines: 1_600,
    broken: [7 * DAY, 7 * DAY + HOUR],
    perHour: 12,
  },
  {
    ...HEALTHY,
    name: 'peak, few offers',
    assumes: '5 % of the machines never boot; half the market, 3 sessions an hour, but 12 an hour for 2 h of each day',
    machines: 400,
    badMachines: 0.05,
    perHour: 3,
    peak: { from: 12 * HOUR, to: 14 * HOUR, perHour: 12 },
  },
];
