import { setTimeout as sleep } from 'node:timers/promises';
import type { BerthClient } from '../../../clients/typescript/src/client.ts';
import type { SimInstance, SimProcess } from '../../support/vast-simulator.ts';

/** What an instance of this installation carries at the simulator: `berth/INSTALLATION/INSTANCE/...`. */
export const tagOf = (installation: string, i: Pick<SimInstance, 'label'>): string | null => {
  const [word, of, tag] = i.label?.split('/') ?? [];
  return word === 'berth' && of === installation && tag !== undefined ? tag : null;
};

/** An instance that was billed while no record was of it. `untilMs` null: until its end. Epoch ms. */
export type Leak = { readonly id: number; readonly fromMs: number; readonly untilMs: number | null };

/** What the looks at the simulator's bill have shown. */
export type Sampled = {
  /** Most at any look: instances and $/h that are billed to this installation. */
  readonly most: { readonly instances: number; readonly dollarsPerHour: number };
  readonly leaks: readonly Leak[];
  readonly looks: number;
  readonly violations: readonly string[];
};

export type Sampler = { stop(): Promise<Sampled> };

const EVERY_MS = 100;
const SAY_EVERY = 50;
/** $/h are sums of fractions. */
const ROUNDING = 1e-4;

/** Looks at what the simulator bills, and whether the broker knows of it, again and again.
 *  @param broker null: it is away, and nobody can tell what is known */
export function startSampler(
  o: { readonly maxInstances: number; readonly maxDollarsPerHour: number; readonly installation: string },
  sim: SimProcess,
  broker: () => BerthClient | null,
  say: (seen: string) => void,
): Sampler {
  const untracked = new Map<number, number>();
  const leaks: Leak[] = [];
  const violations = new Set<string>();
  const most = { instances: 0, dollarsPerHour: 0 };
  let looks = 0;
  const stopping = new AbortController();

  async function look(): Promise<void> {
    const { now_ms, instances } = await sim.state();
    const ours = instances.filter((i) => tagOf(o.installation, i) !== null);
    checkCaps(ours);
    // After the bill: a record is there before its instance, and goes after it.
    const known = await knownTo(broker());
    looks++;
    if (known === null) return;
    for (const i of ours) note(i, known.has(tagOf(o.installation, i) ?? ''), now_ms);
    if (looks % SAY_EVERY === 0)
      say(`${ours.length} instances, ${most.instances} at most, ${untracked.size} without a record`);
  }

  function note({ id }: SimInstance, isKnown: boolean, nowMs: number): void {
    const fromMs = untracked.get(id);
    if (fromMs === undefined && !isKnown) untracked.set(id, nowMs);
    if (fromMs === undefined || !isKnown) return;
    untracked.delete(id);
    leaks.push({ id, fromMs, untilMs: nowMs });
  }

  function checkCaps(ours: readonly SimInstance[]): void {
    const dollars = ours.reduce((sum, i) => sum + i.dollars_per_hour, 0);
    most.instances = Math.max(most.instances, ours.length);
    most.dollarsPerHour = Math.max(most.dollarsPerHour, dollars);
    if (ours.length > o.maxInstances) violations.add(`${ours.length} instances are billed, ${o.maxInstances} allowed`);
    if (dollars > o.maxDollarsPerHour + ROUNDING)
      violations.add(`${dollars.toFixed(4)} $/h are billed, ${o.maxDollarsPerHour} allowed`);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look();
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const running = run();
  // Told by `stop`.
  running.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await running;
      const open = [...untracked].map(([id, fromMs]) => ({ id, fromMs, untilMs: null }));
      return { most, leaks: [...leaks, ...open], looks, violations: [...violations] };
    },
  };
}

/** null: it could not be asked. */
async function knownTo(broker: BerthClient | null): Promise<ReadonlySet<string> | null> {
  if (broker === null) return null;
  try {
    const ids = new Set<string>();
    for await (const { id } of broker.instances()) ids.add(id);
    return ids;
  } catch {
    // It is being killed.
    return null;
  }
}
