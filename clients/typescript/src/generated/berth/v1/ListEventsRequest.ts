// Original file: proto/berth/v1/admin.proto

import type { EventFilter as _berth_v1_EventFilter, EventFilter__Output as _berth_v1_EventFilter__Output } from '../../berth/v1/EventFilter.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface ListEventsRequest {
  'filter'?: (_berth_v1_EventFilter | null);
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize'?: (number);
  /**
   * Only events after this one, the oldest first; "0": from the oldest that is kept. Empty: the newest events, still
   * told oldest first.
   */
  'afterId'?: (string);
  /**
   * Only events from this time on.
   */
  'sinceTime'?: (_google_protobuf_Timestamp | null);
}

export interface ListEventsRequest__Output {
  'filter': (_berth_v1_EventFilter__Output | null);
  /**
   * 1 to 1,000. Default (0): 100.
   */
  'pageSize': (number);
  /**
   * Only events after this one, the oldest first; "0": from the oldest that is kept. Empty: the newest events, still
   * told oldest first.
   */
  'afterId': (string);
  /**
   * Only events from this time on.
   */
  'sinceTime': (_google_protobuf_Timestamp__Output | null);
}
