// Original file: proto/berth/v1/admin.proto

import type { HostStatus as _berth_v1_HostStatus, HostStatus__Output as _berth_v1_HostStatus__Output } from '../../berth/v1/HostStatus.ts';

export interface ListHostsResponse {
  'hosts'?: (_berth_v1_HostStatus)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListHostsResponse__Output {
  'hosts': (_berth_v1_HostStatus__Output)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
