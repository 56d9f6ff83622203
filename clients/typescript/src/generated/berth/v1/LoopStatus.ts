// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * Health of one loop of the leader. Only the leader has loops.
 */
export interface LoopStatus {
  'name'?: (string);
  'lastPassTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Passes that failed in a row.
   */
  'failures'?: (number);
  'lastError'?: (string);
}

/**
 * Health of one loop of the leader. Only the leader has loops.
 */
export interface LoopStatus__Output {
  'name': (string);
  'lastPassTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Passes that failed in a row.
   */
  'failures': (number);
  'lastError': (string);
}
