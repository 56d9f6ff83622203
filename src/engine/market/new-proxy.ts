import type { InstanceId, ProxyId } from '../../domain/ids.ts';
import type { ProxyIn } from '../../domain/proxy.ts';
import type { SessionClass } from '../../domain/session-class.ts';
import type { EpochMs } from '../../domain/time.ts';

/** The record of a proxy that is to be made in front of an instance. */
export const newProxy = (c: SessionClass, id: ProxyId, instance: InstanceId, now: EpochMs): ProxyIn<'creating'> => ({
  phase: 'creating',
  id,
  revision: 0,
  kind: c.proxy,
  class: c.name,
  ports: c.ports,
  ...(c.proxySettings === null ? {} : { settings: c.proxySettings }),
  ...(c.access === 'token' ? { access: c.access } : {}),
  instance,
  session: null,
  createdAt: now,
  since: now,
  upstream: null,
});
