// Original file: proto/berth/v1/admin.proto

import type { HostStatus as _berth_v1_HostStatus, HostStatus__Output as _berth_v1_HostStatus__Output } from '../../berth/v1/HostStatus.ts';

export interface BanHostResponse {
  'host'?: (_berth_v1_HostStatus | null);
}

export interface BanHostResponse__Output {
  'host': (_berth_v1_HostStatus__Output | null);
}
