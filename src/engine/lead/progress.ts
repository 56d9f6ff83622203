import type { Instance, InstanceIn } from '../../domain/instance.ts';
import type { Session } from '../../domain/session.ts';
import type { EngineContext } from '../context.ts';
import { PRIORITY, type Priority } from './pacer.ts';

type Known = Pick<EngineContext['mirror'], 'session' | 'all' | 'phases' | 'instance' | 'proxy'>;

/** Whose turn it is where a provider lets only so many creates through. */
export function priorityOf(mirror: Pick<Known, 'session'>, i: InstanceIn<'intended'>): Priority {
  const session = i.for === null ? undefined : mirror.session(i.for);
  if (session === undefined) return PRIORITY.refill;
  return session.phase === 'active' ? PRIORITY.replacement : PRIORITY.start;
}

/** How many creates of its provider come before it, as the leader paces them. From the records alone, so that every
 *  replica can tell. */
export function aheadOf(mirror: Known, i: InstanceIn<'intended'>): number {
  if ((mirror.phases('instance').get('intended') ?? 0) <= 1) return 0;
  const own = priorityOf(mirror, i);
  let ahead = 0;
  for (const other of mirror.all('instance')) {
    if (other.phase !== 'intended' || other.provider !== i.provider || other.id === i.id) continue;
    const its = priorityOf(mirror, other);
    if (its < own || (its === own && other.id < i.id)) ahead += 1;
  }
  return ahead;
}

/** The session's instance as it is now; undefined: there is no record of one. */
export const liveOf = (mirror: Pick<Known, 'instance'>, s: Session): Instance | undefined =>
  s.phase === 'queued' || s.instance === null ? undefined : mirror.instance(s.instance.id);

/** The instance whose start a session waits for; undefined: none, or it has one. */
export function awaited(mirror: Pick<Known, 'instance'>, s: Session): Instance | undefined {
  const waits = s.phase === 'starting' || (s.phase === 'active' && s.replacing !== undefined && s.paidFrom !== null);
  return waits ? mirror.instance(s.instance.id) : undefined;
}

/** How far the start of the session's instance is, in words for people; empty where there is nothing to tell. */
export function progressOf(mirror: Known, s: Session): string {
  const i = awaited(mirror, s);
  return i === undefined ? '' : startOf(mirror, i);
}

/** The same of an instance. */
export function startOf(mirror: Known, i: Instance): string {
  switch (i.phase) {
    case 'intended': {
      const ahead = aheadOf(mirror, i);
      return ahead === 0 ? 'waits for its turn' : `waits for its turn (${ahead} before it)`;
    }
    case 'requested':
      return 'is being asked for';
    case 'booting':
      return inBooting(i, mirror);
    case 'ready':
    case 'bound':
      if (i.interruptedAt !== undefined) return 'its provider starts it again';
      return i.phase === 'ready' && mirror.proxy(i.proxy)?.phase === 'creating' ? 'waits for its proxy' : '';
    default:
      return '';
  }
}

function inBooting(i: InstanceIn<'booting'>, mirror: Known): string {
  const said = i.progress ?? '';
  if (i.addresses === null) {
    if (i.runningAt !== undefined) return 'waits for its ports';
    return said === '' ? 'booting' : `booting: ${said}`;
  }
  if (mirror.proxy(i.proxy)?.phase === 'creating') return 'waits for its proxy';
  return said === '' ? 'probing' : `probing: ${said}`;
}
