import type { SessionId } from './ids.ts';
import type { DestroyReason, Instance, InstanceIn } from './instance.ts';
import type { EpochMs } from './time.ts';

/** What every phase of an instance has. */
export function instanceBase(i: Instance) {
  const { id, revision, recipe, provider, proxy, personal, granted, microsPerHour } = i;
  const { ports, readiness, bootTimeoutMs, createdAt, since } = i;
  return {
    id,
    revision,
    class: i.class,
    recipe,
    provider,
    proxy,
    for: i.for,
    personal,
    granted,
    microsPerHour,
    ports,
    readiness,
    bootTimeoutMs,
    createdAt,
    since,
  };
}

/** The instance on its way out; undefined where it already is. One that was only intended is simply gone: nothing
 *  was asked of the provider. */
export function destroyInstance(
  i: Instance,
  why: DestroyReason,
  detail: string,
  now: EpochMs,
): InstanceIn<'destroying'> | InstanceIn<'gone'> | undefined {
  switch (i.phase) {
    case 'intended':
      return { ...instanceBase(i), phase: 'gone', since: now, why, detail, rentedAt: null };
    case 'requested':
      return {
        ...instanceBase(i),
        phase: 'destroying',
        since: now,
        ref: null,
        rentedAt: null,
        settleAt: i.settleAt,
        why,
        detail,
      };
    case 'booting':
    case 'ready':
    case 'bound':
      return {
        ...instanceBase(i),
        for: i.phase === 'bound' ? i.session : i.for,
        phase: 'destroying',
        since: now,
        ref: i.ref,
        rentedAt: i.rentedAt,
        settleAt: now,
        why,
        detail,
      };
    case 'destroying':
    case 'gone':
      return undefined;
    default:
      return i satisfies never;
  }
}

/**
 * What becomes of the instance of a session that ends. One that nobody has used yet and that carries nothing of the
 * session's own goes to the reserve, where it serves the next acquire or is given back as surplus.
 */
export function giveUpInstance(
  i: Instance,
  session: SessionId,
  why: DestroyReason,
  now: EpochMs,
): Instance | undefined {
  if (i.phase === 'destroying' || i.phase === 'gone') return undefined;
  if (i.phase === 'bound') return i.session === session ? destroyInstance(i, why, '', now) : undefined;
  if (i.for !== session) return undefined;
  return i.personal ? destroyInstance(i, why, '', now) : { ...i, for: null };
}
