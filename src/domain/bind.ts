import { type Endpoint, sameAddresses } from './endpoint.ts';
import { ranFrom } from './give-up.ts';
import type { Instance, InstanceIn } from './instance.ts';
import type { Proxy, ProxyIn } from './proxy.ts';
import type { InstanceFacts, Session, SessionIn } from './session.ts';
import type { EpochMs } from './time.ts';

/** A ready instance and its serving proxy. */
export type Member = { readonly instance: InstanceIn<'ready'>; readonly proxy: ProxyIn<'serving'> };

export type Bound = {
  readonly session: SessionIn<'active'>;
  readonly instance: InstanceIn<'bound'>;
  readonly proxy: ProxyIn<'serving'>;
};

/** The pair as a member, if both are as far as that and nobody has them. */
export function asMember(instance: Instance | undefined, proxy: Proxy | undefined): Member | null {
  if (instance?.phase !== 'ready' || proxy?.phase !== 'serving') return null;
  if (proxy.session !== null || proxy.instance !== instance.id) return null;
  // One that its provider starts again, or whose proxy does not lead to its new address yet, would not answer.
  return instance.interruptedAt === undefined && sameAddresses(proxy.upstream, instance.addresses)
    ? { instance, proxy }
    : null;
}

/** What a client is told of an instance. */
export function factsOf(i: Instance): InstanceFacts {
  const ref = 'ref' in i ? i.ref : null;
  return {
    id: i.id,
    proxy: i.proxy,
    provider: i.provider,
    ref: ref?.id ?? '',
    machine: ref?.machine ?? '',
    host: ref?.host ?? '',
    region: ref?.region ?? '',
    granted: i.granted,
    microsPerHour: i.microsPerHour,
    ...(i.storageMicrosPerHour === undefined ? {} : { storageMicrosPerHour: i.storageMicrosPerHour }),
    ...('rentedAt' in i && i.rentedAt !== null ? { rentedAt: i.rentedAt } : {}),
    ...ranFrom(i),
    createdAt: i.createdAt,
  };
}

/**
 * The three records after the session got the member: one commit.
 * @param confirmed whether a call that is still open gets the answer; otherwise somebody must ask within the
 *   class's confirm timeout
 */
export function bind(session: Session, member: Member, confirmed: boolean, now: EpochMs): Bound {
  const { instance, proxy } = member;
  const endpoint: Endpoint = proxy.endpoint;
  const { terms } = session;
  const { offersGone: _, ...base } = baseOf(session);
  return {
    session: {
      ...base,
      phase: 'active',
      since: now,
      instance: factsOf(instance),
      endpoint,
      fromReserve: instance.for === null,
      activeAt: now,
      expireAt: now + terms.lifetimeMs,
      lastUsedAt: now,
      confirmBy: confirmed ? null : now + terms.confirmTimeoutMs,
      warning: null,
    },
    instance: bindInstance(instance, session, now),
    proxy: { ...proxy, session: session.id },
  };
}

/** The instance once the session has it. */
export function bindInstance(i: InstanceIn<'ready'>, session: Session, now: EpochMs): InstanceIn<'bound'> {
  const { startMs: _, ...rest } = i;
  return { ...rest, phase: 'bound', since: now, session: session.id };
}

/** What every phase of a session has. */
export function baseOf(s: Session) {
  const { id, revision, tenant, requestId, asked, terms, createdAt, since, attempts, counted, offersGone } = s;
  return {
    ...{ id, revision, tenant, requestId, asked, terms, createdAt, since, attempts },
    ...(counted === undefined ? {} : { counted }),
    ...(offersGone === undefined ? {} : { offersGone }),
  };
}
