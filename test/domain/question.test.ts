import { describe, expect, it } from 'vitest';
import { grant } from '../../src/domain/match.ts';
import { broadQuestion, classQuestion, forDisk, narrowQuestion } from '../../src/domain/question.ts';
import type { Requirements } from '../../src/domain/resources.ts';
import type { Placement } from '../../src/domain/search.ts';
import { anOffer, GPU } from '../support/a-market.ts';
import { aClass, PLACEMENT } from '../support/fixtures.ts';

const classOf = (placement: Partial<Placement> = {}) =>
  aClass({ resources: GPU, placement: { ...PLACEMENT, ...placement } });
const wish = (c: ReturnType<typeof classOf>, need: Requirements) => ({
  resources: grant(c.resources, need),
  need,
  ports: c.ports.length,
  placement: c.placement,
});
const broad = (need: Requirements, c = classOf()) => broadQuestion(c, wish(c, need));
const narrow = (need: Requirements, c = classOf()) => narrowQuestion(c, wish(c, need));

describe('what a provider is asked', () => {
  it.each<[Requirements]>([
    [{}],
    [{ maxMicrosPerHour: 123_456 }],
    [{ regions: ['europe'], minReliability: 0.999 }],
    [{ gpuModels: ['RTX 4090'] }],
    [{ cpuRequest: 32, memoryRequest: 256e9, gpuMemory: 80e9 }],
    [{ interruptible: false }],
    [{ interruptible: true }],
  ])('is the class’s own question for %j', (need) => {
    expect(broad(need).key).toBe(classQuestion(classOf()).key);
  });

  it.each<[string, Requirements, object]>([
    ['another number of GPUs', { gpuCount: 4 }, { resources: { gpuCount: 4 } }],
    [
      'less than the class has',
      { cpuRequest: 1, gpuMemory: 1e9 },
      { resources: { cpu: { request: 0 }, gpuMemory: 0 } },
    ],
    ['another disk, by powers of two', { disk: 33e9 }, { resources: { disk: 64e9 } }],
    ['no disk', { disk: 0 }, { resources: { disk: 0 } }],
  ])('is another question for %s', (_, need, search) => {
    expect(broad(need).search).toMatchObject({ ...search, need: {} });
  });

  it('is another where the class takes what may be taken back and the caller does not', () => {
    const c = classOf({ interruptible: true });
    expect(broad({ interruptible: false }, c).search.placement?.interruptible).toBe(false);
    expect(broad({ interruptible: true }, c).key).toBe(classQuestion(c).key);
  });

  it('is one for all disks between two powers of two', () => {
    const keys = new Set(Array.from({ length: 31 }, (_, n) => broad({ disk: (33 + n) * 1e9 }).key));
    expect(keys.size).toBe(1);
  });

  it('names everything, in steps, where it has to be narrower', () => {
    const need = { regions: ['de', 'us'], gpuModels: ['rtx_4090'], maxMicrosPerHour: 500_000, minReliability: 0.987 };
    expect(narrow(need, classOf({ regions: ['Europe'], gpuModels: ['RTX 4090', 'A100 SXM4'] })).search).toMatchObject({
      need: {},
      placement: { regions: ['DE'], gpuModels: ['rtx_4090'], maxMicrosPerHour: 640_000, minReliability: 0.98 },
    });
    const almost = { ...need, maxMicrosPerHour: 510_000, minReliability: 0.989 };
    expect(narrow(almost).key).toBe(narrow(need).key);
    expect(narrow({ cpuRequest: 20, memoryRequest: 100e9 }).search.resources).toMatchObject({
      cpu: { request: 16 },
      memory: { request: 2 ** 36 },
    });
  });

  it('never becomes the whole world where class and caller have no place in common', () => {
    expect(narrow({ regions: ['jp'] }, classOf({ regions: ['de'] })).search.placement?.regions).toEqual(['JP']);
    expect(narrow({ gpuModels: ['H100'] }, classOf({ gpuModels: ['A100'] })).search.placement?.gpuModels).toEqual([
      'H100',
    ]);
  });

  it('is all that was wished where there is no market: the provider itself says what it can do', () => {
    const c = aClass({ resources: GPU });
    const of = { ...wish(c as ReturnType<typeof classOf>, { cpuRequest: 2 }), placement: null };
    expect(broadQuestion(c, of).search).toEqual(of);
    expect(narrowQuestion(c, of).search).toEqual(of);
  });
});

describe('an offer for a smaller disk than was asked for', () => {
  const large = anOffer({
    granted: { ...anOffer().granted, disk: 64e9 },
    microsPerHour: 464_000,
    storageMicrosPerHour: 64_000,
  });

  it('costs less by its part of the storage', () => {
    expect(forDisk(large, 64e9, 16e9)).toMatchObject({
      granted: { disk: 16e9 },
      microsPerHour: 416_000,
      storageMicrosPerHour: 16_000,
    });
  });

  it.each([
    ['it was asked for just that', 64e9, 64e9],
    ['nothing was asked for', 0, 10e9],
    ['it is not for the disk that was asked for', 32e9, 10e9],
  ])('is as it is where %s', (_, asked, wanted) => {
    expect(forDisk(large, asked, wanted)).toBe(large);
  });
});
