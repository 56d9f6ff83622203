// Original file: proto/berth/v1/admin.proto

import type { QuotaUse as _berth_v1_QuotaUse, QuotaUse__Output as _berth_v1_QuotaUse__Output } from '../../berth/v1/QuotaUse.ts';

export interface TenantQuota {
  'tenant'?: (string);
  'uses'?: (_berth_v1_QuotaUse)[];
}

export interface TenantQuota__Output {
  'tenant': (string);
  'uses': (_berth_v1_QuotaUse__Output)[];
}
