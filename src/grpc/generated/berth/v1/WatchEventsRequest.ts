// Original file: proto/berth/v1/admin.proto

import type { EventFilter as _berth_v1_EventFilter, EventFilter__Output as _berth_v1_EventFilter__Output } from '../../berth/v1/EventFilter.ts';

export interface WatchEventsRequest {
  'filter'?: (_berth_v1_EventFilter | null);
  /**
   * Begin after this event; "0": with the oldest that is kept. Empty: with events to come.
   */
  'afterId'?: (string);
}

export interface WatchEventsRequest__Output {
  'filter': (_berth_v1_EventFilter__Output | null);
  /**
   * Begin after this event; "0": with the oldest that is kept. Empty: with events to come.
   */
  'afterId': (string);
}
