// Original file: proto/berth/v1/admin.proto

import type { Event as _berth_v1_Event, Event__Output as _berth_v1_Event__Output } from '../../berth/v1/Event.ts';

export interface WatchEventsResponse {
  'event'?: (_berth_v1_Event | null);
}

export interface WatchEventsResponse__Output {
  'event': (_berth_v1_Event__Output | null);
}
