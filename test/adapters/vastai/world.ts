import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { VastaiOptions, VastaiProvider } from '../../../src/adapters/vastai/options.ts';
import { createVastaiProvider } from '../../../src/adapters/vastai/provider.ts';
import type { Resources } from '../../../src/domain/resources.ts';
import type { ImageSource } from '../../../src/domain/session-class.ts';
import type { ProviderHarness } from '../../contract/compute-provider.contract.ts';
import { type Bed, openBed } from '../../simulators/vastai/bed.ts';
import type { SimOptions } from '../../simulators/vastai/world.ts';

export const never = new AbortController().signal;

/** Runs the arguments of the create call as they are. */
export const RUNS_ARGS = 'test/args:1';
export const image = (over: Partial<ImageSource> = {}): ImageSource => ({
  image: RUNS_ARGS,
  template: null,
  login: null,
  ...over,
});

export const oneGpu = (over: Partial<Resources> = {}): Resources => ({
  cpu: { request: 0.5, limit: 1 },
  memory: { request: 0, limit: 2 ** 30 },
  gpuModel: '',
  gpuCount: 1,
  gpuMemory: 0,
  disk: 10e9,
  ...over,
});

/** One line as it would be written. */
export type Line = { readonly level: 'debug' | 'warn'; readonly fields: object; readonly message: string };

export type VastWorld = ProviderHarness & {
  readonly provider: VastaiProvider;
  readonly bed: Bed;
  /** All that was logged, by every provider of this world. */
  readonly lines: readonly Line[];
  make(over?: Partial<VastaiOptions>): VastaiProvider;
};

/** Not the simulator's own, so that it is known where it may not turn up. */
export const KEY = 'f00dfeedc0ffee'.repeat(4);
export const INSTALLATION = 'test-one';

const sh = (script: string): readonly string[] => ['sh', '-c', script];
const lined = (lines: readonly string[]): string => lines.map((l) => `echo '${l}'`).join('; ') || ':';

/** A simulated account of its own, at once and without limits unless asked otherwise; time stands still in it. */
export async function vastWorld(sim: SimOptions = {}, options: Partial<VastaiOptions> = {}): Promise<VastWorld> {
  const bed = await openBed({
    keys: [KEY, 'sim-key'],
    images: [
      { match: '*no-such-image*', missing: true },
      { match: 'private.example/*', login: '-u berth -p open-sesame private.example', command: 'inline' },
      { match: RUNS_ARGS, command: ['{{args}}'] },
      { match: '*', command: 'inline' },
    ],
    ...sim,
  });
  const lines: Line[] = [];
  const note = (level: Line['level']) => (fields: unknown, message?: string) =>
    void lines.push({ level, fields: Object(fields) as object, message: message ?? '' });
  const open: VastaiProvider[] = [];
  const make = (over: Partial<VastaiOptions> = {}): VastaiProvider => {
    const made = createVastaiProvider({
      key: async () => `${KEY}\n`,
      url: bed.url,
      pace: 0.001,
      upstreams: [{ address: '127.0.0.0', prefix: 8 }],
      minCreditMicros: 1_000_000,
      installationId: INSTALLATION,
      clock: createSystemClock(),
      log: { debug: note('debug'), warn: note('warn') },
      ...options,
      ...over,
    });
    open.push(made);
    return made;
  };
  return {
    bed,
    lines,
    make,
    provider: make(),
    again: async () => make(),
    otherInstallation: async () => make({ installationId: `${INSTALLATION}-other` }),
    runsFor: (said) => sh(`${lined(said)}; exec sleep 600`),
    endsWith: (code, said) => sh(`${lined(said)}; exit ${code}`),
    possible: oneGpu(),
    impossible: oneGpu({ gpuCount: 99 }),
    image: image(),
    settle: async () => undefined,
    async close() {
      await Promise.all(open.map((p) => p.close()));
      await bed.close();
    },
  };
}
