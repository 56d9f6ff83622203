// Original file: proto/berth/v1/session.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface ExtendSessionRequest {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * The new end of the lifetime. Required; in the future and not after deadlines.max_expire_time.
   */
  'expireTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
}

export interface ExtendSessionRequest__Output {
  'id'?: (string);
  /**
   * Of a living session.
   */
  'name'?: (string);
  'requestId'?: (string);
  /**
   * The new end of the lifetime. Required; in the future and not after deadlines.max_expire_time.
   */
  'expireTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Which session. Required.
   */
  'session'?: "id"|"name"|"requestId";
}
