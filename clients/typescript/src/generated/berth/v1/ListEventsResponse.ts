// Original file: proto/berth/v1/admin.proto

import type { Event as _berth_v1_Event, Event__Output as _berth_v1_Event__Output } from '../../berth/v1/Event.ts';

export interface ListEventsResponse {
  /**
   * Oldest first.
   */
  'events'?: (_berth_v1_Event)[];
  /**
   * For after_id of the next call: behind the last event that was looked at, matching or not.
   */
  'lastId'?: (string);
  /**
   * Whether there are more after last_id already.
   */
  'more'?: (boolean);
}

export interface ListEventsResponse__Output {
  /**
   * Oldest first.
   */
  'events': (_berth_v1_Event__Output)[];
  /**
   * For after_id of the next call: behind the last event that was looked at, matching or not.
   */
  'lastId': (string);
  /**
   * Whether there are more after last_id already.
   */
  'more': (boolean);
}
