import type { EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineHooks } from '../hooks.ts';
import type { LoopView } from '../use-cases.ts';

export const LOOPS = [
  'sessions',
  'instances',
  'proxies',
  'queue',
  'reserve',
  'observer',
  'activity',
  'orphans',
  'ended',
  'quotas',
  'money',
  'history',
  'hosts',
  'templates',
  'market',
] as const;
export type LoopName = (typeof LOOPS)[number];

/** Health of the leader's loops. */
export type Loops = ReturnType<typeof createLoops>;

export function createLoops(clock: Clock, hooks: EngineHooks) {
  type Health = { lastPassAt: EpochMs | null; failures: number; lastError: string };
  const health = new Map<LoopName, Health>(
    LOOPS.map((name) => [name, { lastPassAt: null, failures: 0, lastError: '' }]),
  );
  return {
    passed(name: LoopName): void {
      const h = health.get(name);
      if (h === undefined) return;
      h.lastPassAt = clock.now();
      h.failures = 0;
      hooks.onLoopPass(name);
    },
    failed(name: LoopName, err: unknown, fields: Readonly<Record<string, string>>): void {
      const h = health.get(name);
      if (h !== undefined) {
        h.failures += 1;
        h.lastError = err instanceof Error ? err.message : String(err);
      }
      hooks.onLoopError(name, err, fields);
    },
    views: (): readonly LoopView[] => [...health].map(([name, h]) => ({ name, ...h })),
  };
}
