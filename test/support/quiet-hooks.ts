import type { EngineHooks } from '../../src/engine/hooks.ts';

/** Tells nobody of anything. */
export const QUIET_HOOKS: EngineHooks = {
  onTransition: () => undefined,
  onAcquire: () => undefined,
  onLoopPass: () => undefined,
  onLoopError: () => undefined,
  onLeader: () => undefined,
  onBeforeEnd: () => undefined,
  onOrphan: () => undefined,
  onSlowDestroy: () => undefined,
  onBan: () => undefined,
};
