// Original file: proto/berth/v1/admin.proto

import type { Reserve as _berth_v1_Reserve, Reserve__Output as _berth_v1_Reserve__Output } from '../../berth/v1/Reserve.ts';

export interface SetReserveResponse {
  'reserve'?: (_berth_v1_Reserve | null);
}

export interface SetReserveResponse__Output {
  'reserve': (_berth_v1_Reserve__Output | null);
}
