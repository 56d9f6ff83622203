// Original file: proto/berth/v1/session.proto

export const EndReason = {
  END_REASON_UNSPECIFIED: 'END_REASON_UNSPECIFIED',
  /**
   * ReleaseSession was called.
   */
  END_REASON_CLIENT: 'END_REASON_CLIENT',
  /**
   * The lifetime was over.
   */
  END_REASON_EXPIRED: 'END_REASON_EXPIRED',
  /**
   * Nobody used it for idle_timeout.
   */
  END_REASON_IDLE: 'END_REASON_IDLE',
  /**
   * It turned active while no call waited for it, and nobody asked for it within the class's confirm_timeout.
   */
  END_REASON_UNCONFIRMED: 'END_REASON_UNCONFIRMED',
  /**
   * Nothing was to be had within queue_timeout.
   */
  END_REASON_QUEUE_TIMEOUT: 'END_REASON_QUEUE_TIMEOUT',
  /**
   * No instance came up, in as many attempts as the class allows.
   */
  END_REASON_START_FAILED: 'END_REASON_START_FAILED',
  /**
   * The instance could not be handed what is the owner's own.
   */
  END_REASON_ACTIVATION_FAILED: 'END_REASON_ACTIVATION_FAILED',
  /**
   * The instance died or vanished while the session was active.
   */
  END_REASON_INSTANCE_LOST: 'END_REASON_INSTANCE_LOST',
  /**
   * A budget was used up.
   */
  END_REASON_BUDGET: 'END_REASON_BUDGET',
  /**
   * An admin called TerminateSession.
   */
  END_REASON_ADMIN: 'END_REASON_ADMIN',
  /**
   * The broker stopped with --clear-on-exit, or started with --clear-on-start.
   */
  END_REASON_BROKER_STOP: 'END_REASON_BROKER_STOP',
} as const;

export type EndReason =
  | 'END_REASON_UNSPECIFIED'
  | 0
  /**
   * ReleaseSession was called.
   */
  | 'END_REASON_CLIENT'
  | 1
  /**
   * The lifetime was over.
   */
  | 'END_REASON_EXPIRED'
  | 2
  /**
   * Nobody used it for idle_timeout.
   */
  | 'END_REASON_IDLE'
  | 3
  /**
   * It turned active while no call waited for it, and nobody asked for it within the class's confirm_timeout.
   */
  | 'END_REASON_UNCONFIRMED'
  | 4
  /**
   * Nothing was to be had within queue_timeout.
   */
  | 'END_REASON_QUEUE_TIMEOUT'
  | 5
  /**
   * No instance came up, in as many attempts as the class allows.
   */
  | 'END_REASON_START_FAILED'
  | 6
  /**
   * The instance could not be handed what is the owner's own.
   */
  | 'END_REASON_ACTIVATION_FAILED'
  | 7
  /**
   * The instance died or vanished while the session was active.
   */
  | 'END_REASON_INSTANCE_LOST'
  | 8
  /**
   * A budget was used up.
   */
  | 'END_REASON_BUDGET'
  | 9
  /**
   * An admin called TerminateSession.
   */
  | 'END_REASON_ADMIN'
  | 10
  /**
   * The broker stopped with --clear-on-exit, or started with --clear-on-start.
   */
  | 'END_REASON_BROKER_STOP'
  | 11

export type EndReason__Output = typeof EndReason[keyof typeof EndReason]
