import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grant, mismatch, sameResources } from '../../src/domain/match.ts';
import type { Requirements, Resources } from '../../src/domain/resources.ts';
import { GRANTED } from '../support/fixtures.ts';

const gpu: Resources = { ...GRANTED, gpuModel: 'RTX 4090', gpuCount: 2, gpuMemory: 24, disk: 100 };
const member = { granted: gpu, microsPerHour: 500, region: 'DE', reliability: 0.99, interruptible: true };
const UNLIMITED: Resources = { ...GRANTED, cpu: { request: 0, limit: 0 }, memory: { request: 0, limit: 0 } };

describe('whether a reserve member does', () => {
  it.each([
    [{}],
    [{ cpuRequest: 1, cpuLimit: 2, memoryRequest: 2 ** 29, memoryLimit: 2 ** 30 }],
    [{ cpuRequest: 0.5, memoryLimit: 1 }],
    [{ gpuModels: ['A100', 'RTX 4090'], gpuCount: 2, gpuMemory: 24, disk: 100 }],
    [{ regions: ['FR', 'DE'], maxMicrosPerHour: 500 }],
    [{ regions: ['north-america', 'Europe'], gpuModels: ['rtx_4090'] }],
    [{ regions: ['world'], minReliability: 0.9, interruptible: true }],
  ] as const)('it does for %j', (r) => {
    expect(mismatch(member, r)).toBeNull();
  });

  it.each([
    ['cpu', { cpuRequest: 1.001 }],
    ['cpu', { cpuLimit: 3 }],
    ['memory', { memoryRequest: 2 ** 29 + 1 }],
    ['memory', { memoryLimit: 2 ** 31 }],
    ['gpu-count', { gpuCount: 3 }],
    ['gpu-memory', { gpuMemory: 25 }],
    ['gpu-model', { gpuModels: ['A100'] }],
    ['disk', { disk: 101 }],
    ['region', { regions: ['FR'] }],
    ['region', { regions: ['Asia'] }],
    ['price', { maxMicrosPerHour: 499 }],
    ['reliability', { minReliability: 0.991 }],
    ['interruptible', { interruptible: false }],
    ['cpu', { cpuLimit: 3, disk: 101 }],
  ] as const)('it fails by %s, the first rule that it breaks, for %j', (name, r) => {
    expect(mismatch(member, r)).toBe(name);
  });

  it('does whatever is asked of machines where nothing was told of its own', () => {
    const own = { granted: gpu, microsPerHour: 0, region: '' };
    expect(mismatch(own, { minReliability: 1, interruptible: false })).toBeNull();
  });

  it('does not fall short of any limit when it has none', () => {
    expect(mismatch({ ...member, granted: UNLIMITED }, { cpuLimit: 64, memoryLimit: 2 ** 40 })).toBeNull();
  });
});

describe('what an instance is given', () => {
  it.each<[string, Requirements, Partial<Resources>]>([
    ['what the class has', {}, {}],
    ['what was asked for', { cpuRequest: 2, cpuLimit: 4 }, { cpu: { request: 2, limit: 4 } }],
    ['a limit not below the request', { cpuRequest: 4 }, { cpu: { request: 4, limit: 4 } }],
    ['a request not above the limit', { cpuLimit: 0.5 }, { cpu: { request: 0.5, limit: 0.5 } }],
    ['memory alike', { memoryRequest: 2 ** 31 }, { memory: { request: 2 ** 31, limit: 2 ** 31 } }],
    ['the model that is liked best', { gpuModels: ['A', 'B'], gpuCount: 1 }, { gpuModel: 'A', gpuCount: 1 }],
    ['none where none is asked for', { gpuCount: 0, disk: 0 }, { gpuCount: 0, disk: 0 }],
  ])('is %s', (_, asked, given) => {
    expect(grant(GRANTED, asked)).toEqual({ ...GRANTED, ...given });
  });

  it('stays without a limit where the class has none, whatever is to be kept', () => {
    expect(grant(UNLIMITED, { cpuRequest: 4, memoryRequest: 2 ** 30 })).toMatchObject({
      cpu: { request: 4, limit: 0 },
      memory: { request: 2 ** 30, limit: 0 },
    });
    const kept = { ...UNLIMITED, cpu: { request: 2, limit: 0 } };
    expect(grant(kept, {}).cpu).toEqual({ request: 2, limit: 0 });
  });

  it('always does for what it was asked for', () => {
    const amount = fc.integer({ min: 1, max: 1_000 });
    const asked = fc.record(
      {
        cpuRequest: amount,
        cpuLimit: amount,
        memoryRequest: amount,
        memoryLimit: amount,
        gpuCount: amount,
        disk: amount,
      },
      { requiredKeys: [] },
    );
    const own = fc
      .record({ request: fc.nat(1_000), limit: fc.nat(1_000) })
      .filter((a) => a.limit === 0 || a.request <= a.limit);
    fc.assert(
      fc.property(own, own, asked, (cpu, memory, r) => {
        const possible =
          (r.cpuLimit ?? 1_000) >= (r.cpuRequest ?? 0) && (r.memoryLimit ?? 1_000) >= (r.memoryRequest ?? 0);
        fc.pre(possible);
        const granted = grant({ ...GRANTED, cpu, memory }, r);
        expect(mismatch({ granted, microsPerHour: 0, region: '' }, r)).toBeNull();
        for (const { request, limit } of [granted.cpu, granted.memory])
          expect(limit === 0 || request <= limit).toBe(true);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('the same resources', () => {
  it('are told from others in every field', () => {
    expect(sameResources(gpu, structuredClone(gpu))).toBe(true);
    const others: readonly Partial<Resources>[] = [
      { cpu: { request: 2, limit: 2 } },
      { cpu: { request: 1, limit: 3 } },
      { memory: { request: 1, limit: 2 ** 30 } },
      { memory: { request: 2 ** 29, limit: 1 } },
      { gpuModel: 'A100' },
      { gpuCount: 1 },
      { gpuMemory: 1 },
      { disk: 1 },
    ];
    for (const other of others) expect(sameResources(gpu, { ...gpu, ...other })).toBe(false);
  });
});
