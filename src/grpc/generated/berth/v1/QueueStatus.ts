// Original file: proto/berth/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * Sessions of one class that wait for capacity.
 */
export interface QueueStatus {
  'class'?: (string);
  'waiting'?: (number);
  /**
   * Since when the one that waits longest does.
   */
  'oldestTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Why, as told to the next one to be served.
   */
  'waitingFor'?: (string);
}

/**
 * Sessions of one class that wait for capacity.
 */
export interface QueueStatus__Output {
  'class': (string);
  'waiting': (number);
  /**
   * Since when the one that waits longest does.
   */
  'oldestTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Why, as told to the next one to be served.
   */
  'waitingFor': (string);
}
