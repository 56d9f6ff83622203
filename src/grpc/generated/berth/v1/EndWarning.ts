// Original file: proto/berth/v1/session.proto

import type { EndReason as _berth_v1_EndReason, EndReason__Output as _berth_v1_EndReason__Output } from '../../berth/v1/EndReason.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface EndWarning {
  /**
   * END_REASON_EXPIRED or END_REASON_IDLE.
   */
  'reason'?: (_berth_v1_EndReason);
  'endTime'?: (_google_protobuf_Timestamp | null);
}

export interface EndWarning__Output {
  /**
   * END_REASON_EXPIRED or END_REASON_IDLE.
   */
  'reason': (_berth_v1_EndReason__Output);
  'endTime': (_google_protobuf_Timestamp__Output | null);
}
