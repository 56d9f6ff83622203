import type { Offer } from './offer.ts';
import { modelKey, wantedOf } from './placement.ts';
import { codesOf } from './regions.ts';
import { AVOID_NOTHING, type Placement, type Search } from './search.ts';
import type { SessionClass } from './session-class.ts';

/** What a provider is asked, and what tells it from other questions: who asks the same shares the answer. */
export type Question = {
  readonly key: string;
  /** Without what is to be avoided, which changes from one time to the next. */
  readonly search: Omit<Search, 'avoid'>;
};

type Of = Pick<SessionClass, 'resources' | 'placement' | 'ports'>;

/** What is asked for a session of the class that wants nothing of its own. */
export const classQuestion = (c: Of): Question =>
  question({ resources: c.resources, need: {}, ports: c.ports.length, placement: c.placement });

/**
 * What is asked for these requirements. Thousands of different ones are not as many questions: they are left to the
 * local check, which meets every offer anyway, unless the answer to the class's own question could not hold what they
 * want. That is so for another number of GPUs, another disk (by powers of two; its price is made exact afterwards),
 * less of something than the class has, and what must not be taken back.
 */
export function broadQuestion(c: Of, search: Omit<Search, 'avoid'>): Question {
  const { placement, resources: asked } = search;
  // Without a market the provider itself says what it can do.
  if (placement === null) return question(search);
  const own = c.resources;
  const resources = {
    ...own,
    cpu: { request: floor(own.cpu.request, asked.cpu.request), limit: own.cpu.limit },
    memory: { request: floor(own.memory.request, asked.memory.request), limit: own.memory.limit },
    gpuCount: asked.gpuCount,
    gpuMemory: floor(own.gpuMemory, asked.gpuMemory),
    disk: asked.disk === own.disk ? own.disk : nextPower(asked.disk, SMALLEST_DISK),
  };
  const { mayBeTakenBack } = wantedOf({ ...search, avoid: AVOID_NOTHING });
  return question({
    resources,
    need: {},
    ports: search.ports,
    placement: { ...placement, interruptible: mayBeTakenBack },
  });
}

/** The same with all that the requirements say, in steps: for where a provider has more than it tells at once, and none
 *  of what it told does. */
export function narrowQuestion(c: Of, search: Omit<Search, 'avoid'>): Question {
  const broad = broadQuestion(c, search);
  const { placement, resources } = broad.search;
  if (placement === null) return broad;
  const wanted = wantedOf({ ...search, avoid: AVOID_NOTHING });
  const { gpuModels } = search.need;
  const named = gpuModels === undefined || gpuModels.length === 0 ? placement.gpuModels : gpuModels;
  const narrowed: Placement = {
    ...placement,
    gpuModels: some(
      named.filter((m) => wanted.models.includes(modelKey(m))),
      named,
    ).toSorted(),
    regions: commonRegions(placement.regions, search.need.regions ?? []),
    maxMicrosPerHour: wanted.maxMicrosPerHour === null ? null : nextPower(wanted.maxMicrosPerHour, SMALLEST_PRICE),
    minReliability: Math.floor(wanted.minReliability * RELIABILITY_STEPS) / RELIABILITY_STEPS,
  };
  const { cpu, memory, gpuMemory } = search.resources;
  return question({
    ...broad.search,
    placement: narrowed,
    resources: {
      ...resources,
      cpu: { ...resources.cpu, request: lastPower(cpu.request) },
      memory: { ...resources.memory, request: lastPower(memory.request) },
      gpuMemory: lastPower(gpuMemory),
    },
  });
}

/** The offer for the disk that is wanted, where the question named a larger one. */
export function forDisk(o: Offer, asked: number, wanted: number): Offer {
  const storage = o.storageMicrosPerHour ?? 0;
  if (asked === wanted || asked === 0 || o.granted.disk !== asked) return o;
  const part = Math.ceil((storage * wanted) / asked);
  return {
    ...o,
    granted: { ...o.granted, disk: wanted },
    microsPerHour: o.microsPerHour - storage + part,
    ...(o.storageMicrosPerHour === undefined ? {} : { storageMicrosPerHour: part }),
  };
}

/** Below these no power of two tells a question from another [bytes, micro-dollars]. */
const SMALLEST_DISK = 8e9;
const SMALLEST_PRICE = 10_000;
const RELIABILITY_STEPS = 100;

const question = (search: Omit<Search, 'avoid'>): Question => ({ key: JSON.stringify(search), search });
/** More than the class has is checked locally; for less the question sets no bound. */
const floor = (own: number, asked: number): number => (asked >= own ? own : 0);
const lastPower = (n: number): number => (n <= 0 ? 0 : 2 ** Math.floor(Math.log2(n)));

function nextPower(n: number, smallest: number): number {
  let power = smallest;
  while (power < n) power *= 2;
  return n === 0 ? 0 : power;
}

/** None would mean any: where class and requirements have nothing in common, the local check tells. */
const some = <T>(list: readonly T[], otherwise: readonly T[]): readonly T[] => (list.length > 0 ? list : otherwise);

/** Codes that both allow. Empty: anywhere. */
function commonRegions(own: readonly string[], asked: readonly string[]): readonly string[] {
  const [a, b] = [codesOf(own), codesOf(asked)];
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  return some(
    a.filter((code) => b.includes(code)),
    b,
  );
}
