import { urlOf } from '../../domain/endpoint.ts';
import type { Instance } from '../../domain/instance.ts';
import type { InstanceFacts, Session } from '../../domain/session.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { SessionView } from '../../engine/use-cases.ts';

// What the page is told of each record. Times are [ms since 1970], money is millionths of a dollar. What grows with
// time (age, cost) is computed by the page, so that a row changes only when its record does.

/** `atMs`: when `micros` was right; it grows by `microsPerHour` from there. */
type Cost = { readonly micros: number; readonly microsPerHour: number; readonly atMs: EpochMs };

export type SessionRow = {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly owner: string;
  readonly class: string;
  readonly phase: Session['phase'];
  readonly createdAt: EpochMs;
  readonly since: EpochMs;
  readonly cost: Cost;
  readonly activeAt?: EpochMs;
  readonly lastUsedAt?: EpochMs;
  /** From 1. */
  readonly position?: number;
  readonly waitingFor?: string;
  /** How far its instance's start is, in words for people. */
  readonly progress?: string;
  readonly expectedAt?: EpochMs;
  /** When and why it ends if nothing happens. */
  readonly end?: { readonly at: EpochMs; readonly why: string; readonly warned: boolean };
  readonly ended?: { readonly why: string; readonly detail: string };
  readonly ports?: readonly { readonly name: string; readonly protocol: string; readonly url: string }[];
  /** Whether the endpoint asks for the session's token, which is its tenant's alone. */
  readonly guarded?: boolean;
  readonly instance?: string;
  readonly provider?: string;
  readonly machine?: string;
  readonly fromReserve?: boolean;
  readonly replacements?: number;
};

export function sessionRow(view: SessionView, now: EpochMs): SessionRow {
  const { session: s } = view;
  const microsPerHour = rateOf(s);
  return {
    id: s.id,
    name: s.asked.name,
    tenant: s.tenant,
    owner: s.asked.owner,
    class: s.asked.class,
    phase: s.phase,
    createdAt: s.createdAt,
    since: s.since,
    cost: { micros: view.costMicros, microsPerHour, atMs: microsPerHour === 0 ? 0 : now },
    ...(view.progress === '' ? {} : { progress: view.progress }),
    ...phasePart(view),
  };
}

/** What it costs now [micro-dollars per hour]. */
function rateOf(s: Session): number {
  if (s.phase === 'queued' || s.phase === 'released') return 0;
  const use = s.phase === 'active' ? s : s.phase === 'releasing' ? s.use : null;
  return use?.paidFrom === null || s.instance === null ? 0 : paidPerHour(s.instance);
}

/** With a price for storage, only that is paid until it runs. */
const paidPerHour = (i: InstanceFacts): number =>
  i.storageMicrosPerHour === undefined || i.runningAt !== undefined ? i.microsPerHour : i.storageMicrosPerHour;

function phasePart({ session: s, queuePosition, expectedActiveAt, plannedEnd }: SessionView): Partial<SessionRow> {
  const expected = expectedActiveAt === null ? {} : { expectedAt: expectedActiveAt };
  switch (s.phase) {
    case 'queued':
      return { position: queuePosition, waitingFor: s.waitingFor, ...expected };
    case 'starting':
      return { ...instancePart(s.instance), ...expected };
    case 'activating':
      return { ...instancePart(s.instance), fromReserve: s.fromReserve };
    case 'active':
      return {
        ...instancePart(s.instance),
        activeAt: s.activeAt,
        lastUsedAt: s.lastUsedAt,
        fromReserve: s.fromReserve,
        ports: s.endpoint.ports.map((p) => ({ name: p.name, protocol: p.protocol, url: urlOf(p) })),
        guarded: s.endpoint.tokenRequired ?? false,
        ...(plannedEnd === null
          ? {}
          : { end: { at: plannedEnd.endAt, why: plannedEnd.reason, warned: s.warning !== null } }),
        ...(s.replacing === undefined
          ? {}
          : { waitingFor: `another instance: ${s.replacing.detail} ${s.replacing.waitingFor}`.trim() }),
        ...(s.replacements === undefined ? {} : { replacements: s.replacements }),
      };
    case 'releasing':
    case 'released':
      return { ...instancePart(s.instance), ended: { why: s.why, detail: s.detail } };
    default:
      return s satisfies never;
  }
}

const instancePart = (i: InstanceFacts | null): Partial<SessionRow> =>
  i === null ? {} : { instance: i.id, provider: i.provider, machine: i.machine };

export type InstanceRow = {
  readonly id: string;
  readonly phase: Instance['phase'];
  readonly class: string;
  readonly provider: string;
  /** The provider's own name for it; empty while there is none. */
  readonly ref: string;
  readonly machine: string;
  readonly host: string;
  readonly region: string;
  readonly createdAt: EpochMs;
  readonly since: EpochMs;
  readonly microsPerHour: number;
  /** Since when it is paid; null: it is not. */
  readonly paidFrom: EpochMs | null;
  /** The part of the price that is paid from then on; the rest only while it runs. Absent: all of it is. */
  readonly storageMicrosPerHour?: number;
  /** Since when it runs. Absent: not yet. */
  readonly runningFrom?: EpochMs;
  readonly resources: {
    readonly cpu: number;
    readonly memory: number;
    readonly gpus: number;
    readonly gpuModel: string;
  };
  /** The session that has it, or that it is made for; null: the reserve's. */
  readonly session: string | null;
  /** What its provider says of its start. */
  readonly progress?: string;
  readonly why?: string;
  readonly cause?: string;
  readonly detail?: string;
};

export function instanceRow(i: Instance): InstanceRow {
  const ref = 'ref' in i ? i.ref : null;
  return {
    id: i.id,
    phase: i.phase,
    class: i.class,
    provider: i.provider,
    ref: ref?.id ?? '',
    machine: ref?.machine ?? '',
    host: ref?.host ?? '',
    region: ref?.region ?? '',
    createdAt: i.createdAt,
    since: i.since,
    microsPerHour: i.microsPerHour,
    paidFrom: 'rentedAt' in i ? i.rentedAt : null,
    ...(i.storageMicrosPerHour === undefined ? {} : { storageMicrosPerHour: i.storageMicrosPerHour }),
    ...('runningAt' in i ? { runningFrom: i.runningAt } : {}),
    resources: {
      cpu: i.granted.cpu.limit,
      memory: i.granted.memory.limit,
      gpus: i.granted.gpuCount,
      gpuModel: i.granted.gpuModel,
    },
    session: i.phase === 'bound' ? i.session : i.for,
    ...('progress' in i ? { progress: i.progress } : {}),
    ...(i.phase === 'destroying' ? { why: i.why, detail: i.detail } : {}),
    ...('cause' in i ? { cause: i.cause } : {}),
  };
}
