import type { Ban } from '../../domain/host-registry.ts';
import type { InstanceId, SessionId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import { type EpochMs, iso } from '../../domain/time.ts';
import type { LogLine } from '../../ports/store.ts';
import type { Transition } from '../hooks.ts';
import type { EventKind, EventView } from '../use-cases.ts';
import type { RentingRecord } from './records.ts';

/** A line of the event log as the store keeps it: short names, nothing that is empty. Never a secret. */
type Line = {
  readonly at: EpochMs;
  readonly kind: EventKind;
  readonly id: string;
  readonly class?: string;
  readonly tenant?: string;
  readonly session?: string | undefined;
  /** Phases, or reserve targets. */
  readonly from: string | number | null;
  readonly to: string | number | null;
  readonly by: string;
  readonly why?: string;
  readonly detail?: string;
};

/** What a provider or a proxy says may be long; the record has all of it. [characters] */
const DETAIL_AT_MOST = 1_000;

/** The session that an instance was made for; null: none, or the instance is not known. */
export type MadeFor = (instance: InstanceId) => SessionId | null;

/** What is written of one change; null: nothing that people would look for. That a session is used, extended or
 *  confirmed is not. */
export function eventLine(change: Transition, by: string, at: EpochMs, madeFor: MadeFor): string | null {
  const { kind, before, after } = change;
  const reason = before?.phase === after.phase ? reasonWithin(change) : reasonOf(change);
  if (reason === null) return null;
  const own =
    change.kind === 'session'
      ? { class: change.after.asked.class, tenant: change.after.tenant }
      : { class: change.after.class, session: sessionOf(change, madeFor) };
  const line: Line = {
    at,
    kind,
    id: after.id,
    ...own,
    from: before?.phase ?? null,
    to: after.phase,
    by,
    ...said(reason),
  };
  return JSON.stringify(line);
}

type Reason = { readonly why: string; readonly detail: string };

/** Of a line: without what is empty. */
const said = ({ why, detail }: Reason): Partial<Reason> => ({
  ...(why === '' ? {} : { why }),
  ...(detail === '' ? {} : { detail: detail.slice(0, DETAIL_AT_MOST) }),
});
const NO_REASON: Reason = { why: '', detail: '' };

function reasonOf({ after }: Transition): Reason {
  return 'why' in after ? { why: after.why, detail: after.detail } : NO_REASON;
}

/** Of a change that leaves the phase as it is. */
function reasonWithin(change: Transition): Reason | null {
  return change.kind === 'session' && change.before !== undefined ? reasonInUse(change.before, change.after) : null;
}

function reasonInUse(before: Session, after: Session): Reason | null {
  if (before.phase !== 'active' || after.phase !== 'active') return null;
  if (before.replacing === undefined && after.replacing !== undefined)
    return { why: 'replacing', detail: after.replacing.detail };
  if (before.replacing !== undefined && after.replacing === undefined)
    return { why: 'replaced', detail: `by ${after.instance.id}` };
  const { warning } = after;
  if (warning === null || before.warning !== null) return null;
  return { why: 'warned', detail: `ends as ${warning.reason} at ${iso(warning.endAt)}` };
}

/** The session that has an instance or a proxy, had it, or that it was made for. */
function sessionOf(change: Exclude<Transition, { readonly kind: 'session' }>, madeFor: MadeFor): SessionId | undefined {
  if (change.kind === 'proxy') return change.after.session ?? madeFor(change.after.instance) ?? undefined;
  return (change.after.phase === 'bound' ? change.after.session : change.after.for) ?? undefined;
}

/** A change of a reserve's target. null: the configuration's. */
export function reserveLine(
  className: string,
  from: number | null,
  to: number | null,
  by: string,
  at: EpochMs,
): string {
  const line: Line = { at, kind: 'reserve', id: className, class: className, from, to, by };
  return JSON.stringify(line);
}

/** A change of the switch of all renting. `from` null: nobody had ever said. */
export function rentingLine(from: boolean | null, { on, by, at, why }: RentingRecord): string {
  const word = (is: boolean): string => (is ? 'on' : 'off');
  const line: Line = {
    at,
    kind: 'renting',
    id: 'all',
    from: from === null ? null : word(from),
    to: word(on),
    by,
    ...said({ why: '', detail: why }),
  };
  return JSON.stringify(line);
}

/** A ban of a machine or host (`ban`), or its end by somebody's hand (`lifted`). */
export function hostLine(o: {
  /** `PROVIDER:MACHINE`, or `PROVIDER:host:HOST`. */
  readonly subject: string;
  readonly ban: Ban | null;
  readonly lifted: Ban | null;
  /** Of the instance that led to it; empty: none. */
  readonly className: string;
  readonly by: string;
  readonly at: EpochMs;
}): string {
  const detail = o.ban === null ? '' : `until ${iso(o.ban.until)}: ${o.ban.evidence}`;
  const line: Line = {
    at: o.at,
    kind: 'host',
    id: o.subject,
    ...(o.className === '' ? {} : { class: o.className }),
    from: o.lifted === null ? null : 'banned',
    to: o.ban === null ? null : 'banned',
    by: o.by,
    ...said({ why: o.ban?.reason ?? o.lifted?.reason ?? '', detail }),
  };
  return JSON.stringify(line);
}

const KINDS: ReadonlySet<unknown> = new Set<EventKind>(['session', 'instance', 'proxy', 'reserve', 'host', 'renting']);

/** null: a line that this broker cannot read. One strange line must not hide the others. */
export function readLine({ id, line }: LogLine): EventView | null {
  let read: Partial<Line> | null;
  try {
    read = JSON.parse(line) as Partial<Line> | null;
  } catch {
    return null;
  }
  if (typeof read?.at !== 'number' || !KINDS.has(read.kind)) return null;
  return viewOf(id, read as Line);
}

const viewOf = (id: string, l: Line): EventView => ({
  id,
  at: l.at,
  kind: l.kind,
  subject: l.id,
  class: l.class ?? (l.kind === 'reserve' ? l.id : ''),
  tenant: l.tenant ?? '',
  actor: l.by,
  before: textOf(l.from),
  after: textOf(l.to),
  reason: l.why ?? '',
  detail: l.detail ?? '',
  session: l.session ?? null,
});

const textOf = (value: string | number | null): string | null => (value === null ? null : String(value));
