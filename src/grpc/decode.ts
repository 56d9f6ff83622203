import { invalid } from '../domain/errors.ts';
import type { Requirements } from '../domain/resources.ts';
import type { SessionRef } from '../engine/use-cases.ts';
import type { Requirements__Output as WireRequirements } from './generated/berth/v1/Requirements.ts';
import type { Duration__Output as WireDuration } from './generated/google/protobuf/Duration.ts';
import type { Timestamp__Output as WireTimestamp } from './generated/google/protobuf/Timestamp.ts';
import * as rules from './rules.ts';
import { at, checkCount, checkNumber, checkText, isReservedKey, refuse, shown, type Violations } from './validate.ts';

/** @throws BrokerError `invalid` that names every violation, if there is one */
export function done(bad: Violations): void {
  if (bad.length > 0) throw invalid(bad);
}

/** Whole milliseconds, rounded up: a caller who asks for a nanosecond does not mean zero. null: unset. */
export function durationMs(
  bad: Violations,
  field: string,
  d: WireDuration | null,
  rule: rules.DurationRule,
): number | null {
  if (d === null) return null;
  const ms = d.seconds * 1_000 + Math.ceil(d.nanos / 1e6);
  const mixed = d.nanos <= -1e9 || d.nanos >= 1e9 || (d.seconds > 0 && d.nanos < 0) || (d.seconds < 0 && d.nanos > 0);
  if (mixed) refuse(bad, field, `has ${d.nanos} nanos with ${d.seconds} seconds`, 'nanos of the same sign below 10^9');
  else if (d.seconds < 0 || d.nanos < 0 || ms < (rule.minMs ?? 0) || !(ms <= rule.maxMs))
    refuse(bad, field, `is ${secondsText(d.seconds, d.nanos)} s`, rule.accepts);
  return ms;
}

const secondsText = (seconds: number, nanos: number): string => String(seconds + nanos / 1e9);

/** The years 1 to 9999, protobuf's bounds [s]. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** Milliseconds since 1970, rounded down. 0 when it is refused. */
export function timestampMs(bad: Violations, field: string, t: WireTimestamp | null): number {
  if (t === null) refuse(bad, field, 'is not set', 'a time');
  else if (!(t.seconds >= FIRST_SECOND && t.seconds <= LAST_SECOND))
    refuse(bad, field, `has ${t.seconds} seconds`, 'a time in the years 1 to 9999');
  else if (t.nanos < 0 || t.nanos >= 1e9) refuse(bad, field, `has ${t.nanos} nanos`, '0 to 999,999,999 nanos');
  else return t.seconds * 1_000 + Math.floor(t.nanos / 1e6);
  return 0;
}

type WireRef = {
  readonly session?: 'id' | 'name' | 'requestId';
  readonly id?: string;
  readonly name?: string;
  readonly requestId?: string;
};

export function sessionRef(bad: Violations, wire: WireRef): SessionRef {
  const { id = '', name = '', requestId = '' } = wire;
  switch (wire.session) {
    case 'id':
      checkText(bad, 'id', id, rules.ID);
      return { by: 'id', id };
    case 'name':
      checkText(bad, 'name', name, rules.SESSION_NAME);
      return { by: 'name', name };
    case 'requestId':
      checkText(bad, 'request_id', requestId, rules.REQUEST_ID);
      return { by: 'request', requestId };
    case undefined:
      refuse(bad, 'session', 'is not set', 'one of id, name, request_id');
      return { by: 'id', id: '' };
    default:
      return wire.session satisfies never;
  }
}

/** What the enum value stands for; what the broker does not know is refused, also a number without a name. */
export function enumValue<Name extends string, Value>(
  bad: Violations,
  field: string,
  name: Name,
  values: Readonly<Record<Name, Value | null>>,
): Value | null {
  const value = values[name] ?? null;
  if (value === null) {
    const accepted = Object.keys(values).filter((key) => values[key as Name] !== null);
    refuse(bad, field, `is ${name}`, accepted.join(', '));
  }
  return value;
}

/** Labels, of a session or to filter by. */
export function checkLabels(bad: Violations, labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  if (!checkCount(bad, 'labels', entries.length, rules.MAX_LABELS, 'entries')) return;
  for (const [key, value] of entries) {
    const field = at('labels', key);
    if (isReservedKey(key)) refuse(bad, field, 'is a reserved key', 'any other key');
    checkText(bad, field, key, rules.LABEL_KEY);
    checkText(bad, field, value, rules.LABEL_VALUE);
  }
}

