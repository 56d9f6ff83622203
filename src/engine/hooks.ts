import type { Ban } from '../domain/host-registry.ts';
import type { Instance } from '../domain/instance.ts';
import type { Proxy } from '../domain/proxy.ts';
import type { Session } from '../domain/session.ts';

/** A committed change of phase. `before` undefined: made anew. */
export type Transition =
  | { readonly kind: 'session'; readonly before: Session | undefined; readonly after: Session }
  | { readonly kind: 'instance'; readonly before: Instance | undefined; readonly after: Instance }
  | { readonly kind: 'proxy'; readonly before: Proxy | undefined; readonly after: Proxy };

export type AcquireOutcome = 'active' | 'waiting' | 'refused' | 'over-quota' | 'ended' | 'error';
export type AcquireSource = 'reserve' | 'cold' | 'none';

/** What the engine tells its surroundings, for metrics and logs. Called on the hot path: must be cheap, never throw. */
export type EngineHooks = {
  readonly onTransition: (t: Transition) => void;
  readonly onAcquire: (className: string, outcome: AcquireOutcome, source: AcquireSource, durationMs: number) => void;
  readonly onLoopPass: (loop: string) => void;
  readonly onLoopError: (loop: string, err: unknown, fields: Readonly<Record<string, string>>) => void;
  readonly onLeader: (epoch: number | null) => void;
  /** The hook that a class calls before a session ends by itself was called: what came of it, in words for people. */
  readonly onBeforeEnd: (s: Session, outcome: string) => void;
  readonly onOrphan: (provider: string, id: string) => void;
  /** It is being destroyed for long. @param requests how often its provider was asked for its end */
  readonly onSlowDestroy: (i: Instance, forMs: number, requests: number) => void;
  /** A machine or host was banned. */
  readonly onBan: (provider: string, kind: 'machine' | 'host', id: string, ban: Ban) => void;
};
