import { COMMAND_WORDS, unknownWord } from './command.ts';
import type { Violation } from './errors.ts';
import { modelKey } from './placement.ts';
import { ACCEPTED_REGIONS, codesOf, countriesOf } from './regions.ts';
import type { Requirements, Resources } from './resources.ts';
import type { SessionTerms } from './session.ts';
import type { SessionClass } from './session-class.ts';
import { HOUR, SECOND } from './time.ts';

/** What the caller asked for that the class may bound. */
export type Wishes = {
  readonly requirements: Requirements;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly lifetimeMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly queueTimeoutMs: number | null;
};

const SHORTEST_IDLE_MS = SECOND;
const LONGEST_QUEUE_MS = 24 * HOUR;

/** The session's terms under its class, or everything in the request that the class does not allow. */
export function termsFor(
  c: SessionClass,
  w: Wishes,
): { readonly terms: SessionTerms } | { readonly violations: readonly Violation[] } {
  const violations = [
    ...between('lifetime', w.lifetimeMs, c.lifetime.min, c.lifetime.max),
    ...idleViolations(c, w.idleTimeoutMs),
    ...between('queue_timeout', w.queueTimeoutMs, 0, LONGEST_QUEUE_MS),
    ...envViolations(c, w.env),
    ...commandViolations(c, w.command),
    ...requirementViolations(c, w.requirements),
  ];
  if (violations.length > 0) return { violations };
  return {
    terms: {
      lifetimeMs: w.lifetimeMs ?? c.lifetime.default,
      maxAgeMs: c.maxAgeMs,
      idleTimeoutMs: w.idleTimeoutMs === null ? c.idleTimeoutMs : w.idleTimeoutMs === 0 ? null : w.idleTimeoutMs,
      queueTimeoutMs: w.queueTimeoutMs ?? c.queueTimeoutMs,
      confirmTimeoutMs: c.confirmTimeoutMs,
      warnBeforeMs: c.warnBeforeMs,
      startAttempts: c.startAttempts,
      ...(c.placement === null ? {} : { offerAttempts: c.placement.offerAttempts }),
    },
  };
}

const seconds = (ms: number): string => `${ms / SECOND} s`;

function between(field: string, ms: number | null, min: number, max: number): readonly Violation[] {
  if (ms === null || (ms >= min && ms <= max)) return [];
  return [{ field, description: `${seconds(ms)} is outside ${seconds(min)} to ${seconds(max)}` }];
}

function idleViolations(c: SessionClass, ms: number | null): readonly Violation[] {
  if (ms === null || (ms === 0 && c.idleTimeoutMs === null)) return [];
  if (ms !== 0) return between('idle_timeout', ms, SHORTEST_IDLE_MS, c.maxIdleTimeoutMs);
  const accepted = `${seconds(SHORTEST_IDLE_MS)} to ${seconds(c.maxIdleTimeoutMs)}`;
  return [
    { field: 'idle_timeout', description: `0 (never) is not allowed for class "${c.name}"; accepted: ${accepted}` },
  ];
}

function envViolations(c: SessionClass, env: Readonly<Record<string, string>>): readonly Violation[] {
  const refused = Object.keys(env).filter((name) => !c.allow.env.some((pattern) => matches(pattern, name)));
  if (refused.length === 0) return [];
  const accepted = c.allow.env.length > 0 ? `accepted: ${c.allow.env.join(', ')}` : 'it accepts none';
  return refused.map((name) => ({
    field: `env[${name}]`,
    description: `class "${c.name}" does not let callers set it; ${accepted}`,
  }));
}

/** `*` stands for any run of characters. Linear in both lengths, whatever the pattern. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

function commandViolations(c: SessionClass, command: readonly string[]): readonly Violation[] {
  if (command.length === 0) return [];
  if (!c.allow.command) return [{ field: 'command', description: `class "${c.name}" does not let callers set it` }];
  const ports = c.ports.map((p) => p.name);
  const unknown = unknownWord(command, ports);
  if (unknown === null) return [];
  return [
    {
      field: 'command',
      description: `{{${unknown}}} is not known; accepted: ${[...COMMAND_WORDS, ...ports.map((p) => `port.${p}`)].join(', ')}`,
    },
  ];
}

type Bound = {
  readonly field: string;
  readonly unit: string;
  readonly of: (r: Requirements) => number | undefined;
  readonly max: (m: Resources) => number;
};

const BOUNDS: readonly Bound[] = [
  { field: 'requirements.cpu.request', unit: 'cores', of: (r) => r.cpuRequest, max: (m) => m.cpu.request },
  { field: 'requirements.cpu.limit', unit: 'cores', of: (r) => r.cpuLimit, max: (m) => m.cpu.limit },
  {
    field: 'requirements.memory.request_bytes',
    unit: 'bytes',
    of: (r) => r.memoryRequest,
    max: (m) => m.memory.request,
  },
  { field: 'requirements.memory.limit_bytes', unit: 'bytes', of: (r) => r.memoryLimit, max: (m) => m.memory.limit },
  { field: 'requirements.gpus.count', unit: 'GPUs', of: (r) => r.gpuCount, max: (m) => m.gpuCount },
  { field: 'requirements.gpus.memory_bytes', unit: 'bytes', of: (r) => r.gpuMemory, max: (m) => m.gpuMemory },
  { field: 'requirements.disk_bytes', unit: 'bytes', of: (r) => r.disk, max: (m) => m.disk },
];

/** What of the requirements the class does not allow, or nobody could meet. */
export function requirementViolations(c: SessionClass, r: Requirements): readonly Violation[] {
  const beyond = BOUNDS.flatMap(({ field, unit, of, max }) => {
    const asked = of(r);
    const most = max(c.allow.maxResources);
    if (asked === undefined || asked <= most) return [];
    const accepted = most === 0 ? 'it has none to give' : `accepted: up to ${most} ${unit}`;
    return [{ field, description: `${asked} is more than class "${c.name}" allows; ${accepted}` }];
  });
  return [...beyond, ...modelViolations(c, r), ...regionViolations(c, r)];
}

function modelViolations({ name, placement }: SessionClass, { gpuModels = [] }: Requirements): readonly Violation[] {
  const own = placement?.gpuModels ?? [];
  if (own.length === 0) return [];
  const known = new Set(own.map(modelKey));
  return gpuModels.flatMap((model, n) =>
    known.has(modelKey(model))
      ? []
      : [
          {
            field: `requirements.gpus.models[${n}]`,
            description: `"${model}" is none of class "${name}"; accepted: ${own.join(', ')}`,
          },
        ],
  );
}

function regionViolations({ name, placement }: SessionClass, { regions = [] }: Requirements): readonly Violation[] {
  const own = new Set(codesOf(placement?.regions ?? []));
  return regions.flatMap((region, n) => {
    const field = `requirements.regions[${n}]`;
    const countries = countriesOf(region);
    if (countries === null)
      return [{ field, description: `"${region}" is no region that is known; accepted: ${ACCEPTED_REGIONS}` }];
    if (own.size === 0 || countries.some((code) => own.has(code))) return [];
    const accepted = placement?.regions.join(', ') ?? '';
    return [{ field, description: `"${region}" is outside the regions of class "${name}"; accepted: ${accepted}` }];
  });
}
