import { writeSync } from 'node:fs';
import type { Overrides } from '../../src/main.ts';
import type { ComputeProvider } from '../../src/ports/compute-provider.ts';
import type { SessionProxy } from '../../src/ports/session-proxy.ts';
import type { Commit, Store } from '../../src/ports/store.ts';

/** Where the process ends or is paused: before or after its n-th mutating call since it was armed, counted from 1. */
export type CrashPoint = {
  readonly when: 'before' | 'after';
  readonly call: number;
  /** Default: SIGKILL. */
  readonly signal?: 'SIGKILL' | 'SIGSTOP';
};

export type MutatingCall = {
  /** Such as `commit session/s-1 queued`. */
  readonly what: string;
  /** Whether it was begun after the process had been paused. */
  late: boolean;
  /** `refused`: the store did not commit. */
  outcome: 'open' | 'done' | 'refused' | 'failed';
};

export type CrashPoints = {
  readonly overrides: Pick<Overrides, 'store' | 'providers' | 'proxies'>;
  arm(point: CrashPoint): void;
  /** What the wrapped ports were asked since `arm`, oldest first. */
  calls(): readonly MutatingCall[];
};

/** For counting only. */
export const NEVER: CrashPoint = { when: 'before', call: Number.MAX_SAFE_INTEGER };

/**
 * Wraps the ports so that the process kills itself around one of the calls that change something. Renewals of the
 * lease are not counted: they come by the clock, and dying at one is dying between two calls.
 */
export function createCrashPoints(): CrashPoints {
  const calls: MutatingCall[] = [];
  let armed: CrashPoint | null = null;
  let struck = false;

  async function mutate<T>(what: string, call: () => Promise<T>): Promise<T> {
    if (armed === null) return call();
    const made: MutatingCall = { what, late: struck, outcome: 'open' };
    const n = calls.push(made);
    if (armed.when === 'before' && armed.call === n) {
      struck = made.late = true;
      strike(armed, what);
    }
    try {
      const result = await call();
      made.outcome = isRefusal(result) ? 'refused' : 'done';
      return result;
    } catch (err) {
      made.outcome = 'failed';
      throw err;
    } finally {
      if (armed.when === 'after' && armed.call === n) {
        struck = true;
        strike(armed, what);
      }
    }
  }

  return {
    arm(point) {
      armed = point;
    },
    calls: () => calls,
    overrides: {
      store: (store): Store => ({
        ...store,
        commit: (c) => (isRenewal(c) ? store.commit(c) : mutate(describe(c), () => store.commit(c))),
      }),
      providers: (all) =>
        all.map(
          (p): ComputeProvider => ({
            ...p,
            create: (order, signal) => mutate(`create ${order.tag}`, () => p.create(order, signal)),
            destroy: (ref, signal) => mutate(`destroy ${ref.id}`, () => p.destroy(ref, signal)),
          }),
        ),
      proxies: (all) =>
        all.map(
          (p): SessionProxy => ({
            ...p,
            ensure: (spec, signal) => mutate(`ensure ${spec.id}`, () => p.ensure(spec, signal)),
            remove: (id, signal) => mutate(`remove ${id}`, () => p.remove(id, signal)),
          }),
        ),
    },
  };
}

/** Nothing runs between this and what follows: no handler, no buffer, no timer. */
function strike({ when, call, signal = 'SIGKILL' }: CrashPoint, what: string): void {
  writeSync(2, `${signal} ${when} call ${call}: ${what}\n`);
  process.kill(process.pid, signal);
}

const isRefusal = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'committed' in result && result.committed === false;

const isRenewal = (c: Commit): boolean => c.put?.length === 1 && c.put[0]?.key === 'lease/leader';

function describe(c: Commit): string {
  const writes = [c, ...(c.oneOf ?? [])].flatMap((w) => [
    ...(w.put ?? []).map((p) => `${p.key}${phaseOf(p.value)}`),
    ...(w.drop ?? []).map((d) => `${d.key} dropped`),
  ]);
  return `commit ${writes.join(', ')}`;
}

const phaseOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'phase' in value ? ` ${String(value.phase)}` : '';
