import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BerthClient, createClient } from '../../clients/typescript/src/client.ts';
import { type SimOptions, type SimProcess, startSimProcess } from '../support/vast-simulator.ts';
import { onStage, type Stage } from './stage.ts';

/** Where a line on the provider vastai is measured: a stage with a simulator whose machines are all good. */
export type MarketStage = {
  readonly sim: SimProcess;
  /** @param pace factor of berth's own pauses between calls. One at a time; they share a store */
  broker(pace: number): Promise<MarketBroker>;
};
export type MarketBroker = { readonly client: BerthClient; stop(): Promise<void> };

/** Servers inside the simulator: hundreds of instances cost next to nothing. */
const IMAGES = [{ match: '*', command: 'inline', size_gb: 0.1 }];
const CLASSES = `classes:
  bench:
    provider: vastai
    image: example/bench:1
    ports: [{ name: http, number: 8000 }]
    resources: { gpus: { count: 1 } }
    placement: { verified: false, min_reliability: 0, min_download: 0, min_remaining: 1h, image_size: 100MB }
    readiness:
      http: { path: /healthz, expect: 200 }
    lifetime: { default: 12h }
    queue_timeout: 1h
    boot_timeout: 30m
`;

/** Runs `use` on such a stage, and takes it down however that ends. */
export const onMarket = <T>(sim: SimOptions, use: (stage: MarketStage) => Promise<T>): Promise<T> =>
  onStage(async (stage) => {
    const images = join(stage.dir, 'images.json');
    await writeFile(images, JSON.stringify(IMAGES));
    await writeFile(join(stage.dir, 'market.yaml'), CLASSES);
    const market = stage.keep(await startSimProcess({ badness: 0, images, searches: 1_000_000, ...sim }));
    return await use({ sim: market, broker: (pace) => startBroker(stage, market, pace) });
  });

async function startBroker(stage: Stage, sim: SimProcess, pace: number): Promise<MarketBroker> {
  const { child, address } = await stage.broker({
    store: 'sqlite',
    lead: true,
    env: {
      BERTH_CLASSES: join(stage.dir, 'market.yaml'),
      BERTH_INSTALLATION_ID: 'bench',
      BERTH_MAX_DOLLARS_PER_HOUR: '100000',
      ...sim.env(pace),
    },
  });
  const client = createClient({ address, retryForMs: 0 });
  return {
    client,
    async stop() {
      client.close();
      await child.stop();
    },
  };
}
