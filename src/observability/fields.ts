import type { Instance } from '../domain/instance.ts';
import type { Proxy } from '../domain/proxy.ts';
import type { Session } from '../domain/session.ts';

/** The names of everything variable in a log line. A new one is added here first, so that one thing has one name. */
export type LogFields = {
  readonly sessionId?: string;
  readonly instanceId?: string;
  readonly proxyId?: string;
  readonly requestId?: string;
  readonly class?: string;
  readonly phase?: string;
  /** The phase before. */
  readonly from?: string;
  readonly provider?: string;
  readonly machineId?: string;
  readonly hostId?: string;
  readonly tenant?: string;
  /** Who called: a token's id, or `local`. */
  readonly caller?: string;
  readonly method?: string;
  readonly code?: string;
  readonly attempt?: number;
  readonly reason?: string;
  readonly detail?: string;
  readonly loop?: string;
  readonly epoch?: number;
  readonly address?: string;
  readonly path?: string;
  readonly durationMs?: number;
  readonly err?: unknown;
};

/** Fields of one record, as every line about it has them. Nothing a client sent goes in but what berth has checked. */
export const sessionFields = (s: Session) =>
  ({
    sessionId: s.id,
    tenant: s.tenant,
    class: s.asked.class,
    phase: s.phase,
    attempt: s.attempts,
  }) satisfies LogFields;

export const instanceFields = (i: Instance) =>
  ({
    instanceId: i.id,
    class: i.class,
    phase: i.phase,
    provider: i.provider,
    ...('ref' in i && i.ref !== null ? { machineId: i.ref.machine, hostId: i.ref.host } : {}),
  }) satisfies LogFields;

export const proxyFields = (p: Proxy) => ({ proxyId: p.id, class: p.class, phase: p.phase }) satisfies LogFields;
