import type { Instance } from './instance.ts';
import { modelKey } from './placement.ts';
import { codesOf } from './regions.ts';
import { type Amount, hasGpuMemory, limitBelow, type Requirements, type Resources } from './resources.ts';

type Member = Pick<Instance, 'granted' | 'microsPerHour' | 'reliability' | 'interruptible'> & {
  readonly region: string;
};

/** Why a reserve member does not do for what was asked; first match wins. More than asked always does. */
const MISMATCH = [
  {
    name: 'cpu',
    when: (m: Member, r: Requirements) =>
      below(m.granted.cpu.request, r.cpuRequest) || limitBelow(m.granted.cpu.limit, r.cpuLimit),
  },
  {
    name: 'memory',
    when: (m: Member, r: Requirements) =>
      below(m.granted.memory.request, r.memoryRequest) || limitBelow(m.granted.memory.limit, r.memoryLimit),
  },
  { name: 'gpu-count', when: (m: Member, r: Requirements) => below(m.granted.gpuCount, r.gpuCount) },
  { name: 'gpu-memory', when: (m: Member, r: Requirements) => !hasGpuMemory(m.granted.gpuMemory, r.gpuMemory ?? 0) },
  {
    name: 'gpu-model',
    when: (m: Member, r: Requirements) => r.gpuModels !== undefined && !hasModel(m.granted.gpuModel, r.gpuModels),
  },
  { name: 'disk', when: (m: Member, r: Requirements) => below(m.granted.disk, r.disk) },
  { name: 'region', when: (m: Member, r: Requirements) => r.regions !== undefined && !isIn(m.region, r.regions) },
  {
    name: 'price',
    when: (m: Member, r: Requirements) => r.maxMicrosPerHour !== undefined && m.microsPerHour > r.maxMicrosPerHour,
  },
  // Where no market tells of machines, there is none to compare.
  {
    name: 'reliability',
    when: (m: Member, r: Requirements) => m.reliability !== undefined && m.reliability < (r.minReliability ?? 0),
  },
  {
    name: 'interruptible',
    when: (m: Member, r: Requirements) => m.interruptible === true && r.interruptible === false,
  },
] as const;

const below = (has: number, asked: number | undefined): boolean => asked !== undefined && has < asked;
const hasModel = (model: string, asked: readonly string[]): boolean => asked.map(modelKey).includes(modelKey(model));

/** Any region, where one of those asked for is the world. */
function isIn(region: string, asked: readonly string[]): boolean {
  const codes = codesOf(asked);
  return codes.length === 0 || codes.includes(region.toUpperCase());
}

/** The name of the first rule that the member breaks; null: it does. */
export const mismatch = (m: Member, r: Requirements): (typeof MISMATCH)[number]['name'] | null =>
  MISMATCH.find((rule) => rule.when(m, r))?.name ?? null;

/** What an instance made for these requirements is given: the class's resources, as far as not overridden. */
export function grant(of: Resources, r: Requirements): Resources {
  return {
    cpu: amount(of.cpu, r.cpuRequest, r.cpuLimit),
    memory: amount(of.memory, r.memoryRequest, r.memoryLimit),
    gpuModel: r.gpuModels?.[0] ?? of.gpuModel,
    gpuCount: r.gpuCount ?? of.gpuCount,
    gpuMemory: r.gpuMemory ?? of.gpuMemory,
    disk: r.disk ?? of.disk,
  };
}

/** A limit of 0 stays one: more to be kept sets no limit where the class has none. */
function amount(of: Amount, request: number | undefined, asked: number | undefined): Amount {
  const limit = asked ?? (of.limit === 0 ? 0 : Math.max(of.limit, request ?? 0));
  return { request: request ?? (limit === 0 ? of.request : Math.min(of.request, limit)), limit };
}

export const sameResources = (a: Resources, b: Resources): boolean =>
  a.cpu.request === b.cpu.request &&
  a.cpu.limit === b.cpu.limit &&
  a.memory.request === b.memory.request &&
  a.memory.limit === b.memory.limit &&
  a.gpuModel === b.gpuModel &&
  a.gpuCount === b.gpuCount &&
  a.gpuMemory === b.gpuMemory &&
  a.disk === b.disk;
