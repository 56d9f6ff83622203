// Original file: proto/berth/v1/session.proto

import type { Session as _berth_v1_Session, Session__Output as _berth_v1_Session__Output } from '../../berth/v1/Session.ts';

export interface AcquireSessionResponse {
  /**
   * The session as it is when the call answers: ACTIVE, or an earlier phase if the wait was over first.
   */
  'session'?: (_berth_v1_Session | null);
}

export interface AcquireSessionResponse__Output {
  /**
   * The session as it is when the call answers: ACTIVE, or an earlier phase if the wait was over first.
   */
  'session': (_berth_v1_Session__Output | null);
}
