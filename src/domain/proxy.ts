import type { Addresses, Endpoint, NamedPort } from './endpoint.ts';
import type { InstanceId, ProxyId, SessionId } from './ids.ts';
import type { EpochMs } from './time.ts';

type Base = {
  readonly id: ProxyId;
  readonly revision: number;
  /** Which implementation: `direct`, later `nginx-local`, `nginx-pod`. */
  readonly kind: string;
  readonly class: string;
  readonly ports: readonly NamedPort[];
  /** The instance behind it. */
  readonly instance: InstanceId;
  /** The session whose address it is; null in the reserve. Bound once. */
  readonly session: SessionId | null;
  readonly createdAt: EpochMs;
  readonly since: EpochMs;
};

export type Proxy = Base &
  (
    | { readonly phase: 'creating'; readonly upstream: Addresses | null }
    | { readonly phase: 'serving'; readonly upstream: Addresses; readonly endpoint: Endpoint }
    | { readonly phase: 'deleting' }
    | { readonly phase: 'gone' }
  );

export type ProxyPhase = Proxy['phase'];
export type ProxyIn<P extends ProxyPhase> = Extract<Proxy, { readonly phase: P }>;

export const PROXY_NEXT: { readonly [P in ProxyPhase]: readonly ProxyPhase[] } = {
  creating: ['serving', 'deleting'],
  serving: ['deleting'],
  deleting: ['gone'],
  gone: [],
};
