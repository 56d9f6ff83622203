import { flushCompileCache } from 'node:module';
import { loadConfig } from '../../src/config/load.ts';
import { runBroker } from '../../src/main.ts';
import type { Store } from '../../src/ports/store.ts';
import { type CrashPoint, createCrashPoints } from './crash-point.ts';
import { readRecords } from './store-records.ts';

// The broker as the chaos suites run it, in a process of its own that is told over IPC when to die and what to tell.
// Everything is as in `berth serve`, but that the ports are wrapped.

export type Question =
  | { readonly id: number; readonly ask: 'arm'; readonly point: CrashPoint }
  | { readonly id: number; readonly ask: 'calls' | 'records' };
/** `id` 0: unasked, once the broker serves. */
export type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

const points = createCrashPoints();
let store: Store | null = null;

async function answer(q: Question): Promise<unknown> {
  if (q.ask === 'arm') return points.arm(q.point);
  if (q.ask === 'calls') return points.calls();
  if (store === null) throw new Error('there is no store yet');
  return readRecords(store);
}

const tell = (a: Answer): void => void process.send?.(a);

const broker = await runBroker(loadConfig(process.env), {
  ...points.overrides,
  store(opened) {
    store = opened;
    return points.overrides.store?.(opened) ?? opened;
  },
});
// Most of these brokers are killed.
flushCompileCache();
process.on('message', (q: Question) => {
  answer(q).then(
    (value) => tell({ id: q.id, value: value ?? null }),
    (err: unknown) => tell({ id: q.id, error: String(err) }),
  );
});
process.once('SIGTERM', () => void broker.stop().then(() => process.exit(0)));
// A test that ended leaves no broker behind.
process.once('disconnect', () => process.exit(1));
tell({ id: 0, value: broker.address });
