// Original file: proto/berth/v1/admin.proto

import type { SessionClass as _berth_v1_SessionClass, SessionClass__Output as _berth_v1_SessionClass__Output } from '../../berth/v1/SessionClass.ts';

export interface ListClassesResponse {
  'classes'?: (_berth_v1_SessionClass)[];
}

export interface ListClassesResponse__Output {
  'classes': (_berth_v1_SessionClass__Output)[];
}
