// Original file: proto/berth/v1/session.proto

import type { EndReason as _berth_v1_EndReason, EndReason__Output as _berth_v1_EndReason__Output } from '../../berth/v1/EndReason.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * An end that comes by itself.
 */
export interface PlannedEnd {
  /**
   * END_REASON_EXPIRED, END_REASON_IDLE or END_REASON_UNCONFIRMED.
   */
  'reason'?: (_berth_v1_EndReason);
  'endTime'?: (_google_protobuf_Timestamp | null);
}

/**
 * An end that comes by itself.
 */
export interface PlannedEnd__Output {
  /**
   * END_REASON_EXPIRED, END_REASON_IDLE or END_REASON_UNCONFIRMED.
   */
  'reason': (_berth_v1_EndReason__Output);
  'endTime': (_google_protobuf_Timestamp__Output | null);
}
