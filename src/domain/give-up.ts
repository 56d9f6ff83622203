import type { Cause } from './cause.ts';
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
    ...(i.storageMicrosPerHour === undefined ? {} : { storageMicrosPerHour: i.storageMicrosPerHour }),
    ...(i.offer === undefined ? {} : { offer: i.offer }),
    ...(i.reliability === undefined ? {} : { reliability: i.reliability }),
    ...(i.interruptible === undefined ? {} : { interruptible: i.interruptible }),
  };
}

/** Since when it has been seen running, for what it costs; nothing where it never was. */
export const ranFrom = (i: Instance): { readonly runningAt?: EpochMs } =>
  'runningAt' in i && i.runningAt !== undefined ? { runningAt: i.runningAt } : {};

/** The instance on its way out; undefined where it already is. One that was only intended is simply gone: nothing
 *  was asked of the provider.
 *  @param cause where it failed */
export function destroyInstance(
  i: Instance,
  why: DestroyReason,
  detail: string,
  now: EpochMs,
  cause?: Cause,
): InstanceIn<'destroying'> | InstanceIn<'gone'> | undefined {
  const end = { since: now, why, detail, ...(cause === undefined ? {} : { cause }) };
  switch (i.phase) {
    case 'intended':
      return { ...instanceBase(i), ...end, phase: 'gone', rentedAt: null };
    case 'requested':
      return {
        ...instanceBase(i),
        ...end,
        phase: 'destroying',
        ref: null,
        rentedAt: null,
        settleAt: i.settleAt,
      };
    case 'booting':
    case 'ready':
    case 'bound':
      return {
        ...instanceBase(i),
        ...end,
        ...ranFrom(i),
        for: i.phase === 'bound' ? i.session : i.for,
        phase: 'destroying',
        ref: i.ref,
        rentedAt: i.rentedAt,
        settleAt: now,
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
