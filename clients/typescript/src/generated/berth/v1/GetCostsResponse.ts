// Original file: proto/berth/v1/admin.proto

import type { TenantCost as _berth_v1_TenantCost, TenantCost__Output as _berth_v1_TenantCost__Output } from '../../berth/v1/TenantCost.ts';

export interface GetCostsResponse {
  'tenants'?: (_berth_v1_TenantCost)[];
  /**
   * US dollars per hour, now, of instances that no session has: the reserve. For an admin who asks for every tenant;
   * 0 otherwise.
   */
  'reservePricePerHour'?: (number | string);
  /**
   * The same of instances that are being destroyed.
   */
  'destroyingPricePerHour'?: (number | string);
}

export interface GetCostsResponse__Output {
  'tenants': (_berth_v1_TenantCost__Output)[];
  /**
   * US dollars per hour, now, of instances that no session has: the reserve. For an admin who asks for every tenant;
   * 0 otherwise.
   */
  'reservePricePerHour': (number);
  /**
   * The same of instances that are being destroyed.
   */
  'destroyingPricePerHour': (number);
}
