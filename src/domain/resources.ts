/** Money inside berth: integer millionths of a US dollar. */
export type Micros = number;

/** An amount that is kept, and the most that may be used. */
export type Amount = { readonly request: number; readonly limit: number };

/** What an instance is given. Bytes for memory and disk, cores for CPU. 0: not limited or not known. */
export type Resources = {
  readonly cpu: Amount;
  readonly memory: Amount;
  readonly gpuModel: string;
  readonly gpuCount: number;
  readonly gpuMemory: number;
  readonly disk: number;
};

/** What an acquire may narrow or override. Only the fields that the caller set are there. */
export type Requirements = {
  readonly cpuRequest?: number;
  readonly cpuLimit?: number;
  readonly memoryRequest?: number;
  readonly memoryLimit?: number;
  readonly gpuModels?: readonly string[];
  readonly gpuCount?: number;
  readonly gpuMemory?: number;
  readonly disk?: number;
  readonly regions?: readonly string[];
  readonly maxMicrosPerHour?: Micros;
  readonly interruptible?: boolean;
  readonly minReliability?: number;
};

/** Whether a limit falls short of what was asked for. 0: there is none to fall short of. */
export const limitBelow = (has: number, asked: number | undefined): boolean =>
  has !== 0 && asked !== undefined && has < asked;

/** A card keeps some of its memory for itself: one of 24 GiB tells 24,564 MiB, and is meant by whoever asks for 24 GiB. */
const TELLS_AT_LEAST = 0.98;

export const hasGpuMemory = (tells: number, asked: number): boolean => tells >= asked * TELLS_AT_LEAST;
