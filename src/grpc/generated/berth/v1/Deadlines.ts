// Original file: proto/berth/v1/session.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * When the session ends if nothing happens. What does not apply is unset.
 */
export interface Deadlines {
  /**
   * End of waiting for capacity.
   */
  'queueTime'?: (_google_protobuf_Timestamp | null);
  /**
   * End of the lifetime.
   */
  'expireTime'?: (_google_protobuf_Timestamp | null);
  /**
   * No extension passes this.
   */
  'maxExpireTime'?: (_google_protobuf_Timestamp | null);
  /**
   * End by idleness.
   */
  'idleTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Until then somebody must ask for the session.
   */
  'confirmTime'?: (_google_protobuf_Timestamp | null);
}

/**
 * When the session ends if nothing happens. What does not apply is unset.
 */
export interface Deadlines__Output {
  /**
   * End of waiting for capacity.
   */
  'queueTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * End of the lifetime.
   */
  'expireTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * No extension passes this.
   */
  'maxExpireTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * End by idleness.
   */
  'idleTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Until then somebody must ask for the session.
   */
  'confirmTime': (_google_protobuf_Timestamp__Output | null);
}
