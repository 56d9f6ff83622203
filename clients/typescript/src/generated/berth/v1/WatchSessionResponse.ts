// Original file: proto/berth/v1/session.proto

import type { Session as _berth_v1_Session, Session__Output as _berth_v1_Session__Output } from '../../berth/v1/Session.ts';

export interface WatchSessionResponse {
  'session'?: (_berth_v1_Session | null);
}

export interface WatchSessionResponse__Output {
  'session': (_berth_v1_Session__Output | null);
}
