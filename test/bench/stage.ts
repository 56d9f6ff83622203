import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { BrokerHandlers, BrokerStart } from './broker-process.ts';
import { type Child, startChild } from './child.ts';
import type { LoadHandlers } from './load-process.ts';

export const STORES = ['redis', 'sqlite'] as const;
export type StoreKind = (typeof STORES)[number];

/** Times and amounts of a run. */
export type Scale = {
  readonly rounds: number;
  /** Sessions per round. */
  readonly sessions: number;
  readonly sustainedSeconds: number;
  readonly idleSeconds: number;
  readonly expiring: { readonly count: number; readonly spanSeconds: number };
  readonly single: number;
  readonly cold: number;
  /** On the simulated market. `pace`: of all limits and pauses there. */
  readonly market: {
    readonly ready: { readonly sessions: number; readonly pace: number };
    readonly lists: { readonly sessions: readonly number[]; readonly seconds: number; readonly pace: number };
    readonly burst: { readonly acquires: number; readonly pace: number };
  };
};

/** Where one line of the bench is measured: a folder, a store, and processes that end with it. */
export type Stage = {
  readonly dir: string;
  /** A Redis of this stage's own, started when it is first asked for. */
  redis(): Promise<RedisServer>;
  broker(o: BrokerOptions): Promise<{ readonly child: Child<BrokerHandlers>; readonly address: string }>;
  load(address: string): Promise<Child<LoadHandlers>>;
  /** Another process, ended with the stage. */
  keep<H extends { stop(): Promise<void> }>(child: H): H;
};

export type BrokerOptions = Omit<BrokerStart, 'env' | 'dir' | 'costless'> & {
  readonly store: StoreKind;
  readonly lead: boolean;
  /** Text of the class file; absent: the shipped classes on real processes. */
  readonly classes?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Runs `use` on a stage, and takes the stage down however that ends. */
export async function onStage<T>(use: (stage: Stage) => Promise<T>): Promise<T> {
  await using parts = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'berth-bench-'));
  parts.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  let server: Promise<RedisServer> | null = null;
  const redis = (): Promise<RedisServer> => {
    server ??= startRedis().then((started) => {
      parts.defer(() => started.stop());
      return started;
    });
    return server;
  };
  const keep = <H extends { stop(): Promise<void> }>(child: H): H => {
    parts.defer(() => child.stop());
    return child;
  };
  return await use({
    dir,
    redis,
    keep,
    async broker(o) {
      const { store, lead, classes, env = {}, ...start } = o;
      const place = store === 'redis' ? (await redis()).url : `sqlite:${join(dir, 'berth.db')}`;
      const file = join(dir, 'classes.yaml');
      if (classes !== undefined) await writeFile(file, classes);
      const child = keep(startChild<BrokerHandlers>('broker-process.ts'));
      const { address } = await child.ask('start', {
        ...start,
        dir,
        costless: classes !== undefined,
        env: {
          BERTH_STORE: place,
          BERTH_LISTEN: '127.0.0.1:0',
          BERTH_HTTP_LISTEN: '127.0.0.1:0',
          BERTH_LEAD: String(lead),
          BERTH_MAX_INSTANCES: '1000000',
          ...(classes === undefined ? {} : { BERTH_CLASSES: file }),
          ...env,
        },
      });
      return { child, address };
    },
    async load(address) {
      const child = keep(startChild<LoadHandlers>('load-process.ts'));
      await child.ask('connect', address);
      return child;
    },
  });
}

/** The class of the costless lines. @param reserve ready instances to keep */
export const classFile = (reserve: number, more = ''): string => `classes:
  bench:
    provider: costless
    proxy: direct
    command: [nothing]
    ports:
      - name: http
        protocol: http
    resources:
      cpu: 1..2
      memory: 1Gi..2Gi
    reserve:
      target: ${reserve}
      max_at_once: ${Math.max(1, Math.min(1_000, reserve))}
${more}`;
