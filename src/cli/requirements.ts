import type { Amount, Requirements } from '../../clients/typescript/src/types.ts';

/** What a session needs, as commander gives it, already parsed. */
export type RequirementFlags = {
  readonly cpu?: Amount;
  readonly memory?: Amount;
  readonly gpu?: { readonly models: readonly string[]; readonly count?: number };
  readonly gpuMemory?: number;
  readonly disk?: number;
  readonly region?: readonly string[];
  readonly maxPrice?: number;
  readonly interruptible?: boolean;
  readonly minReliability?: number;
};

export function requirementsOf(f: RequirementFlags): Requirements {
  const gpus = { ...f.gpu, ...(f.gpuMemory === undefined ? {} : { memoryBytes: f.gpuMemory }) };
  return {
    ...(f.cpu === undefined ? {} : { cpu: f.cpu }),
    ...(f.memory === undefined ? {} : { memory: f.memory }),
    ...(Object.keys(gpus).length === 0 ? {} : { gpus }),
    ...(f.disk === undefined ? {} : { diskBytes: f.disk }),
    ...(f.region === undefined ? {} : { regions: f.region }),
    ...(f.maxPrice === undefined ? {} : { maxPricePerHour: f.maxPrice }),
    ...(f.interruptible === undefined ? {} : { interruptible: f.interruptible }),
    ...(f.minReliability === undefined ? {} : { minReliability: f.minReliability }),
  };
}
