// Original file: proto/berth/v1/admin.proto

import type { InstanceStatus as _berth_v1_InstanceStatus, InstanceStatus__Output as _berth_v1_InstanceStatus__Output } from '../../berth/v1/InstanceStatus.ts';

export interface ListInstancesResponse {
  'instances'?: (_berth_v1_InstanceStatus)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListInstancesResponse__Output {
  'instances': (_berth_v1_InstanceStatus__Output)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
