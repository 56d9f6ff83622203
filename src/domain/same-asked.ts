import type { Asked } from './session.ts';

/** Fields of the request, as in the proto, in which two acquires differ. Environments are compared by digest. */
export function differences(a: Asked, b: Asked): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['class', a.class, b.class],
    ['name', a.name, b.name],
    ['on_conflict', a.onConflict, b.onConflict],
    ['owner', a.owner, b.owner],
    ['labels', a.labels, b.labels],
    ['requirements', a.requirements, b.requirements],
    ['command', a.command, b.command],
    ['env', a.envDigest, b.envDigest],
    ['lifetime', a.lifetimeMs, b.lifetimeMs],
    ['idle_timeout', a.idleTimeoutMs, b.idleTimeoutMs],
    ['queue_timeout', a.queueTimeoutMs, b.queueTimeoutMs],
  ];
  return pairs.filter(([, x, y]) => canonical(x) !== canonical(y)).map(([field]) => field);
}

/** JSON with sorted keys: maps have no order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)))
      : v,
  );
}