/** Values are never repeated: they may be secrets. */
export function checkEnv(bad: Violations, env: Readonly<Record<string, string>>): void {
  const entries = Object.entries(env);
  if (!checkCount(bad, 'env', entries.length, rules.MAX_ENV, 'entries')) return;
  let total = 0;
  for (const [name, value] of entries) {
    const field = at('env', name);
    if (isReservedKey(name)) refuse(bad, field, 'is a reserved name', 'any other name');
    checkText(bad, field, name, rules.ENV_NAME);
    const bytes = Buffer.byteLength(value);
    total += bytes;
    if (bytes > rules.MAX_ENV_VALUE_BYTES) refuse(bad, field, `has ${bytes} bytes`, 'at most 32 KiB');
    checkText(bad, field, value, rules.ENV_VALUE);
  }
  if (total > rules.MAX_ENV_BYTES) refuse(bad, 'env', `has ${total} bytes of values`, 'at most 256 KiB together');
}

export function checkCommand(bad: Violations, command: readonly string[]): void {
  if (!checkCount(bad, 'command', command.length, rules.MAX_ARGUMENTS, 'arguments')) return;
  for (const [i, argument] of command.entries()) checkText(bad, `command[${i}]`, argument, rules.ARGUMENT);
}

/** Only what the caller set is in the answer. */
export function requirements(bad: Violations, wire: WireRequirements | null): Requirements {
  if (wire === null) return {};
  const { cpu, memory, gpus } = wire;
  const field = (name: string): string => `requirements.${name}`;
  checkOrder(bad, field('cpu.limit'), cpu?.request, cpu?.limit);
  checkOrder(bad, field('memory.limit_bytes'), memory?.requestBytes, memory?.limitBytes);
  return onlySet({
    cpuRequest: numberOf(bad, field('cpu.request'), cpu?.request, rules.CPU),
    cpuLimit: numberOf(bad, field('cpu.limit'), cpu?.limit, rules.CPU),
    memoryRequest: numberOf(bad, field('memory.request_bytes'), memory?.requestBytes, rules.MEMORY),
    memoryLimit: numberOf(bad, field('memory.limit_bytes'), memory?.limitBytes, rules.MEMORY),
    gpuModels: texts(bad, field('gpus.models'), gpus?.models, rules.GPU_MODEL),
    gpuCount: numberOf(bad, field('gpus.count'), gpus?.count, rules.GPU_COUNT),
    gpuMemory: numberOf(bad, field('gpus.memory_bytes'), gpus?.memoryBytes, rules.GPU_MEMORY),
    disk: numberOf(bad, field('disk_bytes'), wire.diskBytes, rules.DISK),
    regions: texts(bad, field('regions'), wire.regions, rules.REGION),
    maxMicrosPerHour: micros(numberOf(bad, field('max_price_per_hour'), wire.maxPricePerHour, rules.PRICE)),
    interruptible: wire.interruptible,
    minReliability: numberOf(bad, field('min_reliability'), wire.minReliability, rules.RELIABILITY),
  });
}

type OnlySet<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

const onlySet = <T extends object>(of: T): OnlySet<T> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as OnlySet<T>;

function numberOf(
  bad: Violations,
  field: string,
  value: number | undefined,
  rule: Parameters<typeof checkNumber>[3],
): number | undefined {
  if (value !== undefined) checkNumber(bad, field, value, rule);
  return value;
}

/** Rounded, so that 0.1 dollars are 100,000 micro-dollars. */
const micros = (dollars: number | undefined): number | undefined =>
  dollars === undefined ? undefined : Math.round(dollars * 1e6);

/** An empty list is the same as none: on the wire they look alike. */
function texts(
  bad: Violations,
  field: string,
  values: readonly string[] | undefined,
  rule: Parameters<typeof checkText>[3],
): readonly string[] | undefined {
  if (values === undefined || values.length === 0) return undefined;
  if (checkCount(bad, field, values.length, rules.MAX_LIST, 'entries'))
    for (const [i, value] of values.entries()) checkText(bad, `${field}[${i}]`, value, rule);
  return values;
}

function checkOrder(bad: Violations, field: string, request: number | undefined, limit: number | undefined): void {
  if (request !== undefined && limit !== undefined && limit < request)
    refuse(bad, field, `is ${shown(limit)}, below the request`, `${shown(request)} (the request) or more`);
}
