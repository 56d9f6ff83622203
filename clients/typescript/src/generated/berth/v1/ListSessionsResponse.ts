// Original file: proto/berth/v1/session.proto

import type { Session as _berth_v1_Session, Session__Output as _berth_v1_Session__Output } from '../../berth/v1/Session.ts';

export interface ListSessionsResponse {
  'sessions'?: (_berth_v1_Session)[];
  /**
   * Empty on the last page. A page may have fewer sessions than asked for and still not be the last.
   */
  'nextPageToken'?: (string);
}

export interface ListSessionsResponse__Output {
  'sessions': (_berth_v1_Session__Output)[];
  /**
   * Empty on the last page. A page may have fewer sessions than asked for and still not be the last.
   */
  'nextPageToken': (string);
}
