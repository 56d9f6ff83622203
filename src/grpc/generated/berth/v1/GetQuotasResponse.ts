// Original file: proto/berth/v1/admin.proto

import type { TenantQuota as _berth_v1_TenantQuota, TenantQuota__Output as _berth_v1_TenantQuota__Output } from '../../berth/v1/TenantQuota.ts';

export interface GetQuotasResponse {
  'quotas'?: (_berth_v1_TenantQuota)[];
}

export interface GetQuotasResponse__Output {
  'quotas': (_berth_v1_TenantQuota__Output)[];
}
