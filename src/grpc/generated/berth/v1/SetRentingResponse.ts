// Original file: proto/berth/v1/admin.proto

import type { Renting as _berth_v1_Renting, Renting__Output as _berth_v1_Renting__Output } from '../../berth/v1/Renting.ts';

export interface SetRentingResponse {
  'renting'?: (_berth_v1_Renting | null);
}

export interface SetRentingResponse__Output {
  'renting': (_berth_v1_Renting__Output | null);
}
