// Original file: proto/berth/v1/session.proto

export const SessionPhase = {
  SESSION_PHASE_UNSPECIFIED: 'SESSION_PHASE_UNSPECIFIED',
  /**
   * Waits for capacity.
   */
  SESSION_PHASE_QUEUED: 'SESSION_PHASE_QUEUED',
  /**
   * An instance is being created or boots.
   */
  SESSION_PHASE_STARTING: 'SESSION_PHASE_STARTING',
  /**
   * The instance is being handed what is the owner's own.
   */
  SESSION_PHASE_ACTIVATING: 'SESSION_PHASE_ACTIVATING',
  /**
   * The endpoint answers. The lifetime counts from here.
   */
  SESSION_PHASE_ACTIVE: 'SESSION_PHASE_ACTIVE',
  /**
   * The end was decided; the instance is being given up.
   */
  SESSION_PHASE_RELEASING: 'SESSION_PHASE_RELEASING',
  /**
   * Ended. Kept for 24 h.
   */
  SESSION_PHASE_RELEASED: 'SESSION_PHASE_RELEASED',
} as const;

export type SessionPhase =
  | 'SESSION_PHASE_UNSPECIFIED'
  | 0
  /**
   * Waits for capacity.
   */
  | 'SESSION_PHASE_QUEUED'
  | 1
  /**
   * An instance is being created or boots.
   */
  | 'SESSION_PHASE_STARTING'
  | 2
  /**
   * The instance is being handed what is the owner's own.
   */
  | 'SESSION_PHASE_ACTIVATING'
  | 3
  /**
   * The endpoint answers. The lifetime counts from here.
   */
  | 'SESSION_PHASE_ACTIVE'
  | 4
  /**
   * The end was decided; the instance is being given up.
   */
  | 'SESSION_PHASE_RELEASING'
  | 5
  /**
   * Ended. Kept for 24 h.
   */
  | 'SESSION_PHASE_RELEASED'
  | 6

export type SessionPhase__Output = typeof SessionPhase[keyof typeof SessionPhase]
