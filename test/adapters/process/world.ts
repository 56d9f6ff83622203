import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../../src/adapters/process/limits.ts';
import {
  createProcessProvider,
  type ProcessProvider,
  type ProcessProviderOptions,
} from '../../../src/adapters/process/provider.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { Resources } from '../../../src/domain/resources.ts';
import type { ProviderHarness } from '../../contract/compute-provider.contract.ts';
import { eventually } from '../../support/eventually.ts';
import { NO_RESOURCES } from '../../support/fixtures.ts';

export const never = new AbortController().signal;

export const resources = (over: Partial<Resources> = {}): Resources => ({
  ...NO_RESOURCES,
  ...over,
});

export const sh = (script: string): readonly string[] => ['sh', '-c', script];

export type World = ProviderHarness & {
  readonly provider: ProcessProvider;
  readonly dir: string;
  readonly installation: string;
  make(over?: Partial<ProcessProviderOptions>): ProcessProvider;
  /** Ends everything that was created, and fails if something is left. */
  clear(): Promise<void>;
};

let counter = 0;

/** A directory, an installation and a port range of their own. */
export function processWorld(options: Partial<ProcessProviderOptions> & { readonly caps?: Limits } = {}): World {
  const dir = mkdtempSync(join(tmpdir(), 'berth-process-'));
  const installation = `test-${process.pid}-${++counter}`;
  const open: ProcessProvider[] = [];
  const make = (over: Partial<ProcessProviderOptions> = {}): ProcessProvider => {
    const made = createProcessProvider({
      dir,
      installationId: installation,
      portRange: { from: 21_000, to: 29_999 },
      clock: createSystemClock(),
      graceMs: 300,
      ...options,
      ...over,
    });
    open.push(made);
    return made;
  };
  const provider = make();
  const lined = (lines: readonly string[]) => lines.map((l) => `echo '${l}'`).join('; ') || ':';
  return {
    dir,
    installation,
    provider,
    make,
    again: async () => make(),
    otherInstallation: async () => make({ installationId: `${installation}-other` }),
    runsFor: (lines) => sh(`${lined(lines)}; exec sleep 600`),
    endsWith: (code, lines) => sh(`${lined(lines)}; exit ${code}`),
    possible: resources({ cpu: { request: 0.1, limit: 0.5 }, memory: { request: 0, limit: 128 * 2 ** 20 } }),
    impossible: resources({ gpuCount: 1 }),
    image: null,
    settle: async () => undefined,
    async clear() {
      const last = make();
      for (const { ref } of await last.listOwned(never)) await last.destroy(ref, never);
      await eventually('nothing to be left', async () => (await last.listOwned(never)).length === 0);
    },
    async close() {
      await Promise.all(open.map((p) => p.close()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
