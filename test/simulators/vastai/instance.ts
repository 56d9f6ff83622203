import type { FaultName } from './faults.ts';
import type { Machine } from './market.ts';
import type { Program } from './program.ts';

export type Template = {
  readonly id: number;
  hash_id: string;
  readonly creator_id: number;
  readonly created_at: number;
  readonly fields: Readonly<Record<string, unknown>>;
};

export type PortKey = { readonly inner: number; readonly protocol: 'tcp' | 'udp' };

/** What a create call asked for, with its template's part in it. */
export type RentOrder = {
  readonly image: string;
  /** As it came: the ports are among its keys. */
  readonly extraEnv: readonly (readonly [string, string])[];
  readonly env: ReadonlyMap<string, string>;
  readonly ports: readonly PortKey[];
  readonly diskGb: number;
  readonly label: string | null;
  readonly onstart: string | null;
  readonly args: readonly string[];
  readonly runtype: string;
  readonly login: string | null;
  readonly template: Template | null;
  /** $/h for all GPUs; null: on demand. */
  readonly bid: number | null;
  readonly cancelUnavailable: boolean;
  readonly target: 'running' | 'stopped';
};

export type Actual = 'loading' | 'created' | 'running' | 'exited' | 'rebooting' | 'unknown' | 'offline' | null;

/** One rented thing. */
export type Instance = {
  readonly id: number;
  readonly askId: number;
  readonly machine: Machine;
  readonly gpus: number;
  readonly createdMs: number;
  readonly order: RentOrder;
  /** $/h while it runs. */
  readonly gpuPerHour: number;
  /** $/h from its creation until it is destroyed. */
  readonly storagePerHour: number;
  /** Secret. */
  readonly apiKey: string;
  /** Lists and reads do not show it before. */
  readonly visibleFromMs: number;
  image: string;
  label: string | null;
  actual: Actual;
  intended: 'running' | 'stopped';
  cur: 'running' | 'stopped' | 'unloaded';
  next: 'running' | 'stopped';
  msg: string | null;
  /** While the image is pulled. */
  pull: { readonly fromMs: number; readonly toMs: number; readonly gb: number } | null;
  /** Port in the container to local port; empty until it has run. */
  ports: ReadonlyMap<number, number>;
  portsShown: boolean;
  program: Program | null;
  /** What the last program wrote: a container that has ended still has its log. */
  lastLog: string;
  holdsGpus: boolean;
  /** It is to start as soon as GPUs are free. */
  waiting: boolean;
  ranFromMs: number | null;
  /** What its last start was struck by. */
  fault: FaultName | null;
  gpuMs: number;
  gpuSinceMs: number | null;
  goneMs: number | null;
  /** The client destroyed it, in distinction to a provider that lost it. */
  destroyed: boolean;
  readonly timers: Set<() => void>;
  /** Takes back the end of the rental, which comes with that of its offer. */
  expiry: (() => void) | null;
};

/** $ from its creation on: GPUs while it runs, the disk always. */
export function costOf(i: Instance, nowMs: number): number {
  const end = i.goneMs ?? nowMs;
  const gpuMs = i.gpuMs + (i.gpuSinceMs === null ? 0 : end - i.gpuSinceMs);
  return (gpuMs * i.gpuPerHour + (end - i.createdMs) * i.storagePerHour) / 3_600_000;
}

/** $/h at this moment. */
export const rateOf = (i: Instance): number =>
  i.goneMs !== null ? 0 : i.storagePerHour + (i.gpuSinceMs === null ? 0 : i.gpuPerHour);
